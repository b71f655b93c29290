import FleetTestKit

extension Catalogue {
    /// `services/orchestrator`: the orchestrator's queue and its REST interface.
    static let orchestrator: [DeclaredTest] = []
}

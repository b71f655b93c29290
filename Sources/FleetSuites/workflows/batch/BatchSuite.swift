import FleetTestKit

extension Catalogue {
    /// `workflows/batch`: batch workflows, their order, failures and rollbacks.
    static let batch: [DeclaredTest] = []
}

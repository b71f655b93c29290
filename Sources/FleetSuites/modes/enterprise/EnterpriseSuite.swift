import FleetTestKit

extension Catalogue {
    /// `modes/enterprise`: what a company relies on: all services together.
    static let enterprise: [DeclaredTest] = []
}

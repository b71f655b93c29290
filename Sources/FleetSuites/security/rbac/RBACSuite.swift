import FleetTestKit

extension Catalogue {
    /// `security/rbac`: who may do what, and who may not.
    static let rbac: [DeclaredTest] = []
}

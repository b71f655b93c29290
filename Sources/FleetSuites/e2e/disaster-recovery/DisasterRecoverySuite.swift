import FleetTestKit

extension Catalogue {
    /// `e2e/disaster-recovery`: backups, and what comes back from them.
    static let disasterRecovery: [DeclaredTest] = []
}

import FleetTestKit

extension Catalogue {
    /// `e2e/disaster-recovery`: damage is really done, and recovery is proven by somebody else's word.
    static let disasterRecovery: [DeclaredTest] = [
        RecoveryTests.workspaceBackup,
        RecoveryTests.dataLossSimulation,
        RecoveryTests.workspaceRestore,
        RecoveryTests.dataIntegrityVerification,
        RecoveryTests.platformServiceBackup,
        RecoveryTests.platformServiceRestore,
    ]
}

/// The tests of `e2e/disaster-recovery`.
enum RecoveryTests {}

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
enum RecoveryTests {
    /// Takes the orchestrator's disk away; what the environment had there of its own is put back after the test.
    ///
    /// False where the environment cannot lose a disk.
    static func loseDisk(_ context: TestContext) async throws -> Bool {
        let orchestrator = try await context.platform
        let others = try await orchestrator.workspaces().map(\.name).filter { !TestContext.hasMark($0) }
        await context.cleanup("the workspaces that were there before the tests are there again") {
            let present = try await orchestrator.workspaces().map(\.name)
            for name in others where !present.contains(name) { _ = try await orchestrator.createWorkspace(name) }
        }
        return try await context.loseData(of: "orchestrator")
    }
}

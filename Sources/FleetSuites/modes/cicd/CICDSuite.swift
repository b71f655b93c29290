import FleetTestKit

extension Catalogue {
    /// `modes/cicd`: what programs rely on that drive the platform.
    static let cicd: [DeclaredTest] = [
        CICD.apiServerAccessibility,
        CICD.serviceAccountAuthentication,
        CICD.apiServerCreation,
        CICD.apiTaskservInstallation,
        CICD.batchSubmission,
        CICD.workflowMonitoring,
        CICD.deploymentPipeline,
        CICD.metricsCollection,
    ]
}

/// The tests of `modes/cicd`; they run side by side in one environment.
enum CICD {
    /// The API server, as the environment's service account.
    static func robot(_ context: TestContext) async throws -> APIServerClient {
        let account = try context.endpoint("control-center", "service-account")
        let password = try context.credential("control-center", "\(account)-password")
        return try context.apiServer(as: try await context.apiServer().login(account, password))
    }

    /// Has servers removed after the test.
    static func removeLater(_ names: [String], _ context: TestContext) async throws {
        let platform = try await context.platform
        for name in names { await context.cleanup("delete server \(name)") { try await platform.removeServer(name) } }
    }
}

import FleetTestKit

extension Catalogue {
    /// `services/orchestrator`: the queue, its tasks and workflows, and the interface to them.
    static let orchestrator: [DeclaredTest] = [
        OrchestratorTests.healthEndpoint,
        OrchestratorTests.taskSubmission,
        OrchestratorTests.taskStatusQueries,
        OrchestratorTests.taskCompletion,
        OrchestratorTests.failureHandling,
        OrchestratorTests.retryLogic,
        OrchestratorTests.taskQueueProcessing,
        OrchestratorTests.workflowSubmission,
        OrchestratorTests.workflowMonitoring,
        OrchestratorTests.restAPIEndpoints,
    ]
}

/// The tests of `services/orchestrator`.
enum OrchestratorTests {}

import FleetTestKit
import InterfaceProfile

extension Catalogue {
    /// `workflows/batch`: many operations as one workflow, over all providers.
    static let batch: [DeclaredTest] = [
        BatchTests.batchSubmission,
        BatchTests.batchStatusQueries,
        BatchTests.batchMonitoring,
        BatchTests.multiServerCreation,
        BatchTests.multiTaskservInstallation,
        BatchTests.clusterDeployment,
        BatchTests.mixedProviders,
        BatchTests.dependencyResolution,
        BatchTests.rollbackOnFailure,
        BatchTests.partialFailureHandling,
        BatchTests.parallelExecution,
        BatchTests.checkpointRecovery,
    ]
}

/// The tests of `workflows/batch`.
enum BatchTests {
    /// Submits a batch; whatever of it is left after the test is removed: the batch is ended, and its servers go.
    static func submit(
        _ definition: BatchDefinition, making servers: [String] = [], _ context: TestContext
    ) async throws -> BatchInfo {
        let orchestrator = try await context.platform
        for server in servers {
            await context.cleanup("delete server \(server)") { try await orchestrator.removeServer(server) }
        }
        let batch = try await orchestrator.executeBatch(definition)
        await context.cleanup("end batch \(batch.id)") { try await orchestrator.endBatch(batch.id) }
        return batch
    }

    /// Nothing of these servers is left: not in the platform, not in the DNS, and nobody listens where they were.
    static func expectNothingLeft(
        of names: [String], wereAt places: [ServerInfo] = [], _ context: TestContext
    ) async throws {
        let orchestrator = try await context.platform
        let zone = try context.zone
        for name in names {
            try expectEqual(try await orchestrator.server(name), nil, "the server \(name)")
            try await context.expectAddresses([], of: "\(name).\(zone)")
        }
        let listed = try await orchestrator.dnsRecords().filter { record in
            names.contains { record.name == "\($0).\(zone)" }
        }
        try expectEqual(listed, [], "the listed records")
        for place in places {
            guard let address = place.address, let port = place.sshPort else { continue }
            try await context.expectShut(address, port)
        }
    }

    /// The servers exist and run; their names resolve over UDP and TCP to their addresses.
    @discardableResult
    static func expectServers(_ names: [String], _ context: TestContext) async throws -> [ServerInfo] {
        try await names.asyncMap { name in
            let server = try require(try await context.platform.server(name), "the server \(name)")
            try expectEqual(
                server.status, context.profile.spellings.serverRunning.lowercased(), "the state of \(name)")
            let address = try require(server.address, "the address of \(name)")
            try await context.expectAddresses([address], of: "\(name).\(try context.zone)")
            return server
        }
    }
}

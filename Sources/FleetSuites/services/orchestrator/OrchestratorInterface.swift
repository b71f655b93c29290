import FleetModel
import FleetTestKit
import InterfaceProfile

extension OrchestratorTests {
    static let healthEndpoint = test(
        "services/orchestrator/health-endpoint", "Health endpoint", modes: .from(.solo), estimate: 1
    ) { context in
        let orchestrator = try await context.platform
        let (paths, names) = (context.profile.paths, context.profile.fields.envelope)
        try await context.step("health is 200 with the documented words, for anybody") {
            let answer = try await orchestrator.ask(Endpoint("GET", paths.health))
            try expectEqual(answer.status, 200, "the status")
            try expectEqual(answer.mediaType, "application/json", "the media type")
            let expected: JSONValue = .object([
                names.success: true, names.data: .string(context.profile.spellings.healthy),
            ])
            try expectEqual(answer.json, expected, "the answer")
        }
        try await context.step("it is ready, and what it depends on answers us too") {
            // While changes of the zone are on their way, it says that it is not ready.
            try await eventually("it is ready") { try await orchestrator.ready() }
            try await context.registry.ping()
            let zone = try context.zone
            let start = try await context.dns.query(zone, .soa)
            try expect(!start.answers.isEmpty, "the name server has the zone \(zone)", actual: start.code)
        }
        try await context.step("health and readiness are read, and nothing else") {
            for path in [paths.health, paths.ready] {
                for method in ["POST", "PUT", "DELETE"] {
                    let asked = Endpoint(method, path, body: .object([:]))
                    let status = try await orchestrator.ask(asked).status
                    try expect((400...499).contains(status), "\(asked) is refused", actual: status)
                }
            }
        }
        try await context.step("every answer is counted, and time goes on") {
            let metrics = context.profile.metrics
            let uptime = try require(try await orchestrator.metric(metrics.uptime), "the uptime")
            try expect(uptime > 0, "the uptime is more than nothing", actual: uptime)
            let before = try await answered(context)
            _ = try await orchestrator.health()
            let after = try await answered(context)
            try expect(after > before, "an answer is counted", actual: [before, after])
            let later = try require(try await orchestrator.metric(metrics.uptime), "the uptime")
            try expect(later >= uptime, "the uptime does not go back", actual: [uptime, later])
        }
    }

    /// How many requests of all kinds the orchestrator says that it answered.
    private static func answered(_ context: TestContext) async throws -> Double {
        let page = try await context.platform.ask(Endpoint("GET", context.profile.paths.metrics)).text
        let name = context.profile.metrics.requests
        let lines = page.split(separator: "\n").filter { $0.hasPrefix("\(name){") }
        try expect(!lines.isEmpty, "the metrics page has \(name)", actual: String(page.prefix(300)))
        return lines.compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
    }

    static let restAPIEndpoints = test(
        "services/orchestrator/rest-api-endpoints", "REST API endpoints", modes: .from(.solo), estimate: 3
    ) { context in
        let paths = context.profile.paths
        let orchestrator = try await context.platformAsAdministrator()
        try await context.step("every list answers with the envelope, an array, and JSON") {
            for path in [
                paths.tasks, paths.servers, paths.providers, paths.clusters, paths.dnsRecords, paths.workspaces,
                paths.platformBackups, paths.extensions, context.profile.batchPaths.batches,
                context.profile.secrets.list, context.profile.secrets.keys, paths.auditQuery,
            ] {
                let answer = try await success(orchestrator, Endpoint("GET", path))
                try expect(answer.array != nil, "GET \(path) answers with an array", actual: answer)
            }
        }
        try await context.step("what is one thing answers with an object") {
            for path in [
                paths.queue, paths.identity, paths.extensionCache, context.profile.batchPaths.stats,
                context.profile.secrets.stats,
            ] {
                guard case .object = try await success(orchestrator, Endpoint("GET", path)) else {
                    return try expect(false, "GET \(path) answers with an object")
                }
            }
        }
        try await context.step("what is not there is 404, in the platform's words") {
            let nobody = context.unique("nobody")
            let id = "00000000-0000-4000-8000-000000000000"
            for path in [
                filledPath(paths.task, id), filledPath(paths.server, nobody), filledPath(paths.cluster, nobody),
                filledPath(paths.workspace, nobody), filledPath(paths.platformBackup, id),
                filledPath(paths.loadedExtension, "taskserv", nobody), filledPath(paths.taskEvents, id),
                filledPath(context.profile.batchPaths.batch, id), filledPath(context.profile.secrets.secret, id),
            ] {
                try await expectError(orchestrator, Endpoint("GET", path), 404...404)
            }
        }
        try await expectBadRequests(orchestrator, context)
    }

    /// Bodies that are none, and methods that a path does not have.
    private static func expectBadRequests(
        _ orchestrator: OrchestratorClient, _ context: TestContext
    ) async throws {
        let paths = context.profile.paths
        let posts = [
            paths.createServers, paths.deleteServers, paths.updateServers, paths.createTaskserv, paths.createCluster,
            paths.workspaces, paths.loadExtension, paths.dnsRecords, paths.platformRestore,
            context.profile.batchPaths.execute, context.profile.secrets.generate,
        ]
        try await context.step("a body that is no JSON, and one of another shape, are refused with words") {
            for path in posts {
                for body in ["", "{", "[]", "\"text\"", "{\"servers\": 7, \"name\": 7, \"workflow\": 7, \"type\": 7}"] {
                    let answer = try await orchestrator.ask(Endpoint("POST", path), rawBody: body)
                    try expect(
                        (400...422).contains(answer.status), "POST \(path) with \(body) is refused",
                        actual: "\(answer.status): \(answer.text.prefix(200))")
                    try expectErrorShape(answer, "POST \(path) with \(body)", orchestrator)
                }
            }
        }
        try await context.step("a method that a path does not have is refused, and never an error of the server") {
            for path in posts + [paths.tasks, paths.servers, paths.queue, paths.identity] {
                let status = try await orchestrator.ask(Endpoint("PATCH", path, body: .object([:]))).status
                try expect((400...405).contains(status), "PATCH \(path) is refused", actual: status)
            }
        }
        try await context.step("a path that nobody knows is not there") {
            for path in ["/nowhere", "/api/v1/nowhere", "/workflows/nowhere/create", "/tasks/a/b/c"] {
                let status = try await orchestrator.ask(Endpoint("GET", path)).status
                try expectEqual(status, 404, "the status of GET \(path)")
            }
        }
    }

    /// The data of an answer that must be one of success.
    private static func success(
        _ orchestrator: OrchestratorClient, _ asked: Endpoint
    ) async throws -> JSONValue {
        let answer = try await orchestrator.ask(asked)
        if answer.status == 404 { throw InterfaceNotFound(path: asked.description) }
        try expectEqual(answer.status, 200, "the status of \(asked)")
        try expectEqual(answer.mediaType, "application/json", "the media type of \(asked)")
        let names = orchestrator.profile.fields.envelope
        try expectEqual(answer.json?[names.success]?.bool, true, "“\(names.success)” in the answer to \(asked)")
        return try require(answer.json?[names.data], "“\(names.data)” in the answer to \(asked)")
    }

    private static func expectError(
        _ orchestrator: OrchestratorClient, _ asked: Endpoint, _ statuses: ClosedRange<Int>
    ) async throws {
        let answer = try await orchestrator.ask(asked)
        try expect(statuses.contains(answer.status), "\(asked) answers \(statuses)", actual: answer.status)
        try expectErrorShape(answer, asked.description, orchestrator)
    }

    private static func expectErrorShape(
        _ answer: EndpointAnswer, _ what: String, _ orchestrator: OrchestratorClient
    ) throws {
        let names = orchestrator.profile.fields.envelope
        let words = answer.json?[names.error]?.string ?? ""
        try expect(!words.isEmpty, "the answer to \(what) says what is wrong", actual: answer.text.prefix(300))
        try expect(answer.json?[names.success]?.bool != true, "the answer to \(what) does not claim success")
    }
}

import FleetHTTP
import FleetModel
import FleetTestKit
import InterfaceProfile

extension CICD {
    /// A batch of servers, one after the other.
    private static func chain(_ names: [String], _ context: TestContext) -> JSONValue {
        let fields = context.profile.batch
        let operations: [JSONValue] = names.enumerated().map { index, name in
            .object([
                "id": .string("step-\(index)"), fields.type: "create", fields.target: "server",
                fields.items: .array([.string(name)]),
                fields.dependencies: .array(index == 0 ? [] : [.string("step-\(index - 1)")]),
            ])
        }
        return .object([
            "name": .string(context.unique("pipeline")), "version": "1.0.0", fields.operations: .array(operations),
        ])
    }

    static let batchSubmission = test(
        "modes/cicd/batch-submission-via-api", "Batch workflow submission via API", modes: [.cicd], estimate: 6
    ) { context in
        let api = try await robot(context)
        let names = (0..<3).map { context.unique("batch\($0)") }
        try await removeLater(names, context)
        let operation = try await context.step("submit three servers, each after the other") {
            try await api.submitWorkflow(chain(names, context))
        }
        try await context.step("it ends well, and is listed among the workflows") {
            try await api.completed(operation.id, within: .seconds(60))
            try expectContains(try await api.workflows(), operation.id, "the workflows")
        }
        try await context.step("the servers came one after the other, each with its name") {
            let platform = try await context.platform
            var times: [String] = []
            for name in names {
                let server = try require(try await platform.server(name), "the server \(name)")
                let listed = try await api.servers().first { $0["hostname"]?.string == name }
                times.append(try require(listed?["created_at"]?.string, "when \(name) was made"))
                let values = try await context.dns.values("\(name).\(try context.zone)", .a)
                try expectEqual(values, [server.address].compactMap(\.self), "the addresses of \(name)")
            }
            try expectEqual(times, times.sorted(), "the times at which they were made")
        }
        try await context.step("a batch that waits for itself is refused, or fails; nothing comes of it") {
            let name = context.unique("circle")
            let fields = context.profile.batch
            let circle: JSONValue = .object([
                "name": .string(name), "version": "1.0.0",
                fields.operations: .array([
                    .object([
                        "id": "a", fields.type: "create", fields.target: "server",
                        fields.items: .array([.string(name)]), fields.dependencies: .array(["a"]),
                    ])
                ]),
            ])
            if let wrong = try? await api.submitWorkflow(circle) {
                try await eventually("it fails") {
                    try expectEqual(try await api.workflow(wrong.id).status, "failed", "the state")
                }
            }
            try expectEqual(try await context.platform.server(name), nil, "the server")
        }
        try await context.step("a viewer submits nothing") {
            let viewer = try await context.apiServer().login(
                "viewer", try context.credential("control-center", "viewer-password"))
            try await expectRefusal("a batch of a viewer", statuses: 403...403) {
                _ = try await context.apiServer(as: viewer).submitWorkflow(chain(names, context))
            }
        }
    }

    static let workflowMonitoring = test(
        "modes/cicd/remote-workflow-monitoring", "Remote workflow monitoring", modes: [.cicd], estimate: 8
    ) { context in
        let api = try await robot(context)
        let names = (0..<4).map { context.unique("watch\($0)") }
        try await removeLater(names, context)
        let operation = try await api.submitWorkflow(chain(names, context))
        try await context.step("its states go forward only, until it is completed") {
            var seen: [String] = []
            try await eventually("it is completed", within: .seconds(60)) {
                let state = try await api.workflow(operation.id).status
                if seen.last != state { seen.append(state) }
                try expectEqual(state, "completed", "the state")
            }
            let order = ["pending", "running", "completed"]
            try expectEqual(seen, order.filter(seen.contains), "the states that were seen")
        }
        try await context.step("operations can be chosen by their state, and by their number") {
            let json = JSONClient(web: api.transport)
            let paths = context.profile.apiServer
            let done = try await json.ask(.get, paths.operations + "?status=completed&limit=1000").array ?? []
            try expectContains(done.compactMap { $0["id"]?.string }, operation.id, "the completed operations")
            let others = Set(done.compactMap { $0["status"]?.string }).subtracting(["completed"])
            try expectEqual(others, [], "the other states among them")
            let failed = try await json.ask(.get, paths.operations + "?status=failed&limit=1000").array ?? []
            try expect(
                !failed.contains { $0["id"]?.string == operation.id }, "it is not among those that failed",
                actual: failed.count)
            try expectEqual(try await json.ask(.get, paths.operations + "?limit=1").array?.count, 1, "the length")
            try expectEqual(
                try await json.status(.get, filledPath(paths.operation, "no-such")), 404, "an unknown operation")
        }
        try await context.step("what has ended cannot be cancelled") {
            let path = filledPath(context.profile.apiServer.cancelOperation, operation.id)
            try expectEqual(try await JSONClient(web: api.transport).status(.post, path), 409, "the status")
        }
        try await context.step("what runs can be: it ends as cancelled, and leaves nothing of what had not begun") {
            let many = (0..<20).map { context.unique("stop\($0)") }
            try await removeLater(many, context)
            let long = try await api.submitWorkflow(chain(many, context))
            let path = filledPath(context.profile.apiServer.cancelOperation, long.id)
            let platform = try await context.platform
            try await eventually("the first one is there", within: .seconds(30)) {
                let made = try await platform.servers().map(\.name).filter(many.contains)
                try expect(!made.isEmpty, "one of them is there")
            }
            try expectEqual(try await JSONClient(web: api.transport).status(.post, path), 200, "the status")
            try await eventually("it is cancelled", within: .seconds(60)) {
                try expectEqual(try await api.workflow(long.id).status, "cancelled", "the state")
            }
            try await eventually("the last ones never come, and the first ones are undone", within: .seconds(60)) {
                let left = try await platform.servers().map(\.name).filter(many.contains)
                try expectEqual(left, [], "the servers that are left")
            }
        }
    }

    static let deploymentPipeline = test(
        "modes/cicd/automated-deployment-pipeline", "Automated deployment pipeline", modes: [.cicd], estimate: 10
    ) { context in
        let api = try await robot(context)
        let first = TaskservFixture(name: context.unique("app"), version: "1.0.0", port: 7082)
        let second = TaskservFixture(name: first.name, version: "1.1.0", port: 7082)
        let name = context.unique("stage")
        try await removeLater([name], context)
        let daemon = try await context.step("build: the pipeline publishes the application and orders its server") {
            try await first.push(context)
            try await api.completed(try await api.createServer(name).id)
            let listed = try await api.servers().first { $0["hostname"]?.string == name }
            let address = try require(listed?["ip_address"]?.string, "the address that the API tells")
            return TCPClient(host: address, port: first.port)
        }
        let process = try await context.step("deploy: the application answers at its name") {
            try await api.completed(try await api.createTaskserv(first.reference, on: [name]).id)
            let values = try await context.dns.values("\(name).\(try context.zone)", .a)
            try expectEqual(values, [daemon.host], "the addresses of the name")
            return try await first.processID(at: daemon)
        }
        try await context.step("test: its check passes, and fails when it is wanted in another version") {
            try await api.completed(try await check(first, on: name, api).id)
        }
        try await context.step("release: the next version takes its place") {
            try await second.push(context)
            try await api.completed(
                try await api.createTaskserv(first.reference, on: [name], ["operation": "delete"]).id)
            try await api.completed(try await api.createTaskserv(second.reference, on: [name]).id)
            let next = try await second.processID(at: daemon)
            try expect(next != process, "another process answers", actual: next)
            try await api.completed(try await check(second, on: name, api).id)
            let listed = try await api.taskservs().filter { $0["server"]?.string == name }
            try expectEqual(listed.map { $0["version"]?.string }, ["1.1.0"], "the versions on the server")
        }
        try await context.step("tear down: nothing is left") {
            try await api.completed(try await api.deleteServer(name).id)
            try await context.expectShut(daemon.host, daemon.port)
            try expectEqual(try await context.dns.values("\(name).\(try context.zone)", .a), [], "its addresses")
        }
    }

    private static func check(
        _ fixture: TaskservFixture, on name: String, _ api: APIServerClient
    ) async throws -> APIServerClient.Operation {
        try await api.createTaskserv(fixture.reference, on: [name], ["operation": "check"])
    }
}

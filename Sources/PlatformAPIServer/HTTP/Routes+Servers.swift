import Hummingbird
import InterfaceProfile
import PlatformService

extension Routes {
    /// Servers, taskservs and clusters: read from the orchestrator, changed by operations.
    func addServers(to router: Router<Context>) {
        let there = InterfaceProfile.standard.paths
        router.get(path(paths.servers)) { _, _ in
            try APIAnswer.bare(try await orchestrator.call("GET", there.servers).items.map(ServerView.init))
        }
        router.get(path(paths.server)) { _, context in
            try APIAnswer.bare(ServerView(try await server(try context.parameters.require("id"))))
        }
        router.post(path(paths.createServer)) { request, context in
            let wanted = try await body(NewServer.self, request, context)
            return try await begin(.task, "POST", there.createServers, wanted.submission, context)
        }
        router.delete(path(paths.server)) { _, context in
            let found = try await server(try context.parameters.require("id"))
            let place = filledPath(there.server, found["hostname"].text ?? "")
            return try await begin(.task, "DELETE", place, .null, context)
        }
        router.get(path(paths.taskservs)) { _, _ in
            let servers = try await orchestrator.call("GET", there.servers).items
            return try APIAnswer.bare(
                servers.flatMap { server in
                    server["taskservs"].items.map { TaskservView($0, server: server["hostname"].text ?? "") }
                })
        }
        router.post(path(paths.createTaskserv)) { request, context in
            let wanted = try await body(JSONValue.self, request, context)
            guard wanted["taskserv"].text != nil, !wanted["servers"].items.isEmpty else {
                throw PlatformError(.invalid, "taskserv and servers: are missing; give a name and an array of names")
            }
            return try await begin(.task, "POST", there.createTaskserv, wanted, context)
        }
        router.post(path(paths.createCluster)) { request, context in
            let wanted = try await body(JSONValue.self, request, context)
            return try await begin(.task, "POST", paths.orchestratorCreateCluster, wanted, context)
        }
    }

    /// Keeps an operation and has it carried out.
    func begin(
        _ kind: OrchestratorCall.Kind, _ method: String, _ place: String, _ body: JSONValue, _ context: Context
    ) async throws -> Response {
        let call = OrchestratorCall(kind: kind, method: method, path: place, body: body)
        let operation = try await store.create(call, owner: try context.caller().name)
        runner.submit(operation.id)
        return try APIAnswer.bare(OperationView(operation: operation))
    }

    private func server(_ id: String) async throws -> JSONValue {
        let servers = try await orchestrator.call("GET", InterfaceProfile.standard.paths.servers).items
        guard let found = servers.first(where: { $0["id"].text == id || $0["hostname"].text == id }) else {
            throw PlatformError(.notFound, "there is no server \(id)")
        }
        return found
    }
}

/// The documented request for a server.
private struct NewServer: Decodable, Sendable {
    let hostname: String
    let workspace: String?
    let provider: String?
    let plan: String?
    let zone: String?
    let checkMode: Bool?
    let tags: [String]?

    enum CodingKeys: String, CodingKey {
        case hostname, workspace, provider, plan, zone, tags
        case checkMode = "check_mode"
    }

    /// What the orchestrator is asked.
    var submission: JSONValue {
        var members: [String: JSONValue] = ["servers": .array([.string(hostname)])]
        for (name, value) in [("workspace", workspace), ("provider", provider), ("plan", plan), ("zone", zone)] {
            if let value { members[name] = .string(value) }
        }
        if let checkMode { members["check_mode"] = .boolean(checkMode) }
        if let tags { members["tags"] = .array(tags.map { .string($0) }) }
        return .object(members)
    }
}

/// The documented members of a server; null where the orchestrator has nothing.
private struct ServerView: Encodable, Sendable {
    private let members: [String: JSONValue]

    init(_ server: JSONValue) {
        let names = ["id", "hostname", "provider", "plan", "zone", "ip_address", "status", "created_at"]
        members = Dictionary(names.map { ($0, server[$0]) }) { first, _ in first }
    }

    func encode(to encoder: any Encoder) throws { try members.encode(to: encoder) }
}

private struct TaskservView: Encodable, Sendable {
    let name: JSONValue
    let version: JSONValue
    let status: JSONValue
    let server: String

    init(_ taskserv: JSONValue, server: String) {
        name = taskserv["name"]
        version = taskserv["version"]
        status = taskserv["status"]
        self.server = server
    }
}

import Hummingbird
import InterfaceProfile
import PlatformService

extension Routes {
    /// Servers, taskservs and clusters: read from the orchestrator, changed by operations, in the caller's name.
    func addServers(to router: Router<Context>) {
        let there = InterfaceProfile.standard.paths
        router.get(path(paths.servers)) { request, _ in
            try APIAnswer.bare(try await servers(request).map(ServerView.init))
        }
        router.get(path(paths.server)) { request, context in
            try APIAnswer.bare(ServerView(try await server(request, context)))
        }
        router.post(path(paths.createServer)) { request, context in
            let wanted = try await body(NewServer.self, request, context)
            return try await begin(.task, "POST", there.createServers, wanted.submission, request, context)
        }
        router.delete(path(paths.server)) { request, context in
            let found = try await server(request, context)
            let query = request.uri.query.map { "?\($0)" } ?? ""
            let place = filledPath(there.server, found["hostname"].text ?? "") + query
            return try await begin(
                .task, "DELETE", place, try await optionalBody(request, context), request, context)
        }
        router.get(path(paths.taskservs)) { request, _ in
            try APIAnswer.bare(
                try await servers(request).flatMap { server in
                    server["taskservs"].items.map { TaskservView($0, server: server["hostname"].text ?? "") }
                })
        }
        router.post(path(paths.createTaskserv)) { request, context in
            let wanted = try await body(JSONValue.self, request, context)
            guard wanted["taskserv"].text != nil, !wanted["servers"].items.isEmpty else {
                throw PlatformError(.invalid, "taskserv and servers: are missing; give a name and an array of names")
            }
            return try await begin(.task, "POST", there.createTaskserv, wanted, request, context)
        }
        router.post(path(paths.createCluster)) { request, context in
            let wanted = try await body(JSONValue.self, request, context)
            return try await begin(.task, "POST", paths.orchestratorCreateCluster, wanted, request, context)
        }
    }

    /// The servers that the caller may see.
    private func servers(_ request: Request) async throws -> [JSONValue] {
        try await orchestrator.call(
            "GET", InterfaceProfile.standard.paths.servers, as: try await session(request)
        ).items
    }

    private func server(_ request: Request, _ context: Context) async throws -> JSONValue {
        let id = try context.parameters.require("id")
        guard let found = try await servers(request).first(where: { $0["id"].text == id || $0["hostname"].text == id })
        else { throw PlatformError(.notFound, "there is no server \(id)") }
        return found
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

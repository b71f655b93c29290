import FleetHTTP
import InterfaceProfile

/// The API server's interface, with types; its answers are bare. Errors as for `JSONClient`.
public struct APIServerClient: Sendable {
    let web: WebClient
    let paths: APIServerPaths

    /// What came of a request that takes its time.
    public struct Operation: Hashable, Sendable {
        /// Its id.
        public var id: String
        /// `pending`, `running`, `completed`, `failed` or `cancelled`.
        public var status: String
        /// Why it failed.
        public var error: String?
        /// What it brought.
        public var result: JSONValue?

        init(_ value: JSONValue) throws {
            id = try require(value["id"]?.string, "the id of the operation")
            status = try require(value["status"]?.string, "the status of the operation").lowercased()
            error = value["error"]?.string
            result = value["result"]
        }
    }

    /// Sends anything, with the same login.
    public var transport: WebClient { web }

    private var json: JSONClient { JSONClient(web: web) }

    /// Logs in; the answer is as the control center's, without an envelope.
    public func login(_ user: String, _ password: String) async throws -> Session {
        let response = try await web.send(
            .post, paths.login, body: .object(["username": .string(user), "password": .string(password)]))
        return try Session(Answer(response: response, profile: .standard))
    }

    /// Takes a refresh token for a new pair.
    public func refresh(_ token: String) async throws -> Session {
        let response = try await web.send(.post, paths.refresh, body: .object(["refresh_token": .string(token)]))
        return try Session(Answer(response: response, profile: .standard))
    }

    /// Who the caller is.
    public func identity() async throws -> JSONValue { try await json.ask(.get, paths.identity) }

    /// All servers.
    public func servers() async throws -> [JSONValue] {
        try require(try await json.ask(.get, paths.servers).array, "an array of servers")
    }

    /// Orders a server.
    public func createServer(_ name: String, _ more: [String: JSONValue] = [:]) async throws -> Operation {
        let body: [String: JSONValue] = ["hostname": .string(name), "provider": "local"]
        return try Operation(try await json.ask(.post, paths.createServer, .object(body.merging(more) { $1 })))
    }

    /// Orders the removal of a server.
    public func deleteServer(_ id: String) async throws -> Operation {
        try Operation(try await json.ask(.delete, filledPath(paths.server, id)))
    }

    /// Orders a taskserv, `name:version`, on servers.
    public func createTaskserv(
        _ taskserv: String, on servers: [String], _ more: [String: JSONValue] = [:]
    ) async throws -> Operation {
        let body: [String: JSONValue] = [
            "taskserv": .string(taskserv), "servers": .array(servers.map(JSONValue.string)),
        ]
        return try Operation(try await json.ask(.post, paths.createTaskserv, .object(body.merging(more) { $1 })))
    }

    /// The taskservs of all servers.
    public func taskservs() async throws -> [JSONValue] {
        try require(try await json.ask(.get, paths.taskservs).array, "an array of taskservs")
    }

    /// Orders a batch.
    public func submitWorkflow(_ workflow: JSONValue) async throws -> Operation {
        try Operation(try await json.ask(.post, paths.submitWorkflow, .object(["workflow": workflow])))
    }

    /// One workflow.
    public func workflow(_ id: String) async throws -> Operation {
        try Operation(try await json.ask(.get, filledPath(paths.workflow, id)))
    }

    /// The ids of the newest workflows.
    public func workflows() async throws -> [String] {
        let list = try require(try await json.ask(.get, paths.workflows).array, "an array of workflows")
        return list.compactMap { $0["id"]?.string }
    }

    /// One operation.
    public func operation(_ id: String) async throws -> Operation {
        try Operation(try await json.ask(.get, filledPath(paths.operation, id)))
    }

    /// Waits until an operation has ended well.
    @discardableResult
    public func completed(
        _ id: String, within limit: Duration = .seconds(60), filePath: String = #filePath, line: Int = #line
    ) async throws -> Operation {
        let last = try await eventually("operation \(id) ends", within: limit, filePath: filePath, line: line) {
            let operation = try await self.operation(id)
            try expectContains(
                ["completed", "failed", "cancelled"], operation.status, "the final states", filePath: filePath,
                line: line)
            return operation
        }
        try expectEqual(
            last.status, "completed", "the state of the operation, whose error is \(last.error ?? "none")",
            filePath: filePath, line: line)
        return last
    }
}

extension TestContext {
    /// Logs a user that the test made in at the API server.
    public func apiServerLogin(_ user: TestUser) async throws -> Session {
        try await apiServer().login(user.name, user.password)
    }

    /// The API server, as somebody who has logged in there, or as nobody.
    public func apiServer(as session: Session? = nil) throws -> APIServerClient {
        APIServerClient(web: try web("api-server", as: session), paths: profile.apiServer)
    }
}

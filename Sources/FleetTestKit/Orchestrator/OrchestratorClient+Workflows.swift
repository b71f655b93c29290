import FleetHTTP
import InterfaceProfile

extension OrchestratorClient {
    /// What is to be done with a taskserv.
    public enum TaskservOperation: String, Sendable { case install, check, remove }

    /// Submits the creation of servers.
    ///
    /// - Parameters:
    ///   - names: their names; each is one DNS label.
    ///   - authorizedKeys: OpenSSH public keys that may log in.
    ///   - checkMode: only say what would be done.
    ///   - options: what else the submission says.
    /// - Returns: the id of the task.
    public func createServers(
        _ names: [String], authorizedKeys: [String] = [], checkMode: Bool = false,
        options: SubmissionOptions = SubmissionOptions()
    ) async throws -> String {
        let fields = profile.fields.submission
        var body = submission(of: names, checkMode: checkMode, options)
        if !authorizedKeys.isEmpty { body[fields.authorizedKeys] = .array(authorizedKeys.map(JSONValue.string)) }
        return try await submit(profile.paths.createServers, body)
    }

    /// Submits the deletion of servers.
    ///
    /// - Returns: the id of the task.
    public func deleteServers(
        _ names: [String], options: SubmissionOptions = SubmissionOptions()
    ) async throws -> String {
        try await submit(profile.paths.deleteServers, submission(of: names, checkMode: false, options))
    }

    /// Submits an operation on a taskserv.
    ///
    /// - Parameters:
    ///   - operation: what to do.
    ///   - taskserv: `name` or `name:version`.
    ///   - names: the servers.
    ///   - options: what else the submission says.
    /// - Returns: the id of the task.
    public func taskserv(
        _ operation: TaskservOperation, _ taskserv: String, on names: [String],
        options: SubmissionOptions = SubmissionOptions()
    ) async throws -> String {
        let fields = profile.fields.submission
        let spellings = profile.spellings
        var body = submission(of: names, checkMode: false, options)
        body[fields.taskserv] = .string(taskserv)
        body[fields.operation] =
            switch operation {
            case .install: .string(spellings.operationCreate)
            case .check: .string(spellings.operationCheck)
            case .remove: .string(spellings.operationDelete)
            }
        return try await submit(profile.paths.createTaskserv, body)
    }

    private func submission(
        of names: [String], checkMode: Bool, _ options: SubmissionOptions
    ) -> [String: JSONValue] {
        let fields = profile.fields.submission
        let usual: [String: JSONValue] = [
            fields.infra: "default", fields.settings: "", fields.servers: .array(names.map(JSONValue.string)),
            fields.checkMode: .bool(checkMode), fields.wait: false,
        ]
        return usual.merging(options.members(fields)) { $1 }
    }

    /// Submits a workflow.
    ///
    /// - Parameters:
    ///   - path: one of the profile's paths for workflows.
    ///   - body: the submission, by the profile's names.
    /// - Returns: the id of the task.
    public func submit(_ path: String, _ body: [String: JSONValue]) async throws -> String {
        let answer = try await call(.post, path, body: .object(body), missing: .noObject)
        return try answer.taskID(try answer.payload())
    }

    // MARK: Servers and records

    /// All servers.
    public func servers() async throws -> [ServerInfo] {
        let answer = try await call(.get, profile.paths.servers)
        return try answer.elements(try answer.payload()).map { try ServerInfo($0, answer) }
    }

    /// One server; nil when the platform does not have it.
    public func server(_ name: String) async throws -> ServerInfo? {
        try await absentWhen404 {
            let path = filledPath(profile.paths.server, name)
            let answer = try await call(.get, path, missing: .noObject)
            return try ServerInfo(try answer.payload(), answer)
        }
    }

    /// Deletes a server if it is there and waits for it: for clean-up, so it may be gone already.
    public func removeServer(_ name: String, within limit: Duration = .seconds(20)) async throws {
        guard try await server(name) != nil else { return }
        try await completed(try await deleteServers([name]), within: limit)
    }

    /// Turns the platform's word that an object does not exist into nil.
    func absentWhen404<Value>(_ body: () async throws -> Value) async throws -> Value? {
        do {
            return try await body()
        } catch let refusal as PlatformRefusal where refusal.status == 404 {
            return nil
        }
    }
}

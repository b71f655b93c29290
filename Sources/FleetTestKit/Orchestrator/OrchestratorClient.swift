import FleetHTTP
public import InterfaceProfile

/// The orchestrator's REST interface, with types.
///
/// Requests carry no credentials: in solo mode nothing asks for any. Paths and member names are the profile's.
/// Every call throws `PlatformRefusal` when the platform says no, `InterfaceNotFound` when there is nothing at the path,
/// `UnexpectedAnswer` for an answer of another form, and `WebFailure` when there is no answer.
public struct OrchestratorClient: Sendable {
    let web: WebClient
    /// Paths, names and spellings.
    public let profile: InterfaceProfile

    /// Names the orchestrator; nothing is sent yet.
    public init(web: WebClient, profile: InterfaceProfile = .standard) {
        self.web = web
        self.profile = profile
    }

    /// What a 404 at a path means.
    enum NotFound { case noInterface, noObject }

    /// What the health endpoint says.
    public func health() async throws -> String {
        let answer = try await call(.get, profile.paths.health)
        return try answer.payload().string ?? ""
    }

    /// Asks whether everything that the orchestrator needs can be used.
    ///
    /// - Throws: `PlatformRefusal` that names what cannot.
    public func ready() async throws {
        _ = try await call(.get, profile.paths.ready).payload()
    }

    /// The value of a metric without labels; nil when the page does not have it.
    public func metric(_ name: String) async throws -> Double? {
        let response = try await call(.get, profile.paths.metrics).response
        for line in String(decoding: response.body, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count >= 2, words[0] == name { return Double(words[1]) }
        }
        return nil
    }

    /// Who the platform takes the caller for.
    public func identity() async throws -> IdentityInfo {
        let answer = try await call(.get, profile.paths.identity)
        return try IdentityInfo(try answer.payload(), answer)
    }

    /// The HTTP status of a bare `POST`, for paths that must not be there.
    public func statusOfPost(to path: String, _ body: JSONValue) async throws -> Int {
        try await web.send(.post, path, body: body).status
    }

    // MARK: Tasks

    /// What the platform tells over its WebSocket until a task has come to a state.
    ///
    /// - Parameter whenListening: called, at least once, when nothing is missed any more, or when listening has failed.
    public func heard(
        until state: String, of task: String, whenListening: @escaping @Sendable () -> Void
    ) async throws -> String {
        defer { whenListening() }
        return try await web.listen(to: profile.paths.eventSocket) { told in
            whenListening()
            return told.split(separator: "{").contains { $0.contains(task) && $0.contains("\"\(state)\"") }
        }
    }

    /// The newest tasks.
    ///
    /// - Parameters:
    ///   - status: only those in this state, as the platform spells it.
    ///   - limit: at most so many, 1 to 1000.
    ///   - offset: how many to leave out first.
    public func tasks(status: String? = nil, limit: Int? = nil, offset: Int? = nil) async throws -> [TaskInfo] {
        let options = [
            status.map { "status=\($0)" }, limit.map { "limit=\($0)" }, offset.map { "offset=\($0)" },
        ].compactMap(\.self)
        let query = options.isEmpty ? "" : "?\(options.joined(separator: "&"))"
        let answer = try await call(.get, profile.paths.tasks + query)
        return try answer.elements(try answer.payload()).map { try TaskInfo($0, answer) }
    }

    /// Every task, page by page: other tests may have made more than one page holds.
    public func allTasks(status: String? = nil, page: Int = 1000) async throws -> [TaskInfo] {
        var tasks: [TaskInfo] = []
        while true {
            let more = try await self.tasks(status: status, limit: page, offset: tasks.count)
            tasks += more
            if more.count < page { return tasks }
        }
    }

    /// One task.
    public func task(_ id: String) async throws -> TaskInfo {
        let answer = try await call(.get, filledPath(profile.paths.task, id), missing: .noObject)
        return try TaskInfo(try answer.payload(), answer)
    }

    /// Cancels a task.
    @discardableResult
    public func cancelTask(_ id: String) async throws -> TaskInfo {
        let answer = try await call(.post, filledPath(profile.paths.cancelTask, id), missing: .noObject)
        return try TaskInfo(try answer.payload(), answer)
    }

    /// What runs, and what waits.
    public func queue() async throws -> QueueInfo {
        let answer = try await call(.get, profile.paths.queue)
        return try QueueInfo(try answer.payload(), answer)
    }

    /// Every event of a task, from its state now to its end, which is waited for.
    public func taskEvents(_ id: String) async throws -> [PlatformEvent] {
        try await events(at: filledPath(profile.paths.taskEvents, id))
    }

    /// Reads server-sent events to the end of the stream.
    func events(at path: String) async throws -> [PlatformEvent] {
        // The stream ends with what it tells of, which the test ends.
        let answer = try await call(.get, path, missing: .noObject, within: .seconds(120))
        guard answer.response.status == 200 else {
            _ = try answer.payload()
            throw answer.unexpected("the stream of events has the status \(answer.response.status)")
        }
        return try PlatformEvent.all(in: String(decoding: answer.response.body, as: UTF8.self), answer)
    }

    /// Waits until a task has ended, however it ended.
    ///
    /// - Throws: `AssertionFailure` when it has not ended in time.
    @discardableResult
    public func ended(
        _ id: String, within limit: Duration = .seconds(60), filePath: String = #filePath, line: Int = #line
    ) async throws -> TaskInfo {
        try await eventually("task \(id) ends", within: limit, filePath: filePath, line: line) {
            let task = try await self.task(id)
            try expect(
                task.state.isFinal, "the task has ended", actual: task.state, filePath: filePath, line: line)
            return task
        }
    }

    /// Waits until a task has ended, and passes when it ended well.
    ///
    /// - Throws: `AssertionFailure` that carries the task's own error.
    @discardableResult
    public func completed(
        _ id: String, within limit: Duration = .seconds(60), filePath: String = #filePath, line: Int = #line
    ) async throws -> TaskInfo {
        let task = try await ended(id, within: limit, filePath: filePath, line: line)
        guard task.state == .completed else {
            throw AssertionFailure(
                "the task \(task.name) \(id) ended badly", expected: "completed",
                actual: "\(task.state): \(task.error ?? "without an error text")",
                at: SourcePlace(filePath: filePath, line: line))
        }
        return task
    }

    // MARK: Requests

    /// Sends a request; a 404 becomes `InterfaceNotFound` unless it is the platform's word on one object.
    func call(
        _ method: HTTPMethod, _ path: String, body: JSONValue? = nil, missing: NotFound = .noInterface,
        within limit: Duration = .seconds(60)
    ) async throws -> Answer {
        let response = try await web.send(method, path, body: body, within: limit)
        let answer = Answer(response: response, profile: profile)
        if response.status == 404, missing == .noInterface || !answer.isPlatformError {
            throw InterfaceNotFound(path: response.request)
        }
        return answer
    }
}

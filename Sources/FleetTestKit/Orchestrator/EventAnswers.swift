import InterfaceProfile

/// Something that the platform told those who watch.
public struct PlatformEvent: Hashable, Sendable {
    /// Its name.
    public var type: String
    /// The id of the task or batch that it is about.
    public var subject: String
    /// The state that it tells, as it is spelled.
    public var status: String

    /// Reads a stream of server-sent events, which has ended.
    static func all(in text: String, _ answer: Answer) throws -> [PlatformEvent] {
        let names = answer.profile.fields.event
        return try text.split(separator: "\n").filter { $0.hasPrefix("data:") }.map { line in
            guard let value = JSONValue(bytes: Array(line.dropFirst(5).utf8)), let data = value[names.data] else {
                throw answer.unexpected("an event has no “\(names.data)”")
            }
            let subject = data[names.taskID]?.string ?? data[names.batchID]?.string
            guard let subject, let status = data[names.status]?.string else {
                throw answer.unexpected("an event says neither of what it is nor how that is: \(data)")
            }
            return PlatformEvent(type: value[names.type]?.string ?? "", subject: subject, status: status)
        }
    }
}

/// What the queue of the orchestrator looks like.
public struct QueueInfo: Hashable, Sendable {
    /// How many tasks may run at once.
    public var width: Int
    /// Ids of the tasks that run.
    public var running: [String]
    /// Ids of those that wait for a place, the next one first.
    public var waiting: [String]

    init(_ value: JSONValue, _ answer: Answer) throws {
        let names = answer.profile.fields.queue
        guard let width = value[names.width]?.integer else { throw answer.unexpected("there is no “\(names.width)”") }
        self.width = width
        self.running = (value[names.running]?.array ?? []).compactMap(\.string)
        self.waiting = (value[names.waiting]?.array ?? []).compactMap(\.string)
    }
}

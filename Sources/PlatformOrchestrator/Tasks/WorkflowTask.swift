import PlatformService

/// The id of a task: a UUID in lower case.
typealias TaskID = String

/// The state of a task, spelled as documented.
enum TaskStatus: String, Sendable, Codable, CaseIterable {
    case pending = "Pending"
    case running = "Running"
    case completed = "Completed"
    case failed = "Failed"
    case cancelled = "Cancelled"

    /// True when nothing more will happen to the task.
    var isFinal: Bool {
        switch self {
        case .pending, .running: false
        case .completed, .failed, .cancelled: true
        }
    }

    /// The state of that name, without regard to case.
    init?(spelling: String) {
        guard let found = Self.allCases.first(where: { $0.rawValue.lowercased() == spelling.lowercased() }) else {
            return nil
        }
        self = found
    }
}

/// A task as callers see it: the documented object, and with it `attempts` and `priority`.
struct WorkflowTask: Sendable, Codable, Hashable {
    let id: TaskID
    let name: String
    let command: String
    let arguments: [String]
    let dependencies: [TaskID]
    var status: TaskStatus = .pending
    let createdAt: Timestamp
    var startedAt: Timestamp?
    var completedAt: Timestamp?
    var output: String?
    var error: String?
    var attempts = 0
    let priority: Int

    enum CodingKeys: String, CodingKey {
        case id, name, command, dependencies, status, output, error, attempts, priority
        case arguments = "args"
        case createdAt = "created_at"
        case startedAt = "started_at"
        case completedAt = "completed_at"
    }

    /// Writes every member, also those without a value: as null.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(name, forKey: .name)
        try container.encode(command, forKey: .command)
        try container.encode(arguments, forKey: .arguments)
        try container.encode(dependencies, forKey: .dependencies)
        try container.encode(status, forKey: .status)
        try container.encode(createdAt, forKey: .createdAt)
        try container.encode(startedAt, forKey: .startedAt)
        try container.encode(completedAt, forKey: .completedAt)
        try container.encode(output, forKey: .output)
        try container.encode(error, forKey: .error)
        try container.encode(attempts, forKey: .attempts)
        try container.encode(priority, forKey: .priority)
    }
}

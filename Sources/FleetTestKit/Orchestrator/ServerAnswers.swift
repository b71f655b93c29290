import InterfaceProfile

/// The state of a task, read without regard to case.
public enum TaskState: Hashable, Sendable, CustomStringConvertible {
    /// It waits.
    case pending
    /// It runs.
    case running
    /// It ended well.
    case completed
    /// It ended badly.
    case failed
    /// Somebody cancelled it.
    case cancelled
    /// A word that the profile does not know.
    case other(String)

    init(_ text: String, _ spellings: Spellings) {
        switch text.lowercased() {
        case spellings.taskPending.lowercased(): self = .pending
        case spellings.taskRunning.lowercased(): self = .running
        case spellings.taskCompleted.lowercased(): self = .completed
        case spellings.taskFailed.lowercased(): self = .failed
        case spellings.taskCancelled.lowercased(): self = .cancelled
        default: self = .other(text)
        }
    }

    /// Whether nothing more happens to the task.
    public var isFinal: Bool {
        switch self {
        case .completed, .failed, .cancelled: true
        case .pending, .running, .other: false
        }
    }

    /// The state in lower case.
    public var description: String {
        switch self {
        case .pending: "pending"
        case .running: "running"
        case .completed: "completed"
        case .failed: "failed"
        case .cancelled: "cancelled"
        case .other(let text): text
        }
    }
}

/// A task of the orchestrator.
public struct TaskInfo: Hashable, Sendable {
    /// Its id.
    public var id: String
    /// What kind of task, for example `create_servers`.
    public var name: String
    /// Where it stands.
    public var state: TaskState
    /// When it was submitted, RFC 3339.
    public var createdAt: String
    /// When it began, RFC 3339.
    public var startedAt: String?
    /// When it ended, RFC 3339.
    public var completedAt: String?
    /// What it printed.
    public var output: String?
    /// Why it failed.
    public var error: String?
    /// What a person would type for the same.
    public var command: String?
    /// The arguments of that command.
    public var arguments: [String]
    /// Ids of tasks that must be completed first.
    public var dependencies: [String]
    /// How often it was started; nil when the platform does not say.
    public var attempts: Int?

    init(_ value: JSONValue, _ answer: Answer) throws {
        let names = answer.profile.fields.task
        self.id = try answer.text(value, names.id)
        self.name = try answer.text(value, names.name)
        self.state = TaskState(try answer.text(value, names.status), answer.profile.spellings)
        self.createdAt = try answer.text(value, names.createdAt)
        self.startedAt = value[names.startedAt]?.string
        self.completedAt = value[names.completedAt]?.string
        self.output = value[names.output]?.string
        self.error = value[names.error]?.string
        self.command = value[names.command]?.string
        self.arguments = (value[names.arguments]?.array ?? []).compactMap(\.string)
        self.dependencies = (value[names.dependencies]?.array ?? []).compactMap(\.string)
        self.attempts = value[names.attempts]?.integer
    }
}

/// A server as the orchestrator describes it.
public struct ServerInfo: Hashable, Sendable {
    /// A taskserv that is installed on a server.
    public struct Taskserv: Hashable, Sendable {
        /// Its name.
        public var name: String
        /// Its version.
        public var version: String
        /// Its state, in lower case.
        public var status: String

        /// Describes an installed taskserv, for comparing.
        public init(name: String, version: String, status: String) {
            self.name = name
            self.version = version
            self.status = status
        }
    }

    /// The name it was created by.
    public var name: String
    /// The name it has in the DNS, without a final dot.
    public var dnsName: String?
    /// Its address.
    public var address: String?
    /// The port of its SSH server.
    public var sshPort: Int?
    /// The user to log in as.
    public var sshUser: String?
    /// Its host key, as `ssh-ed25519 AAAA…`.
    public var sshHostKey: String?
    /// Its state, in lower case.
    public var status: String
    /// Where it comes from; nil when the platform does not say.
    public var provider: String?
    /// Where in the provider it is.
    public var zone: String?
    /// How large it is, in the provider's words.
    public var plan: String?
    /// The provider's own name for it.
    public var providerID: String?
    /// Whether it is an entry of an inventory that nobody can log in to.
    public var isSimulated: Bool
    /// What is installed on it.
    public var taskservs: [Taskserv]

    init(_ value: JSONValue, _ answer: Answer) throws {
        let names = answer.profile.fields.server
        self.name = try answer.text(value, names.name)
        self.dnsName = value[names.dnsName]?.string
        self.address = value[names.address]?.string
        self.sshPort = value[names.sshPort]?.integer
        self.sshUser = value[names.sshUser]?.string
        self.sshHostKey = value[names.sshHostKey]?.string
        self.status = try answer.text(value, names.status).lowercased()
        self.provider = value[names.provider]?.string
        self.zone = value[names.zone]?.string
        self.plan = value[names.plan]?.string
        self.providerID = value[names.providerID]?.string
        self.isSimulated = value[names.simulated]?.bool ?? false
        self.taskservs = try (value[names.taskservs]?.array ?? []).map { entry in
            Taskserv(
                name: try answer.text(entry, names.taskservName),
                version: try answer.text(entry, names.taskservVersion),
                status: try answer.text(entry, names.taskservStatus).lowercased())
        }
    }
}

/// A DNS record as the orchestrator lists it; the DNS itself is the better witness.
public struct ListedRecord: Hashable, Sendable {
    /// Full name, without a final dot.
    public var name: String
    /// `A` and the like.
    public var type: String
    /// What it says.
    public var value: String
    /// How long it may be kept, in seconds; nil when the platform does not say.
    public var ttl: Int?

    init(_ value: JSONValue, _ answer: Answer) throws {
        let names = answer.profile.fields.record
        self.name = try answer.text(value, names.name)
        self.type = try answer.text(value, names.type)
        self.value = try answer.text(value, names.value)
        self.ttl = value[names.ttl]?.integer
    }
}

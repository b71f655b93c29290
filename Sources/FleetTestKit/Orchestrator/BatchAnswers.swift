import InterfaceProfile

/// The state of a batch, or of one of its operations, read without regard to case.
public enum BatchState: Hashable, Sendable, CustomStringConvertible {
    /// One of the states that tasks have too.
    case task(TaskState)
    /// Its work was undone.
    case rolledBack
    /// Some operations are completed, and some never will be.
    case partiallyCompleted
    /// An operation that needed one that was not completed.
    case skipped

    init(_ text: String, _ spellings: Spellings) {
        switch text.lowercased() {
        case spellings.batchRolledBack.lowercased(): self = .rolledBack
        case spellings.batchPartiallyCompleted.lowercased(): self = .partiallyCompleted
        case spellings.operationSkipped.lowercased(): self = .skipped
        default: self = .task(TaskState(text, spellings))
        }
    }

    /// It waits.
    public static let pending = BatchState.task(.pending)
    /// It runs.
    public static let running = BatchState.task(.running)
    /// It ended well.
    public static let completed = BatchState.task(.completed)
    /// It ended badly.
    public static let failed = BatchState.task(.failed)
    /// Somebody cancelled it.
    public static let cancelled = BatchState.task(.cancelled)

    /// Whether nothing more happens by itself.
    public var isFinal: Bool { if case .task(let state) = self { state.isFinal } else { true } }

    /// The state in words.
    public var description: String {
        switch self {
        case .task(let state): state.description
        case .rolledBack: "rolled back"
        case .partiallyCompleted: "partially completed"
        case .skipped: "skipped"
        }
    }
}

/// A batch workflow as the orchestrator describes it.
public struct BatchInfo: Hashable, Sendable {
    /// One of its operations.
    public struct Operation: Hashable, Sendable {
        /// Its id in the definition.
        public var id: String
        /// Where it stands.
        public var state: BatchState
        /// How often it was started.
        public var attempts: Int?
        /// Why it failed.
        public var error: String?
    }

    /// Its id.
    public var id: String
    /// Where it stands.
    public var state: BatchState
    /// Its operations, in the order of the definition.
    public var operations: [Operation]
    /// The share of operations that have ended, 0 to 1; nil when the platform does not say.
    public var progress: Double?
    /// Grows with every change; nil when the platform does not say.
    public var revision: Int?
    /// Why it failed.
    public var error: String?

    /// The states by operation.
    public var states: [String: BatchState] { Dictionary(operations.map { ($0.id, $0.state) }) { $1 } }

    /// One operation; nil when there is none of that id.
    public func operation(_ id: String) -> Operation? { operations.first { $0.id == id } }

    init(_ value: JSONValue, _ answer: Answer) throws {
        let (names, spellings) = (answer.profile.batch, answer.profile.spellings)
        self.id = try answer.text(value, names.id)
        self.state = BatchState(try answer.text(value, names.status), spellings)
        self.operations = try (value[names.operations]?.array ?? []).map { entry in
            Operation(
                id: try answer.text(entry, names.operationID),
                state: BatchState(try answer.text(entry, names.status), spellings),
                attempts: entry[names.attempts]?.integer, error: entry[names.error]?.string)
        }
        self.progress = value[names.progress]?.double
        self.revision = value[names.revision]?.integer
        self.error = value[names.error]?.string
    }
}

/// A point that a rollback can go back to.
public struct CheckpointInfo: Hashable, Sendable {
    /// Its number, from 1.
    public var number: Int
    /// Operations that were completed, in the order of completion.
    public var completed: [String]

    init(_ value: JSONValue, _ answer: Answer) throws {
        let names = answer.profile.batch
        guard let number = value[names.checkpoint]?.integer else {
            throw answer.unexpected("a checkpoint has no number “\(names.checkpoint)”")
        }
        self.number = number
        self.completed = (value[names.completed]?.array ?? []).compactMap(\.string)
    }
}

import PlatformService

/// The id of a batch: a UUID in lower case.
typealias BatchID = String

/// The state of a batch: those of tasks, and two more.
enum BatchStatus: String, Sendable, Codable, CaseIterable {
    case pending = "Pending"
    case running = "Running"
    case completed = "Completed"
    case failed = "Failed"
    case cancelled = "Cancelled"
    case rolledBack = "RolledBack"
    case partiallyCompleted = "PartiallyCompleted"

    /// True when nothing happens to the batch unless somebody asks for it.
    var isFinal: Bool { self != .pending && self != .running }
}

/// The state of one operation: those of tasks, and two more.
enum OperationStatus: String, Sendable, Codable {
    case pending = "Pending"
    case running = "Running"
    case completed = "Completed"
    case failed = "Failed"
    case cancelled = "Cancelled"
    case skipped = "Skipped"
    case rolledBack = "RolledBack"

    /// True when it will not begin any more by itself.
    var hasEnded: Bool { self != .pending && self != .running }
}

/// Everything that is known of a batch. It is durable before anything is done, so that a kill at any time loses nothing.
struct BatchRecord: Sendable, Codable, Hashable {
    /// Why a batch is being ended, and what that means.
    enum Goal: Sendable, Codable, Hashable {
        /// Nothing new begins, what runs may end.
        case fail
        /// What runs is stopped, what is completed stays.
        case preserve
        /// What runs is stopped, and what was completed after so many completions is undone.
        case rollback(floor: Int)
        /// What runs is stopped, and everything is undone.
        case cancel
    }

    /// What the batch is at.
    enum Phase: Sendable, Codable, Hashable {
        /// It waits for its turn.
        case waiting
        case working
        /// It waits for what runs.
        case stopping(Goal)
        /// It undoes one operation after the other.
        case undoing(Goal)
        case ended
    }

    /// A point that a rollback can go back to.
    struct Checkpoint: Sendable, Codable, Hashable {
        let number: Int
        let createdAt: Timestamp
        /// Operations that were completed, in the order of completion.
        let completed: [String]
        /// How many completions there had been.
        let floor: Int
    }

    let id: BatchID
    let definition: BatchDefinition
    let createdAt: Timestamp
    /// Order of arrival.
    let sequence: Int
    var status = BatchStatus.pending
    var phase = Phase.waiting
    var startedAt: Timestamp?
    var completedAt: Timestamp?
    var error: String?
    var operations: [OperationRecord]
    var checkpoints: [Checkpoint] = []
    /// Counts completions; gives the order in which to undo.
    var completions = 0
    /// Grows with every change.
    var revision = 0

    init(id: BatchID, definition: BatchDefinition, sequence: Int, createdAt: Timestamp) {
        self.id = id
        self.definition = definition
        self.sequence = sequence
        self.createdAt = createdAt
        operations = definition.operations.map { OperationRecord(id: $0.id, itemCount: $0.items.count) }
    }

    /// 0 to 1: the share of operations that have ended.
    var progress: Double {
        Double(operations.count { $0.status.hasEnded }) / Double(max(1, operations.count))
    }

    /// By what the things that an operation made are known as its own.
    func tag(_ operation: String, _ item: Int) -> TaskID { "\(id)/\(operation)/\(item)" }
}

/// What is known of one operation.
struct OperationRecord: Sendable, Codable, Hashable {
    /// What of an operation is left in the world.
    enum Residue: String, Sendable, Codable {
        case nothing
        /// What it was to make, or a part that may stay.
        case kept
        /// What a kill or a failed undoing left: it must go.
        case dirty
    }

    /// How to undo one item.
    enum Undoing: Sendable, Codable, Hashable {
        case nothing
        case work([Work])
        case impossible(reason: String)
    }

    let id: String
    let itemCount: Int
    var status = OperationStatus.pending
    var attempts = 0
    var interruptions = 0
    /// Not to be started before that time.
    var notBefore: Timestamp?
    var startedAt: Timestamp?
    var completedAt: Timestamp?
    var error: String?
    /// Items that are done.
    var itemsDone = 0
    var output: String?
    var residue = Residue.nothing
    /// Its place in the order of completions.
    var order: Int?
    /// Made before the first attempt, when the world still is what it was; nil before that.
    var undoing: [Undoing]?
    /// Why it could not be undone.
    var undoError: String?
}

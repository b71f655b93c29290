import PlatformService

/// A task as it is kept on disk: what callers see, what is to be done, and how often it may be tried.
struct TaskRecord: Sendable, Codable, Hashable {
    var task: WorkflowTask
    /// What is to be done.
    let work: Work
    /// How often a failing task is started at most.
    let maximumAttempts: Int
    /// Order of arrival: decides between tasks of one priority.
    let sequence: Int
    /// Not to be started before that time: set between two attempts.
    var notBefore: Timestamp?
    /// True once somebody cancelled the task while it ran.
    var cancelRequested = false
    /// How often the orchestrator ended while the task ran.
    var interruptions = 0
    /// Grows with every change: says which of two states is the newer one.
    var revision = 0

    var id: TaskID { task.id }
}

/// How one attempt of a task ended.
enum AttemptOutcome: Sendable, Hashable {
    case completed(output: String)
    case failed(reason: String, output: String)
    /// It was stopped, and what it had done was undone.
    case stopped(output: String)
}

import FleetModel

/// What the agent tells a worker: one JSON object a line.
enum WorkerCommand: Hashable, Sendable, Codable {
    /// Start this, supervise it, and report.
    case run(WorkerRequest)
    /// Stop what runs.
    case cancel(reason: String)
}

/// One process to start and to supervise.
///
/// Its description shows neither environment nor input, which may hold secrets.
struct WorkerRequest: Hashable, Sendable, Codable, CustomStringConvertible {
    var executable: String
    var arguments: [String]
    var environment: [String: String]
    var workingDirectory: String
    /// What it reads on standard input; nothing when nil.
    var input: String?
    /// Whether it says a verdict on descriptor 3.
    var hasVerdict: Bool
    /// How long it may run.
    var seconds: Double
    /// How long it may go on after SIGTERM when its time is over.
    var graceSeconds: Double
    /// How much it yields to others, from 0 to 19.
    var niceness = 0

    var description: String { "\(executable) in \(workingDirectory)" }
}

/// What a worker says when a process and everything that it started are gone.
struct WorkerReport: Hashable, Sendable, Codable {
    /// Why it ended.
    enum Ending: Hashable, Sendable, Codable {
        case exited(status: Int32)
        case signaled(signal: Int32)
        /// Its time was over.
        case timeLimit
        /// It was stopped by order.
        case cancelled(reason: String)
        /// It could not be started: nothing that the test can run is there.
        case noProgram(message: String)
        /// It could not be started: the host refused.
        case refused(message: String)
    }

    var ending: Ending
    var seconds: Double
    var output: BoundedText
    /// What it wrote to descriptor 3.
    var verdict: String?
    /// Processes that could not be killed.
    var leftovers: [String]
    /// The host's limit on memory, when a process was killed for it meanwhile.
    var exceededMemory: String?
}

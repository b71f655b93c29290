import PlatformService

/// Decides which task starts when: events in, actions out, no clock and no file.
///
/// Each task ends exactly once: an ended task is never started again, and a task is saved as running before it is
/// started. Actions are to be carried out in their order.
struct TaskQueue: Sendable {
    /// What the shell has to do.
    enum Action: Sendable, Hashable {
        /// Make this state of the task durable.
        case save(TaskRecord)
        /// Start an attempt.
        case start(TaskRecord)
        /// Stop the running attempt; its end is reported as ever.
        case stop(TaskID)
        /// Report `timePassed` at that time.
        case wake(at: Timestamp)
    }

    /// Back-off between attempts, in seconds: doubles from the first to the limit.
    static let firstDelay = 0.5
    static let longestDelay = 30.0
    /// A task during which the orchestrator ended this often is not tried again: it may be what ends it.
    static let maximumInterruptions = 3

    private(set) var records: [TaskID: TaskRecord] = [:]
    private let width: Int
    /// True once the orchestrator ends.
    private(set) var isClosing = false

    /// An empty queue that runs at most `width` tasks at once.
    init(width: Int) { self.width = width }

    /// Tasks in their order of arrival.
    var all: [TaskRecord] { records.values.sorted { $0.sequence < $1.sequence } }
    /// The number for the next task's `sequence`.
    var nextSequence: Int { (records.values.map(\.sequence).max() ?? 0) + 1 }
    /// How many tasks run.
    var runningCount: Int { records.values.count { $0.task.status == .running } }

    /// Takes what the store held when the orchestrator started; tasks that ran then were interrupted.
    mutating func restore(_ stored: [TaskRecord], now: Timestamp) -> [Action] {
        for record in stored { records[record.id] = record }
        var actions: [Action] = []
        for record in stored.sorted(by: { $0.sequence < $1.sequence }) where record.task.status == .running {
            actions += interrupted(record, now: now)
        }
        return actions + startDue(now: now)
    }

    /// Takes a new task, which has been saved.
    mutating func submit(_ record: TaskRecord, now: Timestamp) -> [Action] {
        records[record.id] = record
        return startDue(now: now)
    }

    /// An attempt ended.
    mutating func ended(_ id: TaskID, _ outcome: AttemptOutcome, now: Timestamp) -> [Action] {
        guard let record = records[id], record.task.status == .running else { return [] }
        let saved: [Action]
        switch outcome {
        case .completed(let output):
            saved = finish(record, .completed, output: output, error: nil, now: now)
        case .failed(let reason, let output):
            saved = failed(record, reason: reason, output: output, now: now)
        case .stopped(let output) where record.cancelRequested:
            saved = finish(record, .cancelled, output: output, error: "it was cancelled while it ran", now: now)
        case .stopped:
            saved = interrupted(record, now: now)
        }
        return saved + startDue(now: now)
    }

    /// Somebody wants a task to end; nil when it has ended already or does not exist.
    mutating func cancel(_ id: TaskID, now: Timestamp) -> [Action]? {
        guard var record = records[id] else { return nil }
        switch record.task.status {
        case .pending:
            return finish(record, .cancelled, output: nil, error: "it was cancelled before it ran", now: now)
                + startDue(now: now)
        case .running:
            record.cancelRequested = true
            records[id] = record
            return [.save(record), .stop(id)]
        case .completed, .failed, .cancelled:
            return nil
        }
    }

    /// A time that `wake` asked for has come.
    mutating func timePassed(now: Timestamp) -> [Action] { startDue(now: now) }

    /// The orchestrator ends: nothing is started any more, what runs is stopped and stays in the queue.
    mutating func close() -> [Action] {
        isClosing = true
        return all.filter { $0.task.status == .running }.map { .stop($0.id) }
    }
}

extension TaskQueue {
    private mutating func startDue(now: Timestamp) -> [Action] {
        var actions = failDependents(now: now)
        guard !isClosing else { return actions }
        var free = width - runningCount
        let pending = records.values.filter { $0.task.status == .pending }
            .sorted { ($1.task.priority, $0.sequence) < ($0.task.priority, $1.sequence) }
        for var record in pending where free > 0 && isDue(record, now: now) {
            record.task.status = .running
            record.task.startedAt = now
            record.task.attempts += 1
            record.notBefore = nil
            records[record.id] = record
            actions += [.save(record), .start(record)]
            free -= 1
        }
        if let next = pending.compactMap(\.notBefore).filter({ $0 > now }).min() { actions.append(.wake(at: next)) }
        return actions
    }

    private func isDue(_ record: TaskRecord, now: Timestamp) -> Bool {
        if let notBefore = record.notBefore, notBefore > now { return false }
        return record.task.dependencies.allSatisfy { records[$0]?.task.status == .completed }
    }

    /// Ends the tasks whose dependencies cannot be completed any more, through all levels.
    private mutating func failDependents(now: Timestamp) -> [Action] {
        var actions: [Action] = []
        for record in all where record.task.status == .pending {
            // Dependencies are older than their dependents, so one pass in order of arrival reaches every level.
            let lost = record.task.dependencies.first { id in
                guard let status = records[id]?.task.status else { return true }
                return status == .failed || status == .cancelled
            }
            guard let lost else { continue }
            let state = records[lost]?.task.status.rawValue ?? "unknown"
            actions += finish(
                record, .failed, output: nil, error: "the task \(lost) that it depends on is \(state)", now: now)
        }
        return actions
    }

    private mutating func failed(
        _ record: TaskRecord, reason: String, output: String, now: Timestamp
    ) -> [Action] {
        // An attempt that the orchestrator's own end cut short is not one of those that the caller allowed.
        let tries = record.task.attempts - record.interruptions
        guard tries < record.maximumAttempts, !record.cancelRequested else {
            let text = tries > 1 ? "attempt \(tries) of \(record.maximumAttempts): \(reason)" : reason
            return finish(record, record.cancelRequested ? .cancelled : .failed, output: output, error: text, now: now)
        }
        var record = record
        record.task.status = .pending
        record.task.error = "attempt \(tries) of \(record.maximumAttempts): \(reason)"
        record.notBefore = now.advanced(seconds: Self.delay(afterAttempt: tries))
        records[record.id] = record
        return [.save(record)]
    }

    private mutating func interrupted(_ record: TaskRecord, now: Timestamp) -> [Action] {
        var record = record
        record.interruptions += 1
        if record.cancelRequested {
            return finish(record, .cancelled, output: nil, error: "it was cancelled while it ran", now: now)
        }
        guard record.interruptions < Self.maximumInterruptions else {
            let error =
                "the orchestrator ended \(record.interruptions) times while this task ran; it is not tried again"
            return finish(record, .failed, output: nil, error: error, now: now)
        }
        record.task.status = .pending
        records[record.id] = record
        return [.save(record)]
    }

    private mutating func finish(
        _ record: TaskRecord, _ status: TaskStatus, output: String?, error: String?, now: Timestamp
    ) -> [Action] {
        var record = record
        record.task.status = status
        record.task.completedAt = now
        record.task.output = output
        record.task.error = error
        record.notBefore = nil
        records[record.id] = record
        return [.save(record)]
    }

    static func delay(afterAttempt attempt: Int) -> Double {
        (1..<max(1, min(attempt, 16))).reduce(firstDelay) { delay, _ in min(longestDelay, delay * 2) }
    }
}

import PlatformService

/// Decides which task starts when: events in, actions out, no clock and no file.
///
/// Each task ends exactly once: an ended task is never started again, and a task is saved as running before it is
/// started. Actions are to be carried out in their order. No event looks at more tasks than it concerns.
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
    /// How many tasks are in each state.
    private(set) var counts: [TaskStatus: Int] = [:]
    private(set) var running: Set<TaskID> = []
    /// True once the orchestrator ends.
    private(set) var isClosing = false

    let width: Int
    private var lastSequence = 0
    /// Tasks that could start now. Ended ones stay until their turn comes.
    private var ready = PriorityHeap<ReadyTask>()
    /// Tasks between two attempts. Ended ones stay until their time comes.
    private var delayed = PriorityHeap<DelayedTask>()
    /// Who waits for a task.
    private var dependents: [TaskID: [TaskID]] = [:]
    /// How many tasks somebody waits for; without an entry, none.
    private(set) var openDependencies: [TaskID: Int] = [:]
    private var nextWake: Timestamp?

    /// An empty queue that runs at most `width` tasks at once.
    init(width: Int) { self.width = width }

    /// The number for a new task's `sequence`, each time another one.
    mutating func takeSequence() -> Int {
        lastSequence += 1
        return lastSequence
    }

    /// Takes what the store held when the orchestrator started; tasks that ran then were interrupted.
    mutating func restore(_ stored: [TaskRecord], now: Timestamp) -> [Action] {
        let stored = stored.sorted { $0.sequence < $1.sequence }
        for record in stored {
            set(record)
            lastSequence = max(lastSequence, record.sequence)
        }
        var actions: [Action] = []
        for record in stored {
            switch record.task.status {
            case .pending: actions += enqueue(record.id, now: now)
            case .running: actions += interrupted(record, now: now)
            case .completed, .failed, .cancelled: break
            }
        }
        return actions + startDue(now: now)
    }

    /// Takes a new task, which has been saved.
    mutating func submit(_ record: TaskRecord, now: Timestamp) -> [Action] {
        set(record)
        lastSequence = max(lastSequence, record.sequence)
        return enqueue(record.id, now: now) + startDue(now: now)
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
            return [.save(set(record)), .stop(id)]
        case .completed, .failed, .cancelled:
            return nil
        }
    }

    /// A time that `wake` asked for has come.
    mutating func timePassed(now: Timestamp) -> [Action] {
        nextWake = nil
        return startDue(now: now)
    }

    /// The orchestrator ends: nothing is started any more, what runs is stopped and stays in the queue.
    mutating func close() -> [Action] {
        isClosing = true
        return running.sorted().map { .stop($0) }
    }

    /// Seconds from the end of that attempt to the next one.
    static func delay(afterAttempt attempt: Int) -> Double {
        (1..<max(1, min(attempt, 16))).reduce(firstDelay) { delay, _ in min(longestDelay, delay * 2) }
    }
}

extension TaskQueue {
    /// Puts a pending task where it belongs: to those that can start, to those that wait for a time or a task, or to the
    /// failed ones, because it waits for what cannot be completed any more.
    private mutating func enqueue(_ id: TaskID, now: Timestamp) -> [Action] {
        guard let record = records[id] else { return [] }
        var open = 0
        for dependency in Set(record.task.dependencies) {
            switch records[dependency]?.task.status {
            case .completed: continue
            case .pending, .running:
                open += 1
                dependents[dependency, default: []].append(id)
            case .failed, .cancelled, nil: return fail(record, because: dependency, now: now)
            }
        }
        openDependencies[id] = open == 0 ? nil : open
        if open == 0 { line(up: record, now: now) }
        return []
    }

    /// A task that waits for no other one.
    private mutating func line(up record: TaskRecord, now: Timestamp) {
        if let time = record.notBefore, time > now {
            delayed.push(DelayedTask(time: time, id: record.id))
        } else {
            ready.push(ReadyTask(priority: record.task.priority, sequence: record.sequence, id: record.id))
        }
    }

    private mutating func startDue(now: Timestamp) -> [Action] {
        guard !isClosing else { return [] }
        while let due = delayed.first, due.time <= now {
            _ = delayed.pop()
            if let record = pending(due.id) { line(up: record, now: now) }
        }
        var actions: [Action] = []
        while running.count < width, let next = ready.pop() {
            guard var record = pending(next.id) else { continue }
            record.task.status = .running
            record.task.startedAt = now
            record.task.attempts += 1
            record.notBefore = nil
            let started = set(record)
            actions += [.save(started), .start(started)]
        }
        if let next = delayed.first, nextWake.map({ next.time < $0 }) ?? true {
            nextWake = next.time
            actions.append(.wake(at: next.time))
        }
        return actions
    }

    private func pending(_ id: TaskID) -> TaskRecord? {
        records[id].flatMap { $0.task.status == .pending ? $0 : nil }
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
        let waiting = set(record)
        line(up: waiting, now: now)
        return [.save(waiting)]
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
        let waiting = set(record)
        line(up: waiting, now: now)
        return [.save(waiting)]
    }

    /// Ends a task, and with it those that can no longer be completed, through all levels.
    private mutating func finish(
        _ record: TaskRecord, _ status: TaskStatus, output: String?, error: String?, now: Timestamp
    ) -> [Action] {
        var record = record
        record.task.status = status
        record.task.completedAt = now
        record.task.output = output
        record.task.error = error
        record.notBefore = nil
        var actions: [Action] = [.save(set(record))]
        openDependencies[record.id] = nil
        for id in dependents.removeValue(forKey: record.id) ?? [] {
            guard let waiting = pending(id) else { continue }
            guard status == .completed else {
                actions += fail(waiting, because: record.id, now: now)
                continue
            }
            let open = (openDependencies[id] ?? 1) - 1
            openDependencies[id] = open == 0 ? nil : open
            if open == 0 { line(up: waiting, now: now) }
        }
        return actions
    }

    private mutating func fail(_ record: TaskRecord, because dependency: TaskID, now: Timestamp) -> [Action] {
        let state = records[dependency]?.task.status.rawValue ?? "unknown"
        let error = "the task \(dependency) that it depends on is \(state)"
        return finish(record, .failed, output: nil, error: error, now: now)
    }

    /// Enters a state of a task, and counts.
    @discardableResult
    private mutating func set(_ record: TaskRecord) -> TaskRecord {
        var record = record
        if let old = records[record.id] {
            counts[old.task.status, default: 0] -= 1
            record.revision = old.revision + 1
        }
        counts[record.task.status, default: 0] += 1
        records[record.id] = record
        if record.task.status == .running { running.insert(record.id) } else { running.remove(record.id) }
        return record
    }
}

/// A task in the order of starting: the higher priority, then the older one.
private struct ReadyTask: Comparable, Sendable {
    let priority: Int
    let sequence: Int
    let id: TaskID

    static func < (left: ReadyTask, right: ReadyTask) -> Bool {
        (right.priority, left.sequence) < (left.priority, right.sequence)
    }
}

/// A task in the order of its time.
private struct DelayedTask: Comparable, Sendable {
    let time: Timestamp
    let id: TaskID

    static func < (left: DelayedTask, right: DelayedTask) -> Bool { left.time < right.time }
}

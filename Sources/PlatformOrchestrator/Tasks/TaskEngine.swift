import FleetSystem
import Logging
import PlatformService

/// Runs tasks: carries out what the queue decides, keeps the store, and answers questions.
actor TaskEngine {
    /// Does the work of one attempt. It never throws: an error is an outcome.
    typealias Performer = @Sendable (TaskRecord) async -> AttemptOutcome

    private var queue: TaskQueue
    private let store: TaskStore
    private let perform: Performer
    private let logger: Logger
    // One for each running attempt; `waitForAttempts` waits for them all.
    private var attempts: [TaskID: Task<Void, Never>] = [:]
    // Sleeps until the next back-off ends; replaced by an earlier one, cancelled by `close`.
    private var timer: Task<Void, Never>?

    init(width: Int, store: TaskStore, logger: Logger, perform: @escaping Performer) {
        queue = TaskQueue(width: width)
        self.store = store
        self.perform = perform
        self.logger = logger
    }

    /// Takes up what the store holds: tasks that waited go on waiting, tasks that ran are queued again.
    func start() throws {
        let stored = try store.load()
        for name in stored.damaged {
            logger.error("a task's file cannot be read; it is left where it is", metadata: ["file": "\(name)"])
        }
        carryOut(queue.restore(stored.records, now: .now()))
    }

    /// Stops what runs, and lets callers who wait go; the tasks stay in the queue of the store. More than once is harmless.
    func close() {
        timer?.cancel()
        carryOut(queue.close())
    }

    /// Waits until what ran has undone what it did, at most so long: what is left is what a kill leaves, and the next
    /// start deals with it.
    func waitForAttempts(within limit: Duration) async {
        _ = await Waiting.until(within: limit) { attempts.isEmpty }
    }

    /// Takes a new task; when this returns it is durable. Throws when a dependency is unknown or the disk refuses.
    func submit(_ order: TaskOrder) throws -> TaskID {
        let unknown = order.dependencies.first { queue.records[$0] == nil }
        if let unknown { throw PlatformError(.invalid, "dependencies: there is no task \(unknown)") }
        let record = order.record(sequence: queue.nextSequence, now: .now())
        logger.info("task submitted", metadata: ["task": "\(record.id)", "name": "\(record.task.name)"])
        try store.save(record)
        carryOut(queue.submit(record, now: .now()))
        return record.id
    }

    /// One task, or nil.
    func task(_ id: TaskID) -> WorkflowTask? { queue.records[id.lowercased()]?.task }

    /// Tasks in order of arrival.
    func tasks(_ status: TaskStatus?) -> [WorkflowTask] {
        queue.all.map(\.task).filter { status == nil || $0.status == status }
    }

    /// Cancels a task. Throws when there is none or it has ended.
    func cancel(_ id: TaskID) throws {
        let id = id.lowercased()
        guard let record = queue.records[id] else { throw PlatformError(.notFound, "there is no task \(id)") }
        guard let actions = queue.cancel(id, now: .now()) else {
            let state = record.task.status.rawValue
            throw PlatformError(.conflict, "the task \(id) is \(state): it has ended and cannot be cancelled")
        }
        carryOut(actions)
    }

    /// Returns when the task has ended or the time is over.
    func waitForEnd(of id: TaskID, seconds: Double) async {
        _ = await Waiting.until(within: .seconds(seconds), every: .milliseconds(25)) {
            queue.isClosing || queue.records[id]?.task.status.isFinal != false
        }
    }
}

extension TaskEngine {
    private func carryOut(_ actions: [TaskQueue.Action]) {
        var unsaved: Set<TaskID> = []
        for action in actions {
            switch action {
            case .save(let record):
                if !isSaved(record) { unsaved.insert(record.id) }
            case .start(let record) where unsaved.contains(record.id):
                // What is not known to run must not run: after a kill it would run a second time.
                let reason = "its state could not be saved; see the orchestrator's log"
                carryOut(queue.ended(record.id, .failed(reason: reason, output: ""), now: .now()))
            case .start(let record): begin(record)
            case .stop(let id): attempts[id]?.cancel()
            case .wake(let time): wake(at: time)
            }
        }
    }

    private func isSaved(_ record: TaskRecord) -> Bool {
        do {
            try store.save(record)
            return true
        } catch {
            logger.critical("a task's state cannot be saved", metadata: ["error": "\(words(of: error))"])
            return false
        }
    }

    private func begin(_ record: TaskRecord) {
        logger.info("task started", metadata: ["task": "\(record.id)", "attempt": "\(record.task.attempts)"])
        let perform = self.perform
        // `waitForAttempts` waits for it.
        attempts[record.id] = Task {
            let outcome = await perform(record)
            self.ended(record.id, outcome)
        }
    }

    private func ended(_ id: TaskID, _ outcome: AttemptOutcome) {
        attempts[id] = nil
        carryOut(queue.ended(id, outcome, now: .now()))
        let status = queue.records[id]?.task.status.rawValue ?? "unknown"
        logger.info("task attempt ended", metadata: ["task": "\(id)", "status": "\(status)"])
    }

    private func wake(at time: Timestamp) {
        timer?.cancel()
        // Cancelled by `close`, and by the next `wake`.
        timer = Task {
            let seconds = max(0, time.seconds(since: .now()))
            do { try await Task.sleep(for: .seconds(seconds)) } catch { return }
            self.carryOut(self.queue.timePassed(now: .now()))
        }
    }
}

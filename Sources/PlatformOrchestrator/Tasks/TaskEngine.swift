import FleetSystem
import Logging
import PlatformService

/// Runs tasks: carries out what the queue decides, keeps the store, and answers questions.
///
/// Callers see a state of a task when it is durable, not before: what somebody was told once is never taken back by a kill.
actor TaskEngine {
    /// Does the work of one attempt. It never throws: an error is an outcome.
    typealias Performer = @Sendable (TaskRecord) async -> AttemptOutcome

    private var queue: TaskQueue
    private let table: RecordTable<TaskRecord>
    private let events: EventHub
    private let perform: Performer
    private let logger: Logger
    /// The durable states, and their order of arrival.
    private var published: [TaskID: TaskRecord] = [:]
    private var arrivals: [TaskID] = []
    // One for each running attempt; `waitForAttempts` waits for them all.
    private var attempts: [TaskID: Task<Void, Never>] = [:]
    /// Fulfilled when the task has ended, or the orchestrator ends.
    private var waiters: [TaskID: OneShot<Void>] = [:]
    // Sleeps until the next back-off ends; replaced by an earlier one, cancelled by `close`.
    private var timer: Task<Void, Never>?

    private init(
        width: Int, table: RecordTable<TaskRecord>, events: EventHub, logger: Logger, perform: @escaping Performer
    ) {
        queue = TaskQueue(width: width)
        self.table = table
        self.events = events
        self.perform = perform
        self.logger = logger
    }

    /// Opens the store of that file. Nothing runs before `start`.
    static func open(
        _ path: String, width: Int, events: EventHub, logger: Logger, perform: @escaping Performer
    ) async throws -> TaskEngine {
        let (table, stored) = try RecordTable<TaskRecord>.open(path)
        let engine = TaskEngine(width: width, table: table, events: events, logger: logger, perform: perform)
        await engine.take(Array(stored.values))
        return engine
    }

    /// Takes up what the store holds: tasks that waited go on waiting, tasks that ran are queued again.
    func start() { carryOut(queue.restore(Array(published.values), now: .now())) }

    /// Stops what runs, and lets callers who wait go; the tasks stay in the queue of the store. More than once is harmless.
    func close() {
        timer?.cancel()
        carryOut(queue.close())
        for waiter in waiters.values { waiter.fulfil(()) }
    }

    /// Waits until what ran has undone what it did, at most so long, and until all is on the disk: what is left is what a
    /// kill leaves, and the next start deals with it.
    func waitForAttempts(within limit: Duration) async {
        _ = await Waiting.until(within: limit) { attempts.isEmpty }
        await table.close()
    }

    /// Takes a new task; when this returns it is durable. Throws when a dependency is unknown or the disk refuses.
    func submit(_ order: TaskOrder) async throws -> TaskID {
        let unknown = order.dependencies.first { queue.records[$0] == nil }
        if let unknown { throw PlatformError(.invalid, "dependencies: there is no task \(unknown)") }
        let record = order.record(sequence: queue.takeSequence(), now: .now())
        try await table.write(record, for: record.id)
        logger.info("task submitted", metadata: ["task": "\(record.id)", "name": "\(record.task.name)"])
        publish([record])
        carryOut(queue.submit(record, now: .now()))
        return record.id
    }

    /// Cancels a task; when this returns that is durable. Throws when there is none or it has ended.
    func cancel(_ id: TaskID) async throws {
        let id = id.lowercased()
        guard let record = queue.records[id] else { throw PlatformError(.notFound, "there is no task \(id)") }
        guard let actions = queue.cancel(id, now: .now()) else {
            let state = record.task.status.rawValue
            throw PlatformError(.conflict, "the task \(id) is \(state): it has ended and cannot be cancelled")
        }
        if let saving = carryOut(actions) { await saving.value }
    }
}

extension TaskEngine {
    /// One task, or nil.
    func task(_ id: TaskID) -> WorkflowTask? { published[id.lowercased()]?.task }

    /// What a task is to do.
    func work(of id: TaskID) -> Work? { published[id.lowercased()]?.work }

    /// Tasks in order of arrival: of one state or of all, from the given one on.
    func tasks(_ status: TaskStatus?, offset: Int = 0, limit: Int = .max) -> [WorkflowTask] {
        let wanted = arrivals.lazy.compactMap { self.published[$0]?.task }.filter {
            status == nil || $0.status == status
        }
        return Array(wanted.dropFirst(offset).prefix(limit))
    }

    /// How many tasks are in each state.
    var counts: [TaskStatus: Int] { queue.counts }

    /// What the queue looks like now.
    var overview: QueueOverview { queue.overview }

    /// Why the last state could not be saved; nil when all is well.
    var storeProblem: String? { table.problem }

    /// Returns when the task has ended or the time is over.
    func waitForEnd(of id: TaskID, seconds: Double) async {
        guard let task = published[id]?.task, !task.status.isFinal, !queue.isClosing else { return }
        let waiter = waiters[id] ?? OneShot()
        waiters[id] = waiter
        _ = await waiter.value(within: .seconds(seconds))
    }

    /// Every durable record, for a backup.
    var records: [TaskRecord] { arrivals.compactMap { published[$0] } }
}

extension TaskEngine {
    /// Takes tasks of a backup that are not here; those that had not ended are queued. Returns how many there were.
    func adopt(_ records: [TaskRecord]) async throws -> Int {
        let missing = records.filter { queue.records[$0.id] == nil }
        guard !missing.isEmpty else { return 0 }
        let actions = queue.restore(missing, now: .now())
        try await table.keep(missing.map { ($0.id, $0) }).value().get()
        publish(missing)
        if let saving = carryOut(actions) { await saving.value }
        return missing.count
    }

    private func take(_ records: [TaskRecord]) {
        for record in records.sorted(by: { $0.sequence < $1.sequence }) {
            published[record.id] = record
            arrivals.append(record.id)
        }
    }

    /// Carries actions out: what has to be saved is saved first. Returns what ends when that has been done; nil if nothing was.
    @discardableResult
    private func carryOut(_ actions: [TaskQueue.Action]) -> Task<Void, Never>? {
        var saved: [TaskRecord] = []
        var started: [TaskRecord] = []
        for action in actions {
            switch action {
            case .save(let record): saved.append(record)
            case .start(let record): started.append(record)
            case .stop(let id): attempts[id]?.cancel()
            case .wake(let time): wake(at: time)
            }
        }
        guard !saved.isEmpty else { return nil }
        let ticket = table.keep(saved.map { ($0.id, $0) })
        // Ends with the write, or with the store. What is not known to run must not run: after a kill it would run twice.
        return Task { [saved, started] in
            guard case .success = await ticket.value() else { return }
            self.publish(saved)
            for record in started { self.begin(record) }
        }
    }

    /// Shows durable states to callers. Writes are made in order, but their ends may be noticed in another one.
    private func publish(_ records: [TaskRecord]) {
        for record in records {
            if let old = published[record.id] {
                guard record.revision > old.revision else { continue }
            } else {
                arrive(record)
            }
            published[record.id] = record
            events.post(.task(record.task))
            if record.task.status.isFinal { waiters.removeValue(forKey: record.id)?.fulfil(()) }
        }
    }

    /// Enters a new task; it is the newest, or nearly.
    private func arrive(_ record: TaskRecord) {
        var index = arrivals.count
        while index > 0, let before = published[arrivals[index - 1]], before.sequence > record.sequence { index -= 1 }
        arrivals.insert(record.id, at: index)
    }

    private func begin(_ record: TaskRecord) {
        // While its state was being saved, somebody may have cancelled it, or us.
        guard !queue.isClosing, queue.records[record.id]?.cancelRequested == false else {
            return ended(record.id, .stopped(output: ""))
        }
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

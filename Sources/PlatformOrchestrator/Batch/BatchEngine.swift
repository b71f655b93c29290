import FleetSystem
import Logging
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Runs batches: carries out what their machines decide, keeps the store, and answers questions.
///
/// As with tasks, callers see a state when it is durable, and nothing is begun before.
actor BatchEngine {
    /// Batches that are at work at once; the others wait for their turn.
    static let width = 8

    private let table: RecordTable<BatchRecord>
    private let performer: BatchPerformer
    private let events: EventHub
    private let logger: Logger
    private var machines: [BatchID: BatchStateMachine] = [:]
    private var published: [BatchID: BatchRecord]
    private var lastSequence: Int
    private var isClosing = false
    // One for each operation that is planned, done or undone; `waitForWork` waits for them all.
    private var work: [WorkKey: Task<Void, Never>] = [:]
    /// Operations that are to be stopped before they have begun.
    private var stopped: Set<WorkKey> = []
    // One for each batch that waits for the time of an attempt; replaced by the next one, cancelled by `close`.
    private var timers: [BatchID: Task<Void, Never>] = [:]

    private struct WorkKey: Hashable {
        let batch: BatchID
        let operation: String
    }

    /// Opens the store of that file. Nothing runs before `start`.
    init(_ path: String, performer: BatchPerformer, events: EventHub, logger: Logger) throws {
        let (table, stored) = try RecordTable<BatchRecord>.open(path)
        self.table = table
        self.performer = performer
        self.events = events
        self.logger = logger
        published = stored
        machines = stored.mapValues { BatchStateMachine($0) }
        lastSequence = stored.values.map(\.sequence).max() ?? 0
    }

    /// Goes on with every batch that had not ended.
    func start() {
        for record in all where record.phase != .ended && record.phase != .waiting { handle(record.id, .restored) }
        beginNext()
    }

    /// Stops what runs; the next start goes on with it.
    func close() {
        isClosing = true
        for timer in timers.values { timer.cancel() }
        for task in work.values { task.cancel() }
    }

    /// Waits until what ran has undone what it did, at most so long, and until all is on the disk.
    func waitForWork(within limit: Duration) async {
        _ = await Waiting.until(within: limit) { work.isEmpty }
        await table.close()
    }

    /// Takes a new batch; when this returns it is durable.
    func submit(_ definition: BatchDefinition) async throws -> BatchRecord {
        lastSequence += 1
        let record = BatchRecord(
            id: UUID().uuidString.lowercased(), definition: definition, sequence: lastSequence, createdAt: .now())
        try await table.write(record, for: record.id)
        machines[record.id] = BatchStateMachine(record)
        publish(record)
        beginNext()
        return published[record.id] ?? record
    }

    /// Does what somebody asks for; when this returns that is durable. Throws when the batch is not in a state for it.
    func ask(_ event: BatchStateMachine.Event, of id: BatchID) async throws -> BatchRecord {
        guard var machine = machines[id] else { throw PlatformError(.notFound, "there is no batch \(id)") }
        let actions = try machine.handle(event, now: .now())
        await take(machine, actions).value
        return published[id] ?? machine.record
    }
}

extension BatchEngine {
    /// Every batch, the oldest first.
    var all: [BatchRecord] { published.values.sorted { $0.sequence < $1.sequence } }

    /// One batch, or nil.
    func batch(_ id: BatchID) -> BatchRecord? { published[id] }

    /// Tags of what operations have begun to make and not ended.
    var unfinished: Set<TaskID> {
        Set(
            published.values.flatMap { record in
                record.operations.filter { !$0.status.hasEnded }.flatMap { operation in
                    (0..<operation.itemCount).map { record.tag(operation.id, $0) }
                }
            })
    }

    /// Takes batches of a backup that are not here; those that had not ended go on. Returns how many there were.
    func adopt(_ records: [BatchRecord]) async throws -> Int {
        let missing = records.filter { machines[$0.id] == nil }
        guard !missing.isEmpty else { return 0 }
        try await table.keep(missing.map { ($0.id, $0) }).value().get()
        for record in missing {
            machines[record.id] = BatchStateMachine(record)
            lastSequence = max(lastSequence, record.sequence)
            publish(record)
            if record.phase != .ended, record.phase != .waiting { handle(record.id, .restored) }
        }
        beginNext()
        return missing.count
    }
}

extension BatchEngine {
    /// Lets waiting batches begin, the oldest first, as far as there is room.
    private func beginNext() {
        guard !isClosing else { return }
        let records = machines.values.map(\.record)
        let room = Self.width - records.count { $0.phase != .ended && $0.phase != .waiting }
        let waiting = records.filter { $0.phase == .waiting }.sorted { $0.sequence < $1.sequence }
        for record in waiting.prefix(max(0, room)) { handle(record.id, .begin) }
    }

    private func handle(_ id: BatchID, _ event: BatchStateMachine.Event) {
        guard var machine = machines[id] else { return }
        do {
            let actions = try machine.handle(event, now: .now())
            take(machine, actions)
        } catch {
            // Only what callers ask for is ever refused, and that goes another way.
            logger.error("a batch refuses an event", metadata: ["batch": "\(id)", "error": "\(error)"])
        }
    }

    /// Saves the machine's record, then carries out what follows from it. Returns what ends when that has been begun.
    @discardableResult
    private func take(_ machine: BatchStateMachine, _ actions: [BatchStateMachine.Action]) -> Task<Void, Never> {
        let record = machine.record
        machines[record.id] = machine
        for case .stop(let operation) in actions {
            let key = WorkKey(batch: record.id, operation: operation)
            if let task = work[key] { task.cancel() } else { stopped.insert(key) }
        }
        let ticket = table.keep([(record.id, record)])
        // Ends with the write, or with the store.
        return Task {
            guard case .success = await ticket.value() else { return }
            self.publish(record)
            for action in actions { self.carryOut(action, record.id) }
            if record.phase == .ended { self.beginNext() }
        }
    }

    private func publish(_ record: BatchRecord) {
        guard record.revision >= published[record.id]?.revision ?? 0 else { return }
        published[record.id] = record
        events.post(.batch(record))
    }

    private func carryOut(_ action: BatchStateMachine.Action, _ id: BatchID) {
        guard !isClosing, let record = machines[id]?.record else { return }
        func operation(_ name: String) -> BatchOperation? { record.definition.operations.first { $0.id == name } }
        switch action {
        case .stop: break
        case .wake(let time): wake(id, at: time)
        case .plan(let name):
            guard let operation = operation(name), !isStopped(id, name) else { return }
            begin(id, name) { performer in .planned(name, await performer.plan(operation)) }
        case .start(let name):
            guard let operation = operation(name), !isStopped(id, name) else { return }
            logger.info("operation started", metadata: ["batch": "\(id)", "operation": "\(name)"])
            begin(id, name) { performer in .ended(name, await performer.perform(operation, of: record)) }
        case .undo(let name):
            guard let operation = operation(name) else { return }
            logger.info("operation is undone", metadata: ["batch": "\(id)", "operation": "\(name)"])
            begin(id, name) { performer in .undone(name, failure: await performer.undo(operation, of: record)) }
        }
    }

    /// True when an operation was to be stopped while its beginning was being saved; it has ended then.
    private func isStopped(_ id: BatchID, _ name: String) -> Bool {
        guard stopped.remove(WorkKey(batch: id, operation: name)) != nil else { return false }
        handle(id, .ended(name, OperationOutcome(end: .stopped)))
        return true
    }

    private func begin(
        _ id: BatchID, _ name: String, _ body: @escaping @Sendable (BatchPerformer) async -> BatchStateMachine.Event
    ) {
        let key = WorkKey(batch: id, operation: name)
        let performer = self.performer
        // `waitForWork` waits for it.
        work[key] = Task {
            let event = await body(performer)
            self.ended(key, event)
        }
    }

    private func ended(_ key: WorkKey, _ event: BatchStateMachine.Event) {
        work[key] = nil
        // What the orchestrator's own end cut short is begun again by its next start.
        if isClosing, case .ended(_, let outcome) = event, outcome.end == .stopped { return }
        handle(key.batch, event)
    }

    private func wake(_ id: BatchID, at time: Timestamp) {
        timers[id]?.cancel()
        // Cancelled by `close`, and by the next `wake` of the batch.
        timers[id] = Task {
            do { try await Task.sleep(for: .seconds(max(0, time.seconds(since: .now())))) } catch { return }
            self.handle(id, .timePassed)
        }
    }
}

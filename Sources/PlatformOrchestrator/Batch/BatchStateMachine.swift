import PlatformService

/// Decides what happens in a batch: events in, actions out, no clock and no file.
///
/// The record is saved before the actions that follow from it are carried out; after a kill `restored` goes on from there.
/// An operation is carried out again after a kill, and knows by its tag what it has made already.
struct BatchStateMachine: Sendable {
    /// What came to pass.
    enum Event: Sendable, Hashable {
        /// The batch's turn has come.
        case begin
        /// The orchestrator has started again.
        case restored
        /// How an operation can be undone, known before it begins.
        case planned(String, [OperationRecord.Undoing])
        case ended(String, OperationOutcome)
        /// An operation was undone; with a reason, it was not.
        case undone(String, failure: String?)
        case timePassed
        case cancel
        /// Everything, or what was completed after a checkpoint.
        case rollback(checkpoint: Int?)
        case resume
    }

    /// What the shell has to do, after it has saved the record.
    enum Action: Sendable, Hashable {
        /// Say how the operation can be undone.
        case plan(String)
        case start(String)
        case stop(String)
        case undo(String)
        /// Report `timePassed` at that time.
        case wake(at: Timestamp)
    }

    /// An operation during which the orchestrator ended this often is not tried again.
    static let maximumInterruptions = 3

    private(set) var record: BatchRecord
    /// The operation that is being undone; nobody is after a kill.
    private var beingUndone: String?

    /// The machine of a new batch, or of one that was stored.
    init(_ record: BatchRecord) { self.record = record }

    /// Takes an event. Throws when the batch is not in a state for what somebody asks for.
    mutating func handle(_ event: Event, now: Timestamp) throws(PlatformError) -> [Action] {
        record.revision += 1
        switch event {
        case .begin:
            record.status = .running
            record.phase = .working
            record.startedAt = now
        case .restored: restore(now: now)
        case .planned(let id, let undoing):
            change(id) { $0.undoing = undoing }
            guard isRunning(id) else { return [] }
            if record.phase == .working { return [.start(id)] }
            return end(id, OperationOutcome(end: .stopped), now: now) + proceed(now: now)
        case .ended(let id, let outcome): return end(id, outcome, now: now) + proceed(now: now)
        case .undone(let id, let failure): undone(id, failure)
        case .timePassed: break
        case .cancel: return try cancel(now: now) + proceed(now: now)
        case .rollback(let checkpoint): return try rollback(to: checkpoint, now: now) + proceed(now: now)
        case .resume: try resume(now: now)
        }
        return proceed(now: now)
    }
}

extension BatchStateMachine {
    /// Does whatever can be done in the present phase.
    private mutating func proceed(now: Timestamp) -> [Action] {
        switch record.phase {
        case .waiting, .ended: return []
        case .working:
            let actions = startDue(now: now)
            if record.operations.allSatisfy(\.status.hasEnded) { finish(nil, now: now) }
            return actions
        case .stopping(let goal):
            guard !record.operations.contains(where: { $0.status == .running }) else { return [] }
            for operation in record.operations where operation.status == .pending {
                change(operation.id) {
                    $0.status = .cancelled
                    $0.notBefore = nil
                }
            }
            record.phase = .undoing(goal)
            return proceed(now: now)
        case .undoing(let goal):
            guard beingUndone == nil else { return [] }
            guard let next = nextToUndo(goal) else {
                finish(goal, now: now)
                return []
            }
            beingUndone = next.id
            return [.undo(next.id)]
        }
    }

    /// Starts what may start: in the order of the definition, but what somebody would like to have first comes first.
    private mutating func startDue(now: Timestamp) -> [Action] {
        skipHopeless(now: now)
        var free = record.definition.parallelLimit - record.operations.count { $0.status == .running }
        var actions: [Action] = []
        let due = record.definition.operations.filter { operation in
            guard let state = self.operation(operation.id), state.status == .pending else { return false }
            return (state.notBefore.map { $0 <= now } ?? true) && operation.needs.allSatisfy(isMet)
        }
        let patient = due.filter { operation in
            operation.needs.contains { need in
                need.kind == .optional && self.operation(need.operation).map { !$0.status.hasEnded } ?? false
            }
        }
        for operation in due.filter({ !patient.contains($0) }) + patient where free > 0 {
            change(operation.id) {
                $0.status = .running
                $0.attempts += 1
                $0.startedAt = now
                $0.notBefore = nil
                $0.error = nil
            }
            free -= 1
            actions.append(self.operation(operation.id)?.undoing == nil ? .plan(operation.id) : .start(operation.id))
        }
        let next = record.operations.filter { $0.status == .pending }.compactMap(\.notBefore).filter { $0 > now }.min()
        if let next { actions.append(.wake(at: next)) }
        return actions
    }

    private func isMet(_ need: BatchOperation.Need) -> Bool {
        guard let status = operation(need.operation)?.status else { return true }
        return switch need.kind {
        case .hard: status == .completed
        case .soft: status.hasEnded
        case .optional: true
        }
    }

    /// Skips operations that need what cannot be completed any more, through all levels.
    private mutating func skipHopeless(now: Timestamp) {
        var isChanged = true
        while isChanged {
            isChanged = false
            for operation in record.definition.operations where self.operation(operation.id)?.status == .pending {
                let lost = operation.needs.first { need in
                    guard need.kind == .hard, let status = self.operation(need.operation)?.status else { return false }
                    return status.hasEnded && status != .completed
                }
                guard let lost, let state = self.operation(lost.operation)?.status.rawValue else { continue }
                change(operation.id) {
                    $0.status = .skipped
                    $0.completedAt = now
                    $0.error = "the operation \(lost.operation) that it needs is \(state)"
                }
                isChanged = true
            }
        }
    }

    private mutating func end(_ id: String, _ outcome: OperationOutcome, now: Timestamp) -> [Action] {
        guard isRunning(id), let definition = record.definition.operations.first(where: { $0.id == id }) else {
            return []
        }
        change(id) {
            $0.output = outcome.output
            $0.itemsDone = outcome.itemsDone
        }
        switch outcome.end {
        case .completed: complete(id, now: now)
        case .stopped:
            change(id) {
                $0.status = .cancelled
                $0.completedAt = now
                $0.error = "it was stopped"
            }
            leave(outcome.residue, of: id)
        case .failed(let reason):
            leave(outcome.residue, of: id)
            return failed(definition, reason, now: now)
        }
        return []
    }

    private mutating func complete(_ id: String, now: Timestamp) {
        change(id) {
            $0.status = .completed
            $0.completedAt = now
        }
        leave(.kept, of: id)
        let completed = record.operations.filter { $0.status == .completed }.sorted {
            ($0.order ?? 0) < ($1.order ?? 0)
        }
        guard completed.count % record.definition.rollback.checkpointInterval == 0 else { return }
        record.checkpoints.append(
            .init(
                number: record.checkpoints.count + 1, createdAt: now, completed: completed.map(\.id),
                floor: record.completions))
    }

    /// Notes what an operation left, and when.
    private mutating func leave(_ residue: OperationRecord.Residue, of id: String) {
        guard residue != .nothing else { return change(id) { $0.residue = .nothing } }
        record.completions += 1
        let order = record.completions
        change(id) {
            $0.residue = residue
            $0.order = order
        }
    }

    private mutating func failed(_ definition: BatchOperation, _ reason: String, now: Timestamp) -> [Action] {
        let tries = (operation(definition.id)?.attempts ?? 1) - (operation(definition.id)?.interruptions ?? 0)
        let allowed = definition.retry.maximumAttempts
        let words = allowed > 1 ? "attempt \(tries) of \(allowed): \(reason)" : reason
        if record.phase == .working, tries < allowed {
            change(definition.id) {
                $0.status = .pending
                $0.error = words
                $0.notBefore = now.advanced(seconds: definition.retry.delay(after: tries))
            }
            return []
        }
        change(definition.id) {
            $0.status = .failed
            $0.completedAt = now
            $0.error = words
        }
        record.error = record.error ?? "\(definition.id): \(words)"
        guard record.phase == .working else { return [] }
        switch definition.onFailure {
        case .continue: return []
        case .fail: return stop(.fail)
        case .rollback where !record.definition.rollback.isEnabled: return stop(.fail)
        case .rollback where record.definition.rollback.preserveSuccessful: return stop(.preserve)
        case .rollback: return stop(.rollback(floor: 0))
        }
    }

    /// Lets nothing new begin.
    private mutating func stop(_ goal: BatchRecord.Goal) -> [Action] {
        record.phase = .stopping(goal)
        guard goal != .fail else { return [] }
        return record.operations.filter { $0.status == .running }.map { .stop($0.id) }
    }

    /// The next operation to undo: the one that was completed last.
    private func nextToUndo(_ goal: BatchRecord.Goal) -> OperationRecord? {
        record.operations.filter { operation in
            guard operation.undoError == nil else { return false }
            return switch (operation.residue, goal) {
            case (.dirty, _): true
            case (.nothing, _), (.kept, .fail), (.kept, .preserve): false
            case (.kept, .cancel): true
            case (.kept, .rollback(let floor)): (operation.order ?? 0) > floor
            }
        }.max { ($0.order ?? 0) < ($1.order ?? 0) }
    }

    private mutating func undone(_ id: String, _ failure: String?) {
        beingUndone = nil
        change(id) { operation in
            if let failure {
                operation.undoError = failure
            } else {
                operation.residue = .nothing
                operation.order = nil
                if operation.status == .completed { operation.status = .rolledBack }
            }
        }
    }

    private mutating func finish(_ goal: BatchRecord.Goal?, now: Timestamp) {
        record.phase = .ended
        record.completedAt = now
        let left = record.operations.filter { $0.undoError != nil }
        let completed = record.operations.count { $0.status == .completed }
        switch goal {
        case nil, .preserve:
            let all = completed == record.operations.count
            record.status = all ? .completed : completed > 0 ? .partiallyCompleted : .failed
            if all { record.error = nil }
        case .fail: record.status = .failed
        case .cancel: record.status = .cancelled
        case .rollback(let floor): record.status = floor > 0 && completed > 0 ? .partiallyCompleted : .rolledBack
        }
        guard !left.isEmpty else { return }
        record.status = .failed
        let words = left.map { "\($0.id): \($0.undoError ?? "")" }.joined(separator: "; ")
        record.error = [record.error, "not undone: \(words)"].compactMap { $0 }.joined(separator: "; ")
    }
}

extension BatchStateMachine {
    private mutating func cancel(now: Timestamp) throws(PlatformError) -> [Action] {
        switch record.phase {
        case .waiting, .working:
            record.status = .running
            record.error = "it was cancelled"
            return stop(.cancel)
        case .stopping, .undoing: throw PlatformError(.conflict, "the batch \(record.id) is being ended already")
        case .ended: throw PlatformError(.conflict, "the batch \(record.id) is \(record.status.rawValue): it has ended")
        }
    }

    private mutating func rollback(to checkpoint: Int?, now: Timestamp) throws(PlatformError) -> [Action] {
        let known = record.checkpoints.first { $0.number == checkpoint }
        if let checkpoint, known == nil {
            throw PlatformError(.notFound, "the batch \(record.id) has no checkpoint \(checkpoint)")
        }
        let floor = known?.floor ?? 0
        switch record.phase {
        case .working: break
        case .ended:
            guard record.operations.contains(where: { $0.residue != .nothing }) else {
                throw PlatformError(
                    .conflict, "the batch \(record.id) is \(record.status.rawValue): there is nothing to roll back")
            }
            for operation in record.operations { change(operation.id) { $0.undoError = nil } }
            record.status = .running
            record.completedAt = nil
        case .waiting: throw PlatformError(.conflict, "the batch \(record.id) has not begun; cancel it")
        case .stopping, .undoing: throw PlatformError(.conflict, "the batch \(record.id) is being ended already")
        }
        record.checkpoints.removeAll { $0.floor > floor }
        return stop(.rollback(floor: floor))
    }

    /// Goes on with what is not completed. What a failed undoing left goes first, by doing it again.
    private mutating func resume(now: Timestamp) throws(PlatformError) {
        guard record.phase == .ended, record.status != .completed else {
            throw PlatformError(
                .conflict, "the batch \(record.id) is \(record.status.rawValue): there is nothing to resume")
        }
        for operation in record.operations where operation.status != .completed {
            change(operation.id) {
                $0.status = .pending
                $0.attempts = 0
                $0.interruptions = 0
                $0.notBefore = nil
                $0.completedAt = nil
                $0.error = nil
                $0.undoError = nil
            }
        }
        for operation in record.operations { change(operation.id) { $0.undoError = nil } }
        record.error = nil
        record.completedAt = nil
        record.status = .running
        record.phase = .working
    }

    /// After a kill: what ran is begun again where the batch goes on, and undone where it ends.
    private mutating func restore(now: Timestamp) {
        for operation in record.operations where operation.status == .running {
            change(operation.id) { $0.interruptions += 1 }
            guard record.phase == .working else {
                change(operation.id) {
                    $0.status = .cancelled
                    $0.completedAt = now
                    $0.error = "the orchestrator ended while it ran"
                }
                leave(.dirty, of: operation.id)
                continue
            }
            guard operation.interruptions + 1 >= Self.maximumInterruptions,
                let definition = record.definition.operations.first(where: { $0.id == operation.id })
            else {
                // It begins again and takes up what it left; if it cannot begin any more, that has to go.
                change(operation.id) { $0.status = .pending }
                leave(.dirty, of: operation.id)
                continue
            }
            leave(.dirty, of: operation.id)
            change(operation.id) { $0.attempts = definition.retry.maximumAttempts + $0.interruptions }
            let reason = "the orchestrator ended \(operation.interruptions + 1) times while it ran"
            // Nothing runs yet, so there is nothing to stop.
            _ = failed(definition, reason, now: now)
        }
    }

    private func operation(_ id: String) -> OperationRecord? { record.operations.first { $0.id == id } }

    private func isRunning(_ id: String) -> Bool { operation(id)?.status == .running }

    private mutating func change(_ id: String, _ body: (inout OperationRecord) -> Void) {
        guard let index = record.operations.firstIndex(where: { $0.id == id }) else { return }
        body(&record.operations[index])
    }
}

/// How one attempt of an operation ended.
struct OperationOutcome: Sendable, Hashable {
    /// In which way.
    enum End: Sendable, Hashable {
        case completed
        case failed(reason: String)
        case stopped
    }

    var end: End
    /// What it left.
    var residue = OperationRecord.Residue.nothing
    var itemsDone = 0
    var output = ""
}

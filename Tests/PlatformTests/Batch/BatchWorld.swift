import FleetTestSupport
import Foundation
import PlatformService

@testable import PlatformOrchestrator

/// A batch's machine with a world around it: what exists, what runs, and what must never happen.
struct BatchWorld {
    private(set) var machine: BatchStateMachine
    private(set) var now = Timestamp(Date(timeIntervalSince1970: 1_760_000_000))
    /// Operations that have left something.
    private(set) var things: Set<String> = []
    private(set) var running: Set<String> = []
    private(set) var undoing: String?
    private(set) var wakes: [Timestamp] = []
    /// In the order of beginning, and of undoing.
    private(set) var begun: [String] = []
    private(set) var undone: [String] = []
    /// What went wrong; stays empty.
    private(set) var faults: [String] = []
    private var depth = 0

    var record: BatchRecord { machine.record }

    init(_ definition: BatchDefinition) {
        let start = Timestamp(Date(timeIntervalSince1970: 1_760_000_000))
        machine = BatchStateMachine(BatchRecord(id: "b", definition: definition, sequence: 1, createdAt: start))
    }

    static func definition(
        _ needs: [(String, [BatchOperation.Need])], limit: Int = 5, rollback: BatchDefinition.Rollback = .init(),
        onFailure: (String) -> BatchOperation.OnFailure = { _ in .rollback }, retry: BatchOperation.Retry = .init()
    ) -> BatchDefinition {
        BatchDefinition(
            name: "test", version: "1.0.0", parallelLimit: limit, rollback: rollback,
            operations: needs.map { id, needs in
                let order = ServerOrder(infra: "i", servers: [id], checkMode: false, authorizedKeys: [])
                return BatchOperation(
                    id: id, items: [.init(name: id, work: .createServers(order))], needs: needs, isParallel: true,
                    timeout: 10, onFailure: onFailure(id), retry: retry)
            })
    }

    func status(_ id: String) -> OperationStatus? { record.operations.first { $0.id == id }?.status }

    /// Takes an event and carries out what follows. False when the machine refuses it.
    @discardableResult
    mutating func handle(_ event: BatchStateMachine.Event) -> Bool {
        do {
            depth += 1
            defer { depth -= 1 }
            carryOut(try machine.handle(event, now: now))
        } catch { return false }
        // Not before everything that follows has been carried out.
        if depth == 0 { check() }
        return true
    }

    /// An operation ends: completed, failed, or stopped.
    mutating func end(_ id: String, _ end: OperationOutcome.End) {
        running.remove(id)
        if end == .completed { things.insert(id) } else { things.remove(id) }
        handle(.ended(id, OperationOutcome(end: end, residue: .nothing)))
    }

    mutating func finishUndoing(failure: String? = nil) {
        guard let id = undoing else { return }
        undoing = nil
        if failure == nil {
            things.remove(id)
            undone.append(id)
        }
        handle(.undone(id, failure: failure))
    }

    mutating func pass(seconds: Double) {
        now = now.advanced(seconds: seconds)
        handle(.timePassed)
    }

    /// The orchestrator is killed and starts again: what ran may have left something.
    mutating func kill() {
        things.formUnion(running)
        running = []
        undoing = nil
        machine = BatchStateMachine(record)
        if record.phase != .waiting, record.phase != .ended { handle(.restored) }
    }

    private mutating func carryOut(_ actions: [BatchStateMachine.Action]) {
        for action in actions {
            switch action {
            case .plan(let id): handle(.planned(id, [.nothing]))
            case .start(let id):
                if !running.insert(id).inserted { faults.append("\(id) was started while it ran") }
                begun.append(id)
            case .stop(let id): if !running.contains(id) { faults.append("\(id) was stopped, but does not run") }
            case .undo(let id):
                if let undoing { faults.append("\(id) and \(undoing) are undone at once") }
                undoing = id
            case .wake(let time): wakes.append(time)
            }
        }
    }

    /// What holds at any time.
    private mutating func check() {
        let states = Dictionary(uniqueKeysWithValues: record.operations.map { ($0.id, $0) })
        let shown = Set(record.operations.filter { $0.status == .running }.map(\.id))
        if shown != running { faults.append("shown as running \(shown), runs \(running)") }
        if running.count > record.definition.parallelLimit { faults.append("\(running.count) run at once") }
        if undoing != nil, !running.isEmpty { faults.append("undone while \(running) run") }
        for operation in record.definition.operations where running.contains(operation.id) {
            for need in operation.needs {
                let other = states[need.operation]?.status
                if need.kind == .hard, other != .completed {
                    faults.append("\(operation.id) runs, \(need.operation) is not done")
                }
                if need.kind == .soft, other?.hasEnded == false {
                    faults.append("\(operation.id) runs before \(need.operation)")
                }
            }
        }
        guard record.phase == .ended else { return }
        if !running.isEmpty || undoing != nil { faults.append("it has ended, and something goes on") }
        let left = record.operations.contains { $0.undoError != nil }
        switch record.status {
        case .pending, .running: faults.append("it has ended as \(record.status)")
        case .completed:
            if states.values.contains(where: { $0.status != .completed }) { faults.append("completed, but not all") }
        case .cancelled, .rolledBack:
            if !things.isEmpty, !left { faults.append("\(record.status): left \(things)") }
        case .failed, .partiallyCompleted: break
        }
        let completed = Set(states.values.filter { $0.status == .completed }.map(\.id))
        if !completed.isSubset(of: things) { faults.append("completed \(completed), there is \(things)") }
    }
}

import FleetModel
import FleetProtocol
import FleetScheduling

@testable import FleetCoordinator

/// One life of a coordinator: the real decider, dispatcher and journal; the shell around them is this.
final class SimulatedCoordinator {
    private let fleet: SimulatedFleet
    private var world: World { fleet.world }
    private var decider: RunDecider
    private var links: [HostID: SimulatedLink] = [:]
    private var queue: [(event: RunEvent, handled: (() -> Void)?)] = []
    private var isScheduled = false
    private(set) var isAlive = true
    private var isOver = false

    /// Begins a run, or goes on with what a journal says, exactly as `Run` and `Resume` do.
    init(of fleet: SimulatedFleet) {
        self.fleet = fleet
        let scenario = fleet.scenario
        let lanes = zip(scenario.hosts, scenario.slots).map { host, slots in
            LaneCapacity(id: LaneID(host: host, index: 0), workers: slots)
        }
        let content = JournalContent(fleet.disk.bytes, file: "journal.jsonl")
        if !content.damage.isEmpty { fleet.world.violate("a crash damaged the journal: \(content.damage)") }
        var recovered = RecoveredRun(content.entries, settings: scenario.settings)
        fleet.disk.truncate(to: content.wholeLength)
        var resuming: RecoveredRun?
        var first: JournalEntry.Event
        if recovered.begun == nil {
            first = .begun(
                .init(
                    run: fleet.identity.run, tested: "nothing", command: "coordinator run",
                    hosts: zip(scenario.hosts, scenario.slots).map { .init(name: $0, slots: $1) },
                    tests: scenario.tests))
        } else {
            first = .resumed(.init(remaining: recovered.remaining, torn: content.tornLength))
            recovered.apply(JournalEntry(time: fleet.timestamp, event: first))
            resuming = recovered
        }
        let waiting = resuming?.waiting ?? scenario.tests
        let plan = ShardPlanner().plan(Estimates().jobs(for: waiting), on: lanes)
        let dispatch =
            resuming.map { Dispatcher(resuming: $0, plan: plan, lanes: lanes, settings: scenario.settings) }
            ?? Dispatcher(tests: scenario.tests, plan: plan, lanes: lanes, settings: scenario.settings)
        decider = RunDecider(dispatch)
        for (host, slots) in zip(fleet.hosts, scenario.slots) {
            links[host.id] = SimulatedLink(
                host, of: self, identity: fleet.identity, slots: slots,
                resuming: resuming.map { $0.hosts[host.id] ?? RecoveredRun.Host() })
        }
        guard append([first]), isAlive else { return }
        guard carryOut(decider.begin(unplaced: plan.unplaced, now: world.now)) else { return }
        for host in links.keys.sorted() { links[host]?.start() }
        tick()
    }

    private func tick() {
        world.after(1) { [weak self] in
            guard let self, isAlive, !isOver else { return }
            enqueue(.tick, handled: nil)
            tick()
        }
    }

    // MARK: - Events

    func post(_ event: LinkEvent) { enqueue(.link(event), handled: nil) }
    func settle(_ event: LinkEvent, then handled: @escaping () -> Void) { enqueue(.link(event), handled: handled) }
    func interrupt() { enqueue(.interrupt("interrupted by SIGINT"), handled: nil) }

    private func enqueue(_ event: RunEvent, handled: (() -> Void)?) {
        guard isAlive, !isOver else { return }
        queue.append((event, handled))
        guard !isScheduled else { return }
        isScheduled = true
        world.after(world.seconds(0...0.02)) { [weak self] in self?.drain() }
    }

    private func drain() {
        isScheduled = false
        guard isAlive, !isOver else { return }
        let batch = queue
        queue = []
        var actions: [RunDecider.Action] = []
        for entry in batch {
            let more = decider.handle(entry.event, now: world.now)
            check(more)
            actions += more
        }
        guard carryOut(actions) else { return }
        for entry in batch { entry.handled?() }
    }

    /// What has an outcome is never ordered again.
    private func check(_ actions: [RunDecider.Action]) {
        guard !decider.dispatch.isOver else { return }
        for case .send(_, .start(let start)) in actions where decider.dispatch.tests[start.test]?.outcome != nil {
            world.violate("\(start.test) has an outcome and was ordered again")
        }
    }

    // MARK: - Actions

    /// - Returns: false when the coordinator died, or the run is over.
    private func carryOut(_ actions: [RunDecider.Action]) -> Bool {
        switch fleet.scenario.sabotage {
        case .acknowledgedBeforeJournal: tell(actions) { if case .acknowledge = $0 { true } else { false } }
        case .ordersBeforeJournal: tell(actions) { if case .send = $0 { true } else { false } }
        case .none, .spoolIsTrimmedEarly: break
        }
        var records: [JournalEntry.Event] = []
        for case .record(let event) in actions { records.append(event) }
        guard append(records) else { return false }
        tell(actions) { _ in true }
        for case .end(let interruption) in actions {
            end(interruption)
            return false
        }
        return true
    }

    private func tell(_ actions: [RunDecider.Action], where isMeant: (RunDecider.Action) -> Bool) {
        for action in actions where isMeant(action) {
            switch action {
            case .record, .fetch, .note, .end: break
            case .send(let host, let message):
                if case .start(let start) = message { fleet.witness.ordered(start, to: host) }
                links[host]?.send(message)
            case .acknowledge(let host, let sequence, let incarnation):
                links[host]?.acknowledge(sequence, of: incarnation)
            case .endLease(let host, let epoch, let reason): links[host]?.endLease(epoch, reason: reason)
            case .dismiss(let host, _): links[host]?.finish()
            }
        }
    }

    /// Appends records, then syncs; the coordinator may die at any of them.
    ///
    /// - Returns: false when it died.
    private func append(_ events: [JournalEntry.Event]) -> Bool {
        var entries: [JournalEntry] = []
        for event in events {
            let entry = JournalEntry(time: fleet.timestamp, event: event)
            let line: [UInt8]
            do { line = try Journal.line(entry) } catch {
                world.violate("a record cannot be written: \(error)")
                return true
            }
            if fleet.countRecord() {
                // Torn somewhere in this record, or right behind it.
                fleet.disk.append(Array(line.prefix(world.number(0...line.count))))
                die()
                return false
            }
            fleet.disk.append(line)
            entries.append(entry)
        }
        fleet.unsynced += entries
        if events.contains(where: \.isActedUpon) {
            fleet.disk.sync()
            fleet.witness.synced(fleet.unsynced)
            fleet.unsynced = []
        }
        return true
    }

    private func die() {
        isAlive = false
        for host in fleet.hosts { links[host.id]?.die() }
        fleet.coordinatorDied()
    }

    private func end(_ interruption: String?) {
        isOver = true
        let outcomes = fleet.scenario.tests.map { test in
            (test: test, outcome: decider.dispatch.tests[test.id]?.outcome ?? .notRun)
        }
        var status = RunStatus(outcomes: outcomes, failsOnFlaky: false)
        if status == .passed, interruption != nil { status = .incomplete }
        for host in fleet.hosts { links[host.id]?.finish() }
        world.after(20) { [self] in
            guard isAlive else { return }
            for host in fleet.hosts where host.isReachable { host.sweep() }
            guard append([.ended(.init(exit: Int(status.rawValue), interruption: interruption, seconds: world.now))])
            else { return }
            isAlive = false
            fleet.coordinatorEnded(status, isInterrupted: interruption != nil)
        }
    }
}

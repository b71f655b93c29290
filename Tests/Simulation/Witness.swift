import FleetModel
import FleetProtocol

@testable import FleetCoordinator

/// Sees everything that really happens, and compares it with what was promised: the invariants of DESIGN.md 11.
final class Witness {
    private let world: World
    private let scenario: Scenario
    /// What each attempt was ordered as, over all coordinators.
    private var orders: [AttemptID: (test: TestID, host: HostID)] = [:]
    /// The attempts that really began, and those that really ended in an agent's hands.
    private var begun: [AttemptID: TestID] = [:]
    private var truths: [AttemptID: Outcome] = [:]
    /// The attempt of each result that an agent numbered.
    private var numbered: [String: AttemptID] = [:]
    /// The attempts whose results are in the journal and synced.
    private(set) var safe: Set<AttemptID> = []
    private var holders: [AttemptID: (mutex: String, agent: HostID)] = [:]

    init(_ world: World, _ scenario: Scenario) {
        self.world = world
        self.scenario = scenario
    }

    // MARK: - On the hosts

    /// An agent begins an attempt.
    func began(_ attempt: AttemptID, _ test: TestCase, epoch: Epoch, on host: HostID) {
        if begun.updateValue(test.id, forKey: attempt) != nil { world.violate("attempt \(attempt) began twice") }
        guard let order = orders[attempt], order.test == test.id, order.host == host else {
            return world.violate("\(host) began attempt \(attempt) of \(test.id), which was never ordered there")
        }
        guard let mutex = test.mutex else { return }
        if !scenario.pausesAgents, let other = holders.first(where: { $0.value.mutex == mutex }) {
            world.violate("attempts \(attempt) and \(other.key) hold the mutex \(mutex) at once")
        }
        holders[attempt] = (mutex, host)
    }

    /// The test of an attempt has ended.
    func finished(_ attempt: AttemptID) { holders[attempt] = nil }

    /// An agent has ended, and all that it ran.
    func ended(_ incarnation: String) {
        let host = HostID(String(incarnation.prefix { $0 != "-" }))
        holders = holders.filter { $0.value.agent != host }
    }

    /// An agent numbers a result.
    func reported(_ result: Message.Result, by incarnation: String) {
        numbered["\(incarnation)#\(result.sequence)"] = result.attempt
        if truths.updateValue(result.result.outcome, forKey: result.attempt) != nil {
            world.violate("attempt \(result.attempt) has two results")
        }
    }

    /// An agent forgets results, because the coordinator has thanked for them.
    func forgets(from first: Int, through last: Int, of incarnation: String) {
        guard first <= last else { return }
        for sequence in first...last {
            guard let attempt = numbered["\(incarnation)#\(sequence)"] else {
                world.violate("\(incarnation) was thanked for result \(sequence), which it never had")
                continue
            }
            if !safe.contains(attempt) {
                world.violate("the result of attempt \(attempt) was acknowledged before it was in the journal")
            }
        }
    }

    // MARK: - In the coordinator

    /// The coordinator sends an order.
    func ordered(_ start: Message.Start, to host: HostID) {
        if let known = orders[start.attempt], known != (start.test, host) {
            world.violate("the number of attempt \(start.attempt) was used twice")
        }
        orders[start.attempt] = (start.test, host)
    }

    /// Entries of the journal are on the disk.
    func synced(_ entries: [JournalEntry]) {
        for case .result(let line) in entries.map(\.event) where line.result.sequence > 0 {
            safe.insert(line.result.attempt)
        }
    }

    /// The run is over: its journal tells everything, exactly once.
    func judge(_ entries: [JournalEntry], status: RunStatus) {
        var settled: [TestID: JournalEntry.Settled] = [:]
        var counted: [TestID: [AttemptID]] = [:]
        var lost: [HostID: Epoch] = [:]
        for entry in entries {
            switch entry.event {
            case .resumed: settled = settled.filter { $0.value.interrupted != true }
            case .settled(let value):
                if settled.updateValue(value, forKey: value.test) != nil {
                    world.violate("\(value.test) was settled twice")
                }
            case .host(let change) where change.state == .lost: lost[change.host] = change.epoch
            case .result(let line) where line.verdict == .counted:
                counted[line.result.test, default: []].append(line.result.attempt)
                if let epoch = lost[line.host], line.result.epoch <= epoch {
                    world.violate("attempt \(line.result.attempt) counts, though its lease \(epoch) was over")
                }
                if truths[line.result.attempt] != line.result.result.outcome {
                    world.violate("attempt \(line.result.attempt) counts as something else than it was")
                }
            default: break
            }
        }
        for test in scenario.tests { judge(test, settled[test.id], counted[test.id] ?? [], status) }
        var record = RunRecord()
        for entry in entries { record.apply(entry) }
        if record.report?.tests.map(\.id) != scenario.tests.map(\.id).sorted() {
            world.violate("the report does not name every test once")
        }
    }

    private func judge(
        _ test: TestCase, _ end: JournalEntry.Settled?, _ counted: [AttemptID], _ status: RunStatus
    ) {
        guard let end else { return world.violate("\(test.id) is lost: it has no outcome") }
        if Set(counted).count != counted.count { world.violate("\(test.id): an attempt counts twice") }
        let outcomes = counted.compactMap { truths[$0] }
        if outcomes.dropLast().contains(where: { !$0.isRed }) {
            world.violate("\(test.id) ran again though it had a result: \(outcomes)")
        }
        if outcomes.count > scenario.settings.retries + 1 {
            world.violate("\(test.id) had more attempts than retries allow: \(outcomes)")
        }
        let isHidden = outcomes.contains(where: \.isRed) && end.outcome == .passed
        let isInvented = end.outcome != .notRun && outcomes.isEmpty
        if isHidden || isInvented { world.violate("\(test.id) is told as \(end.outcome) after \(outcomes)") }
        if status == .passed, end.outcome != .passed && end.outcome != .flaky {
            world.violate("exit 0 with \(test.id) \(end.outcome)")
        }
        if scenario.isCalm, !scenario.mayFail(test.id), end.outcome != .passed {
            world.violate("nothing went wrong, and \(test.id) is \(end.outcome): \(end.message ?? "")")
        }
    }
}

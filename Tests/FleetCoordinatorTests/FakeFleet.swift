import FleetModel
import FleetProtocol
import FleetScheduling
import FleetTestSupport
import Testing

@testable import FleetCoordinator

/// Hosts without sockets around a real dispatcher: it remembers what was ordered and what was settled.
struct FakeFleet {
    struct Order: Hashable {
        var host: HostID
        var test: TestID
        var epoch: Epoch
    }

    private var dispatcher: Dispatcher
    let hosts: [HostID]
    let count: Int
    var open: [AttemptID: Order] = [:]
    var starts: [AttemptID] = []
    var settled: [TestID: [Outcome]] = [:]
    var verdicts: [AttemptID: [JournalEntry.ResultLine.Verdict]] = [:]
    var interruption: String?
    var isOver = false
    /// The leases that the dispatcher wants ended.
    var endedLeases: [(host: HostID, epoch: Epoch)] = []
    /// How many environments came to be, and how many attempts began, in the journal.
    var recorded = (environments: 0, starts: 0)
    /// What was told of hosts, in order.
    var changes: [String] = []
    /// The hosts whose agents were told to go.
    var dismissed: [HostID] = []
    private var failures = 0
    private var epochs: [HostID: Epoch] = [:]
    private var ready: Set<HostID> = []
    private var past: [(AttemptID, Order)] = []

    init(
        tests count: Int, hosts hostCount: Int, workers: Int, mode: Mode? = nil, mutex: String? = nil,
        settings: Dispatcher.Settings = .init()
    ) throws {
        let tests = try (0..<count).map { index in
            TestCase(
                id: try #require(TestID("suite/test-\(index)")), title: "test \(index)", modes: mode.map { [$0] } ?? [],
                estimate: Double(index % 5 + 1), mutex: mutex)
        }
        self.count = count
        self.hosts = (0..<hostCount).map { HostID("host-\($0)") }
        let lanes = hosts.map { LaneCapacity(id: LaneID(host: $0, index: 0), workers: workers) }
        let plan = ShardPlanner().plan(Estimates().jobs(for: tests), on: lanes)
        self.dispatcher = Dispatcher(tests: tests, plan: plan, lanes: lanes, settings: settings)
        carryOut(dispatcher.begin(unplaced: plan.unplaced))
    }

    private mutating func carryOut(_ actions: [Dispatcher.Action]) {
        for action in actions {
            switch action {
            case .record(.settled(let value)): settled[value.test, default: []].append(value.outcome)
            case .record(.result(let line)): verdicts[line.result.attempt, default: []].append(line.verdict)
            case .record(.environment): recorded.environments += 1
            case .record(.started): recorded.starts += 1
            case .record(.host(let change)): changes.append(change.message)
            case .record: break
            case .send(let host, .start(let start)):
                starts.append(start.attempt)
                open[start.attempt] = Order(host: host, test: start.test, epoch: start.epoch)
            case .send: break
            case .endLease(let host, let epoch, _): endedLeases.append((host, epoch))
            case .dismiss(let host, _): dismissed.append(host)
            case .end(let reason):
                isOver = true
                interruption = reason
            }
        }
    }

    /// An agent says how many slots it has.
    mutating func share(_ index: Int, held: Int, wanted: Int, holders: [Message.Slots.Holder] = []) {
        let share = Message.Slots(held: [held], wanted: wanted, holders: holders)
        carryOut(dispatcher.slotsChanged(hosts[index], share))
    }

    mutating func makeReady(_ index: Int, sharesSlots: Bool = false) {
        let host = hosts[index]
        ready.insert(host)
        let epoch = epochs[host] ?? Epoch(rawValue: 1)
        epochs[host] = epoch
        carryOut(dispatcher.hostReady(host, epoch: epoch, modes: Set(Mode.allCases), sharesSlots: sharesSlots))
    }

    mutating func lose(_ index: Int, isFinal: Bool = false) {
        let host = hosts[index]
        ready.remove(host)
        epochs[host] = (epochs[host] ?? Epoch(rawValue: 1)).next
        for (attempt, order) in open where order.host == host {
            past.append((attempt, order))
            open[attempt] = nil
        }
        carryOut(dispatcher.hostLost(host, reason: "lost by the test", cause: .transport, isFinal: isFinal))
    }

    mutating func begin(_ attempt: AttemptID) {
        guard let order = open[attempt] else { return }
        carryOut(
            dispatcher.started(order.host, .init(attempt: attempt, lane: 0, slot: 0, epoch: order.epoch)))
    }

    mutating func deliver(_ attempt: AttemptID, _ order: Order, _ outcome: Outcome, cause: Cause = .test) {
        open[attempt] = nil
        past.append((attempt, order))
        let result = Message.Result(
            sequence: 1, attempt: attempt, test: order.test, lane: 0, slot: 0, epoch: order.epoch,
            result: AttemptResult(outcome: outcome, cause: cause, seconds: 1))
        carryOut(dispatcher.result(order.host, result))
    }

    /// Says that the environment failed, each time after another number of seconds, unless it is a repetition.
    mutating func failEnvironment(_ index: Int, again isRepeated: Bool = false) {
        if !isRepeated { failures += 1 }
        let change = Message.EnvironmentState(
            lane: 0, mode: .solo, state: .failed, seconds: Double(failures), message: "knot did not start")
        carryOut(dispatcher.environmentChanged(hosts[index], change))
    }

    /// Lets time pass.
    mutating func wait(seconds: Double) {
        dispatcher.now += seconds
        carryOut(dispatcher.tick())
    }

    /// The agent of a host takes none of its orders.
    mutating func refuse(_ attempt: AttemptID) {
        guard let order = open.removeValue(forKey: attempt) else { return }
        let result = Message.Result(
            sequence: 1, attempt: attempt, test: order.test, lane: 0, slot: 0, epoch: order.epoch,
            result: AttemptResult(outcome: .notRun, cause: .host, seconds: 0, message: "the agent is ending"))
        carryOut(dispatcher.result(order.host, result))
    }

    mutating func suspect(_ index: Int, _ isSuspect: Bool) {
        carryOut(dispatcher.hostSuspected(hosts[index], isSuspect))
    }

    /// Passes the oldest open attempt; false when there is none.
    mutating func finishOne() -> Bool {
        guard let first = open.min(by: { $0.key < $1.key }) else { return false }
        deliver(first.key, first.value, .passed)
        return true
    }

    /// One random event.
    mutating func step(_ random: inout SplitMix) {
        let host = Int.random(in: 0..<hosts.count, using: &random)
        switch Int.random(in: 0..<20, using: &random) {
        case 0 where ready.contains(hosts[host]): lose(host, isFinal: Int.random(in: 0..<10, using: &random) == 0)
        case 1...4: makeReady(host)
        case 5: if let (attempt, order) = past.randomElement(using: &random) { deliver(attempt, order, .passed) }
        case 6...9: if let attempt = open.keys.sorted().randomElement(using: &random) { begin(attempt) }
        default:
            guard let attempt = open.keys.sorted().randomElement(using: &random), let order = open[attempt] else {
                return
            }
            let outcomes: [(Outcome, Cause)] = [
                (.passed, .test), (.passed, .test), (.failed, .test), (.notRun, .host), (.timeout, .test),
            ]
            let (outcome, cause) = outcomes[Int.random(in: 0..<outcomes.count, using: &random)]
            deliver(attempt, order, outcome, cause: cause)
        }
    }
}

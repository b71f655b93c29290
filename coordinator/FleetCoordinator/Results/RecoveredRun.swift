import FleetModel
import FleetProtocol
import FleetScheduling

/// A journal folded into what a coordinator needs to go on with its run. Pure.
///
/// It draws the same conclusions from the same events as the dispatcher that wrote them: what a torn end swallowed
/// (the outcome that follows from a result, say) is concluded again.
struct RecoveredRun {
    /// What is known of a host and its agent.
    struct Host: Hashable, Sendable {
        /// The lease to go on under.
        var epoch = Epoch(rawValue: 1)
        /// Where its agent listened last; nil when none is known to live.
        var address: AgentAddress?
        /// How often an agent was started on it.
        var launches = 0
        /// Whether it ever took orders.
        var wasReady = false
        /// The number of the last result of that agent which is in the journal.
        var sequence = 0
    }

    private(set) var begun: JournalEntry.Begun?
    private(set) var ended: JournalEntry.Ended?
    private(set) var tests: [TestID: TestState] = [:]
    private(set) var open: [AttemptID: OpenAttempt] = [:]
    /// The results that hosts owe, whatever has become of their lease.
    private(set) var expected: [AttemptID: OpenAttempt] = [:]
    private(set) var hosts: [HostID: Host] = [:]
    /// The results that named files which the present agent of their host still has.
    private(set) var files: [HostID: [Message.Result]] = [:]
    /// Mutexes of attempts whose host was lost: their agents may hold them still.
    private(set) var abandonedMutexes: Set<String> = []
    /// A number that no attempt of the run has had.
    private(set) var nextAttempt = 1
    /// The time of the first and of the last event.
    private(set) var span: (first: String, last: String)?
    private var interrupted: Set<TestID> = []
    private let settings: Dispatcher.Settings

    /// Folds the events of a run with the given settings.
    init(_ entries: [JournalEntry], settings: Dispatcher.Settings) {
        self.settings = settings
        for entry in entries { apply(entry) }
    }

    /// Whether nothing is left to do: the run has ended, and every test has an outcome that stands.
    var isComplete: Bool { ended != nil && interrupted.isEmpty }

    /// The tests that have to run and are on no host: to be planned anew, ordered by id.
    var waiting: [TestCase] {
        let ordered = Set(open.values.map(\.test))
        return tests.values.filter { state in
            state.outcome == nil && !ordered.contains(state.test.id) && state.conclusion(settings) == nil
        }.map(\.test).sorted { $0.id < $1.id }
    }

    /// How many tests have no outcome that stands.
    var remaining: Int { tests.values.count { $0.outcome == nil || interrupted.contains($0.test.id) } }

    /// Takes the next event.
    mutating func apply(_ entry: JournalEntry) {
        span = (span?.first ?? entry.time, entry.time)
        switch entry.event {
        case .begun(let value):
            begun = value
            tests = Dictionary(value.tests.map { ($0.id, TestState(test: $0)) }) { first, _ in first }
        case .resumed: reopen()
        case .launched(let value): apply(value)
        case .host(let value): apply(value)
        case .environment: break
        case .ordered(let value):
            nextAttempt = max(nextAttempt, min(value.attempt.rawValue, Self.limit) + 1)
            open[value.attempt] = OpenAttempt(
                test: value.test, lane: LaneID(host: value.host, index: value.lane), epoch: value.epoch)
            expected[value.attempt] = open[value.attempt]
        case .started(_, let value): open[value.attempt]?.isRunning = true
        case .result(let value): apply(value)
        case .settled(let value):
            tests[value.test]?.outcome = value.outcome
            if value.interrupted == true { interrupted.insert(value.test) }
        case .ended(let value): ended = value
        }
    }

    /// What only the end of the run decided is open again; after an orderly end no agent has anything any more.
    private mutating func reopen() {
        for test in interrupted { tests[test]?.outcome = nil }
        interrupted = []
        guard ended != nil else { return }
        ended = nil
        open = [:]
        for host in hosts.keys { retire(host) }
    }

    /// The host's agent is gone; another one begins under the next lease.
    private mutating func retire(_ host: HostID) {
        guard let state = hosts[host] else { return }
        files[host] = nil
        hosts[host] = Host(epoch: Self.next(state.epoch), wasReady: state.wasReady)
    }

    /// The largest number that the protocol knows; a journal may say anything.
    private static let limit = 1 << 53

    private static func next(_ epoch: Epoch) -> Epoch { Epoch(rawValue: min(max(0, epoch.rawValue), limit) + 1) }

    private mutating func apply(_ launch: JournalEntry.Launch) {
        hosts[launch.host, default: Host()].epoch = launch.epoch
        hosts[launch.host]?.address = AgentAddress(port: launch.port, incarnation: launch.incarnation)
        hosts[launch.host]?.launches += 1
        hosts[launch.host]?.sequence = 0
        files[launch.host] = nil
    }

    private mutating func apply(_ change: JournalEntry.HostChange) {
        switch change.state {
        case .ready:
            hosts[change.host, default: Host()].epoch = change.epoch
            hosts[change.host]?.wasReady = true
        case .lost:
            hosts[change.host, default: Host()].epoch = Self.next(change.epoch)
            for (attempt, order) in open where order.lane.host == change.host && order.epoch <= change.epoch {
                open[attempt] = nil
                if let mutex = tests[order.test]?.test.mutex { abandonedMutexes.insert(mutex) }
            }
        case .finished, .unavailable: retire(change.host)
        case .waiting, .suspect, .recovered, .restarted, .notice: break
        }
    }

    private mutating func apply(_ line: JournalEntry.ResultLine) {
        let result = line.result
        hosts[line.host, default: Host()].sequence = max(hosts[line.host]?.sequence ?? 0, result.sequence)
        if result.sequence > 0, let order = expected[result.attempt], order.lane.host == line.host,
            order.test == result.test, order.epoch == result.epoch
        {
            expected[result.attempt] = nil
        }
        if !result.result.artifacts.isEmpty { files[line.host, default: []].append(result) }
        let isAbandoned = result.sequence == 0
        if isAbandoned, let mutex = tests[result.test]?.test.mutex { abandonedMutexes.insert(mutex) }
        guard line.verdict != .fenced, let order = open.removeValue(forKey: result.attempt) else { return }
        tests[order.test]?.take(
            result.result, from: line.host, isRefusal: order.isRefused(by: result.result),
            refusalLimit: settings.refusals)
    }
}

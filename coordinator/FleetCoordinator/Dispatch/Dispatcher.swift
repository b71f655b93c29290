import FleetModel
import FleetProtocol
import FleetScheduling

/// Decides which test runs where: events in, actions out. It sees no clock, no socket and no file.
///
/// It is the only place that changes the state of a run. A test is *pending*, *ordered* (exactly one open attempt) or
/// *settled*; every event moves tests along these three and nothing else does, so that each is counted exactly once.
struct Dispatcher {
    /// What the shell carries out, in order.
    enum Action: Hashable {
        /// Append to the journal, synced before anything that follows.
        case record(JournalEntry.Event)
        /// Tell a host.
        case send(HostID, Message)
        /// End the lease of a host that owes something for too long; its work goes elsewhere when that has happened.
        case endLease(HostID, Epoch, reason: String)
        /// Tell the agent of a host to end, because the host takes no part any more.
        case dismiss(HostID, reason: String)
        /// The run is over; nothing is sent to any host after this but the farewell.
        case end(interruption: String?)
    }

    /// What the user chose.
    struct Settings: Hashable {
        /// How often a failed test is run again.
        var retries = 0
        /// How often a test is run again when infrastructure was to blame.
        var infrastructureRetries = 2
        /// How many hosts must take part.
        var requiredHosts = 1
        /// How many seconds a host may wait for slots that other runs have.
        var hostWait = 600.0
        /// Whether the first red test ends the run.
        var failsFast = false
        /// Whether a builtin backing is an error.
        var strictServices = false
        /// How many seconds after its time limit the result of an attempt may arrive.
        var resultSlack = 60.0
        /// How many seconds a lane may take to begin the first of its orders, environment included.
        var setupLimit = 900.0
        /// How often an order may be refused before that counts against the budget for infrastructure.
        var refusals = 20
        /// How many seconds a mutex stays held after its holder's lease has ended.
        ///
        /// An agent that hears us though we do not hear it fences itself 12 s after our last line, and we speak for 10 s
        /// into silence: 22 s, of which the lease has taken 15; the rest is for ending the test.
        var mutexQuarantine = 12.0
        /// How many results that nobody asked for a host may report.
        var lieLimit = 100
        /// How many seconds a host that refused an order is left alone.
        var refusalPause = 30.0
    }

    let settings: Settings
    var tests: [TestID: TestState]
    var hosts: [HostID: HostState]
    var pool: PendingPool
    var attempts: [AttemptID: OpenAttempt] = [:]
    /// The results that hosts owe: one for each order, whatever has become of its lease.
    var expected: [AttemptID: OpenAttempt] = [:]
    var heldMutexes: Set<String> = []
    /// How many workers the active hosts have together, since the last change of a host.
    var activeWorkers = 0
    /// Mutexes of attempts whose host was lost, and until when they are held, in seconds like `now`.
    var quarantine: [String: Double] = [:]
    var isOver = false
    /// Whether so many hosts take part that tests may begin.
    var hasBegun = false
    /// Seconds of the coordinator's monotonic clock; whoever calls an event method sets it before.
    var now = 0.0
    private var nextAttempt = 1
    private var unsettled: Int

    /// Begins a run of `tests` as planned on `hosts`.
    init(tests: [TestCase], plan: Plan, lanes: [LaneCapacity], settings: Settings = Settings()) {
        self.settings = settings
        self.tests = Dictionary(uniqueKeysWithValues: tests.map { ($0.id, TestState(test: $0)) })
        self.pool = PendingPool(plan: plan)
        self.unsettled = tests.count
        self.hosts = Dictionary(grouping: lanes, by: \.id.host).mapValues { lanes in
            HostState(lanes: lanes.sorted { $0.id < $1.id }.map(LaneState.init))
        }
    }

    /// Goes on with a run whose journal says how far it came.
    ///
    /// - Parameter plan: a plan of the tests that wait: `RecoveredRun.waiting`.
    init(resuming run: RecoveredRun, plan: Plan, lanes: [LaneCapacity], settings: Settings) {
        self.init(tests: run.tests.values.map(\.test), plan: plan, lanes: lanes, settings: settings)
        tests = run.tests
        unsettled = tests.values.count { $0.outcome == nil }
        nextAttempt = run.nextAttempt
        expected = run.expected
        for (host, state) in run.hosts where state.wasReady {
            hosts[host]?.tookPart = true
            hosts[host]?.phase = .recovering(state.epoch)
        }
        for (attempt, open) in run.open {
            let (host, index) = (open.lane.host, open.lane.index)
            guard hosts[host]?.lanes.indices.contains(index) == true else {
                // Nobody could ever report it.
                if let state = tests[open.test], state.outcome == nil {
                    pool.free(open.test, mode: state.test.homeMode)
                }
                continue
            }
            attempts[attempt] = open
            hosts[host]?.lanes[index].open.insert(attempt)
            guard let test = tests[open.test]?.test else { continue }
            if let mutex = test.mutex { heldMutexes.insert(mutex) }
            if let mode = test.homeMode { hosts[host]?.lanes[index].mode = mode }
        }
        for mutex in run.abandonedMutexes where heldMutexes.insert(mutex).inserted {
            quarantine[mutex] = settings.mutexQuarantine
        }
    }

    /// The first actions: what no host can run is settled at once, and what its attempts have decided already.
    mutating func begin(unplaced: [Plan.Unplaced]) -> [Action] {
        var actions: [Action] = []
        // Times that were given before there was a clock count from now.
        for mutex in quarantine.keys { quarantine[mutex, default: 0] += now }
        for item in unplaced {
            settle(item.test, .notRun, .environment, message: item.reason, &actions)
        }
        for (id, state) in tests.sorted(by: { $0.key < $1.key }) where state.outcome == nil {
            guard let end = state.conclusion(settings) else { continue }
            settle(id, end.outcome, end.cause, message: end.message, &actions)
        }
        if settings.failsFast, let red = tests.values.first(where: { $0.outcome?.isRed == true }) {
            interrupt("--fail-fast: \(red.test.id) failed before the run was resumed", &actions)
        }
        endIfTooFew(hosts.count, "are there", &actions)
        finishIfDone(&actions)
        return actions
    }

    /// Gives a test its final outcome; a second call for the same test changes nothing.
    mutating func settle(
        _ id: TestID, _ outcome: Outcome, _ cause: Cause, message: String? = nil, interrupted: Bool? = nil,
        _ actions: inout [Action]
    ) {
        guard let state = tests[id], state.outcome == nil else { return }
        tests[id]?.outcome = outcome
        unsettled -= 1
        let settled = JournalEntry.Settled(
            test: id, outcome: outcome, cause: cause, message: message, interrupted: interrupted)
        actions.append(.record(.settled(settled)))
        if settings.failsFast, outcome.isRed { interrupt("--fail-fast: \(id) \(outcome)", &actions) }
    }

    /// Ends the run when every test is settled.
    mutating func finishIfDone(_ actions: inout [Action]) {
        guard !isOver, unsettled == 0 else { return }
        endIfTooFew(hosts.values.count { $0.takesPart || $0.tookPart }, "took part", &actions)
        guard !isOver else { return }
        isOver = true
        actions.append(.end(interruption: nil))
    }

    /// Ends the run as incomplete when fewer hosts take part than the user asked for.
    mutating func endIfTooFew(_ count: Int, _ what: String, _ actions: inout [Action]) {
        guard settings.requiredHosts > 1, count < settings.requiredHosts else { return }
        let hosts = count == 1 ? "1 host" : "\(count) hosts"
        interrupt("only \(hosts) \(what), --require-hosts asks for \(settings.requiredHosts)", &actions)
    }

    /// Settles all that is open as not run and ends the run.
    mutating func interrupt(_ reason: String, _ actions: inout [Action]) {
        guard !isOver else { return }
        isOver = true
        for (id, state) in tests.sorted(by: { $0.key < $1.key }) where state.outcome == nil {
            settle(id, .notRun, .host, message: reason, interrupted: true, &actions)
        }
        actions.append(.end(interruption: reason))
    }

    /// A new number for an attempt.
    mutating func makeAttempt() -> AttemptID {
        defer { nextAttempt += 1 }
        return AttemptID(rawValue: nextAttempt)
    }
}

/// What the dispatcher knows of a host.
struct HostState {
    /// Where a host stands.
    enum Phase: Hashable {
        /// Its connection is being made.
        case expected
        /// The run was resumed, and its agent may still work under this lease.
        case recovering(Epoch)
        /// Its agent takes orders under this lease.
        case ready(Epoch)
        /// It cannot take orders now, but may come back.
        case lost
        /// It will not take part any more.
        case gone
    }

    var phase = Phase.expected
    /// Whether nothing was heard for longer than usual: nothing new is ordered meanwhile.
    var isSuspect = false
    /// Whether its lease is being ended because it owes something: nothing is ordered meanwhile.
    var isOverdue = false
    /// When it refused an order; nothing is ordered for a while after that. Nil when it did not.
    var refusedAt: Double?
    /// How many results it reported that nobody asked for.
    var lies = 0
    /// Whether it took orders before the run was resumed.
    var tookPart = false
    /// Whether it has fewer slots than it wants.
    var isShortOfSlots = false
    /// Since when it has waited for its first slot, in seconds; nil when it does not.
    var waitingSince: Double?
    /// Who had its slots when it was told last.
    var slotHolders: [Message.Slots.Holder] = []
    var lanes: [LaneState]

    /// Whether its agent takes orders.
    var isReady: Bool {
        if case .ready = phase { true } else { false }
    }

    /// Whether nothing speaks against giving it more to do.
    var mayBeOrdered: Bool { !isSuspect && !isOverdue && refusedAt == nil }

    /// Whether the host takes orders now or soon.
    var isActive: Bool {
        switch phase {
        case .expected, .recovering, .ready: true
        case .lost, .gone: false
        }
    }

    /// Whether it can run a test now: its agent takes orders and has a slot.
    var takesPart: Bool { isReady && !hasNoSlot }

    /// Whether other runs have all its slots.
    var hasNoSlot: Bool { lanes.allSatisfy { $0.workers == 0 } }

    /// Whether tests that nobody else can run may wait for the host.
    var mayReturn: Bool { phase != .gone }
}

/// What the dispatcher knows of a lane.
struct LaneState {
    let capacity: LaneCapacity
    /// How many tests it may run at once now: fewer than planned while other runs have slots of its host.
    var workers: Int
    /// The mode that the lane was last told to hold; nil before the first shard and for tests without environment.
    var mode: Mode?
    /// Attempts that were ordered and have no result.
    var open: Set<AttemptID> = []
    /// Modes that this lane may hold; one that failed to come up twice is taken out.
    var modes: Set<Mode>
    /// How often each mode failed to come up.
    var setupFailures: [Mode: Int] = [:]
    /// What the agent said last of the environment; after a cut it says the same again.
    var environment: Message.EnvironmentState?
    /// Tests whose description the agent has already.
    var offered: Set<TestID> = []
    /// When the agent last did something here, or was given its first order, in seconds.
    var lastProgress = 0.0

    init(_ capacity: LaneCapacity) {
        self.capacity = capacity
        self.workers = max(1, capacity.workers)
        self.modes = capacity.modes
    }

    func holds(_ mode: Mode?) -> Bool { mode.map(modes.contains) ?? true }
}

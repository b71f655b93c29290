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
        /// Whether the first red test ends the run.
        var failsFast = false
        /// Whether a builtin backing is an error.
        var strictServices = false
    }

    let settings: Settings
    var tests: [TestID: TestState]
    var hosts: [HostID: HostState]
    var pool: PendingPool
    var attempts: [AttemptID: OpenAttempt] = [:]
    var heldMutexes: Set<String> = []
    var isOver = false
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

    /// The first actions: what no host can run is settled at once.
    mutating func begin(unplaced: [Plan.Unplaced]) -> [Action] {
        var actions: [Action] = []
        for item in unplaced {
            settle(item.test, .notRun, .environment, message: item.reason, &actions)
        }
        endIfTooFew(hosts.count, "are there", &actions)
        finishIfDone(&actions)
        return actions
    }

    /// Gives a test its final outcome; a second call for the same test changes nothing.
    mutating func settle(
        _ id: TestID, _ outcome: Outcome, _ cause: Cause, message: String? = nil, _ actions: inout [Action]
    ) {
        guard let state = tests[id], state.outcome == nil else { return }
        tests[id]?.outcome = outcome
        unsettled -= 1
        actions.append(.record(.settled(.init(test: id, outcome: outcome, cause: cause, message: message))))
        if settings.failsFast, outcome.isRed { interrupt("--fail-fast: \(id) \(outcome)", &actions) }
    }

    /// Ends the run when every test is settled.
    mutating func finishIfDone(_ actions: inout [Action]) {
        guard !isOver, unsettled == 0 else { return }
        endIfTooFew(hosts.values.count { $0.isReady }, "took part", &actions)
        guard !isOver else { return }
        isOver = true
        actions.append(.end(interruption: nil))
    }

    /// Ends the run as incomplete when fewer hosts take part than the user asked for.
    mutating func endIfTooFew(_ count: Int, _ what: String, _ actions: inout [Action]) {
        guard settings.requiredHosts > 1, count < settings.requiredHosts else { return }
        interrupt("only \(count) hosts \(what), --require-hosts asks for \(settings.requiredHosts)", &actions)
    }

    /// Settles all that is open as not run and ends the run.
    mutating func interrupt(_ reason: String, _ actions: inout [Action]) {
        guard !isOver else { return }
        isOver = true
        for (id, state) in tests.sorted(by: { $0.key < $1.key }) where state.outcome == nil {
            settle(id, .notRun, .host, message: reason, &actions)
        }
        actions.append(.end(interruption: reason))
    }

    /// A new number for an attempt.
    mutating func makeAttempt() -> AttemptID {
        defer { nextAttempt += 1 }
        return AttemptID(rawValue: nextAttempt)
    }
}

/// What the dispatcher knows of a test.
struct TestState {
    let test: TestCase
    /// The final outcome; nil while the test is pending or ordered.
    var outcome: Outcome?
    /// Attempts that failed and count toward `--retries`.
    var failures: [AttemptResult] = []
    /// Attempts that infrastructure spoiled.
    var infrastructureFailures = 0
    /// Hosts that spoiled an attempt; others are preferred.
    var avoided: Set<HostID> = []

    init(test: TestCase) { self.test = test }
}

/// An attempt that was ordered and has no result yet.
struct OpenAttempt: Hashable {
    var test: TestID
    var lane: LaneID
    var epoch: Epoch
    var isRunning = false
}

/// What the dispatcher knows of a host.
struct HostState {
    /// Where a host stands.
    enum Phase: Hashable {
        /// Its connection is being made.
        case expected
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
    var lanes: [LaneState]

    /// Whether its agent takes orders.
    var isReady: Bool {
        if case .ready = phase { true } else { false }
    }

    /// Whether the host takes orders now or soon.
    var isActive: Bool {
        switch phase {
        case .expected, .ready: true
        case .lost, .gone: false
        }
    }

    /// Whether tests that nobody else can run may wait for the host.
    var mayReturn: Bool { phase != .gone }
}

/// What the dispatcher knows of a lane.
struct LaneState {
    let capacity: LaneCapacity
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

    init(_ capacity: LaneCapacity) {
        self.capacity = capacity
        self.modes = capacity.modes
    }

    func holds(_ mode: Mode?) -> Bool { mode.map(modes.contains) ?? true }
}

public import FleetModel
public import FleetProtocol

/// One event of a run, as a line of the journal and of `--events`.
public struct JournalEntry: Hashable, Sendable, Codable {
    /// What happened.
    public enum Event: Hashable, Sendable {
        /// The run began.
        case begun(Begun)
        /// A coordinator took an interrupted run up again.
        case resumed(Resumed)
        /// An agent was started on a host.
        case launched(Launch)
        /// A host changed its state.
        case host(HostChange)
        /// An environment changed its state.
        case environment(HostID, Message.EnvironmentState)
        /// An attempt was ordered.
        case ordered(Order)
        /// An attempt began on its host.
        case started(HostID, Message.Started)
        /// A result arrived.
        case result(ResultLine)
        /// A test has its final outcome.
        case settled(Settled)
        /// The run ended.
        case ended(Ended)
    }

    /// When: RFC 3339, UTC, with milliseconds, by the coordinator's clock.
    public var time: String
    /// What happened.
    public var event: Event

    /// Makes an entry.
    public init(time: String, event: Event) {
        self.time = time
        self.event = event
    }
}

extension JournalEntry {
    /// The run as it was ordered.
    public struct Begun: Hashable, Sendable, Codable {
        /// A host as hosts.txt describes it.
        public struct Host: Hashable, Sendable, Codable {
            /// Its name.
            public var name: HostID
            /// How many tests it runs at once.
            public var slots: Int

            /// Describes a host.
            public init(name: HostID, slots: Int) {
                self.name = name
                self.slots = slots
            }
        }

        /// The run.
        public var run: RunID
        /// What is tested, in words.
        public var tested: String
        /// The command line up to the choice of tests, for the commands that run a test again.
        public var command: String
        /// All hosts.
        public var hosts: [Host]
        /// All chosen tests.
        public var tests: [TestCase]

        /// Describes a run.
        public init(run: RunID, tested: String, command: String, hosts: [Host], tests: [TestCase]) {
            self.run = run
            self.tested = tested
            self.command = command
            self.hosts = hosts
            self.tests = tests
        }
    }

    /// An interrupted run goes on: tests that were settled only because it was interrupted are open again.
    public struct Resumed: Hashable, Sendable, Codable {
        /// How many tests have no outcome.
        public var remaining: Int
        /// How many bytes of a torn record were cut off the journal.
        public var torn: Int

        /// Describes a resumption.
        public init(remaining: Int, torn: Int) {
            self.remaining = remaining
            self.torn = torn
        }
    }

    /// An agent was started: where a coordinator that resumes the run finds it.
    public struct Launch: Hashable, Sendable, Codable {
        /// The host.
        public var host: HostID
        /// The lease under which it was started.
        public var epoch: Epoch
        /// The port on the host's loopback address.
        public var port: Int
        /// Distinguishes this start of the program from the next.
        public var incarnation: String

        /// Describes a start.
        public init(host: HostID, epoch: Epoch, port: Int, incarnation: String) {
            self.host = host
            self.epoch = epoch
            self.port = port
            self.incarnation = incarnation
        }
    }

    /// A host changed its state.
    public struct HostChange: Hashable, Sendable, Codable {
        /// Where a host stands.
        public enum State: String, Hashable, Sendable, Codable {
            /// It was never reached, or cannot take part.
            case unavailable
            /// Its agent answered.
            case ready
            /// Other runs have slots of it that this run waits for.
            case waiting
            /// Nothing was heard for longer than usual.
            case suspect
            /// It was heard again.
            case recovered
            /// Its lease ended, or its agent died.
            case lost
            /// Its agent was started again after it died.
            case restarted
            /// Its agent says something that people should know.
            case notice
            /// Its agent has torn down and ended.
            case finished
        }

        /// The host.
        public var host: HostID
        /// Where it stands.
        public var state: State
        /// The lease.
        public var epoch: Epoch
        /// One sentence for people.
        public var message: String

        /// Describes a change.
        public init(host: HostID, state: State, epoch: Epoch, message: String) {
            self.host = host
            self.state = state
            self.epoch = epoch
            self.message = message
        }
    }

    /// An attempt was ordered.
    public struct Order: Hashable, Sendable, Codable {
        /// The attempt.
        public var attempt: AttemptID
        /// The test.
        public var test: TestID
        /// The host.
        public var host: HostID
        /// The lane.
        public var lane: Int
        /// The lease.
        public var epoch: Epoch

        /// Describes an order.
        public init(attempt: AttemptID, test: TestID, host: HostID, lane: Int, epoch: Epoch) {
            self.attempt = attempt
            self.test = test
            self.host = host
            self.lane = lane
            self.epoch = epoch
        }
    }

    /// A result, with what the dispatcher made of it.
    public struct ResultLine: Hashable, Sendable, Codable {
        /// What becomes of a result.
        public enum Verdict: String, Hashable, Sendable, Codable {
            /// It decides the outcome of its test.
            case counted
            /// The test ran again, or will: infrastructure, not the test, was to blame.
            case infrastructure
            /// It belongs to an old lease, or its test was given to another host meanwhile.
            case fenced
        }

        /// Where it came from.
        public var host: HostID
        /// What became of it.
        public var verdict: Verdict
        /// The agent's line; made by the coordinator for an attempt whose host was lost.
        public var result: Message.Result

        /// Describes a result.
        public init(host: HostID, verdict: Verdict, result: Message.Result) {
            self.host = host
            self.verdict = verdict
            self.result = result
        }
    }

    /// The final outcome of a test.
    public struct Settled: Hashable, Sendable, Codable {
        /// The test.
        public var test: TestID
        /// How it ended.
        public var outcome: Outcome
        /// What is to blame.
        public var cause: Cause
        /// Why, when no attempt says so.
        public var message: String?
        /// True when only the end of the run decided so: the test is open again when the run is resumed.
        public var interrupted: Bool?

        /// Describes an outcome.
        public init(
            test: TestID, outcome: Outcome, cause: Cause, message: String? = nil, interrupted: Bool? = nil
        ) {
            self.test = test
            self.outcome = outcome
            self.cause = cause
            self.message = message
            self.interrupted = interrupted
        }
    }

    /// The end of the run.
    public struct Ended: Hashable, Sendable, Codable {
        /// The exit status.
        public var exit: Int
        /// Why the run ended before all tests had a result; nil when it did not.
        public var interruption: String?
        /// How long it took, in seconds.
        public var seconds: Double

        /// Describes an end.
        public init(exit: Int, interruption: String?, seconds: Double) {
            self.exit = exit
            self.interruption = interruption
            self.seconds = seconds
        }
    }
}

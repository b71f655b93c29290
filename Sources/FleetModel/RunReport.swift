/// A finished run, as values: everything that the reports say.
public struct RunReport: Hashable, Sendable, Codable {
    /// The run as a whole.
    public struct Run: Hashable, Sendable, Codable {
        /// Its name.
        public var id: RunID
        /// The exit status of the coordinator.
        public var exit: Int
        /// Whether every chosen test has a result.
        public var complete: Bool
        /// When it began: RFC 3339, UTC.
        public var started: String
        /// How long it took, in seconds.
        public var seconds: Double
        /// What was tested, such as `reference platform 0.1, built in`.
        public var tested: String

        /// Describes a run.
        public init(id: RunID, exit: Int, complete: Bool, started: String, seconds: Double, tested: String) {
            self.id = id
            self.exit = exit
            self.complete = complete
            self.started = started
            self.seconds = seconds
            self.tested = tested
        }
    }

    /// One host that took part.
    public struct Host: Hashable, Sendable, Codable {
        /// Its name in hosts.txt.
        public var name: HostID
        /// How many tests it runs at once.
        public var slots: Int
        /// Whether it was lost before the run ended.
        public var lost: Bool
        /// Its services, each with backing and version.
        public var services: [ServiceInfo]
        /// What happened to it, in order, one sentence each.
        public var notes: [String]

        /// Describes a host.
        public init(name: HostID, slots: Int, lost: Bool, services: [ServiceInfo], notes: [String] = []) {
            self.name = name
            self.slots = slots
            self.lost = lost
            self.services = services
            self.notes = notes
        }
    }

    /// One attempt, with where and when it ran.
    public struct Attempt: Hashable, Sendable, Codable {
        /// The host; empty when the attempt never reached one.
        public var host: HostID
        /// The lane on that host, from 0.
        public var lane: Int
        /// The slot of that host, from 0.
        public var slot: Int
        /// The lease that it ran under.
        public var epoch: Epoch
        /// When it began: RFC 3339, UTC, with milliseconds, by the coordinator's clock.
        public var start: String
        /// Whether it decides the test's outcome; fenced and infrastructure attempts do not.
        public var counted: Bool
        /// What the agent said.
        public var result: AttemptResult

        /// Describes an attempt.
        public init(
            host: HostID, lane: Int, slot: Int, epoch: Epoch, start: String, counted: Bool, result: AttemptResult
        ) {
            self.host = host
            self.lane = lane
            self.slot = slot
            self.epoch = epoch
            self.start = start
            self.counted = counted
            self.result = result
        }
    }

    /// One test with all its attempts.
    public struct Test: Hashable, Sendable, Codable {
        /// Its name.
        public var id: TestID
        /// One line for people.
        public var title: String
        /// The mode that it ran in; nil when it needs no environment.
        public var mode: Mode?
        /// How it ended.
        public var outcome: Outcome
        /// What is to blame.
        public var cause: Cause
        /// All attempts in the order of their start.
        public var attempts: [Attempt]
        /// The exact command that runs it again.
        public var rerun: String

        /// Describes a test.
        public init(
            id: TestID, title: String, mode: Mode?, outcome: Outcome, cause: Cause, attempts: [Attempt], rerun: String
        ) {
            self.id = id
            self.title = title
            self.mode = mode
            self.outcome = outcome
            self.cause = cause
            self.attempts = attempts
            self.rerun = rerun
        }
    }

    /// The run as a whole.
    public var run: Run
    /// The hosts, in the order of hosts.txt.
    public var hosts: [Host]
    /// The tests, ordered by id.
    public var tests: [Test]

    /// Describes a finished run.
    public init(run: Run, hosts: [Host], tests: [Test]) {
        self.run = run
        self.hosts = hosts
        self.tests = tests
    }

    /// How many tests ended with an outcome.
    public func count(_ outcome: Outcome) -> Int { tests.count { $0.outcome == outcome } }
}

public import FleetModel

/// What would run where, before anything has run.
public struct Plan: Hashable, Sendable {
    /// Tests of one mode for one lane.
    public struct Shard: Hashable, Sendable {
        /// The mode; nil for tests that need no environment.
        public var mode: Mode?
        /// The tests in the order in which they run, mostly the longest first.
        public var tests: [TestID]

        /// Describes a shard.
        public init(mode: Mode?, tests: [TestID]) {
            self.mode = mode
            self.tests = tests
        }
    }

    /// What one lane does.
    public struct Lane: Hashable, Sendable {
        /// Which lane.
        public var id: LaneID
        /// How many tests it runs at once.
        public var workers: Int
        /// Its shards in the order of their modes, so that an environment only climbs.
        public var shards: [Shard]
        /// When it is expected to end, in seconds from the start.
        public var seconds: Double

        /// Describes a lane's part.
        public init(id: LaneID, workers: Int, shards: [Shard], seconds: Double) {
            self.id = id
            self.workers = workers
            self.shards = shards
            self.seconds = seconds
        }
    }

    /// A test that no lane can run.
    public struct Unplaced: Hashable, Sendable {
        /// The test.
        public var test: TestID
        /// Why, in one sentence.
        public var reason: String

        /// Describes a test without a place.
        public init(test: TestID, reason: String) {
            self.test = test
            self.reason = reason
        }
    }

    /// What each lane does, in the order of the hosts.
    public var lanes: [Lane]
    /// The tests that no lane can run.
    public var unplaced: [Unplaced]
    /// The time below which no schedule can end, in seconds.
    public var lowerBound: Double

    /// Wraps a plan.
    public init(lanes: [Lane], unplaced: [Unplaced], lowerBound: Double) {
        self.lanes = lanes
        self.unplaced = unplaced
        self.lowerBound = lowerBound
    }

    /// When the last lane is expected to end, in seconds from the start.
    public var seconds: Double { lanes.map(\.seconds).max() ?? 0 }

    /// Planned time over lower bound: 1 is perfect.
    public var ratio: Double { lowerBound > 0 ? seconds / lowerBound : 1 }
}

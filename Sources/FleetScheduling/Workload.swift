public import FleetModel

/// A test as the planner sees it: where it may run and how long it will take.
public struct Job: Hashable, Sendable {
    /// The test.
    public var id: TestID
    /// The mode that it will run in; nil when it needs no environment.
    public var mode: Mode?
    /// The expected duration in seconds.
    public var seconds: Double

    /// Describes a job.
    public init(id: TestID, mode: Mode?, seconds: Double) {
        self.id = id
        self.mode = mode
        self.seconds = seconds
    }
}

/// The seconds that a lane pays to reach a mode.
public struct SetupCosts: Hashable, Sendable {
    /// Seconds by mode, from nothing.
    public var seconds: [Mode: Double]

    /// Declared costs, until times to ready have been measured.
    public static let declared = SetupCosts(seconds: [.solo: 2, .multiuser: 5, .cicd: 8, .enterprise: 15])

    /// Wraps a table.
    public init(seconds: [Mode: Double]) { self.seconds = seconds }

    /// The cost of a mode; tests without an environment pay nothing.
    public subscript(mode: Mode?) -> Double { mode.flatMap { seconds[$0] } ?? 0 }
}

/// Turns the catalogue into jobs: a declared estimate, else the median of the test's mode, else of all, else a guess.
public struct Estimates: Sendable {
    /// What an unknown test is expected to take when nothing at all is declared, in seconds.
    public static let fallbackSeconds = 10.0

    /// Makes an estimator; it has no state.
    public init() {}

    /// The jobs of the given tests, in the same order.
    public func jobs(for tests: [TestCase]) -> [Job] {
        let all = Self.median(tests.compactMap(\.estimate))
        let byMode = Dictionary(grouping: tests, by: \.homeMode).mapValues { Self.median($0.compactMap(\.estimate)) }
        return tests.map { test in
            let known = test.estimate ?? byMode[test.homeMode].flatMap { $0 } ?? all
            return Job(id: test.id, mode: test.homeMode, seconds: known ?? Self.fallbackSeconds)
        }
    }

    private static func median(_ values: [Double]) -> Double? {
        guard !values.isEmpty else { return nil }
        return values.sorted()[values.count / 2]
    }
}

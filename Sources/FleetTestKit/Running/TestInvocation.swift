public import FleetModel

/// What a test process is told on its standard input: one JSON object.
///
/// Its description leaves the credentials out, so that they can never reach a log by accident.
public struct TestInvocation: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The test; the same as on the command line.
    public var test: TestID
    /// The attempt: names that must not collide with another attempt's are made from it.
    public var attempt: AttemptID
    /// Where the services of the environment are reached; empty for a test that needs none.
    public var endpoints: Endpoints
    /// Secrets by service, then by property.
    public var credentials: [String: [String: String]]
    /// A directory that exists, inside the attempt's private directory; what the test leaves there is its artifacts.
    ///
    /// Keys and other scratch files go beside it, so its parent must be the attempt's alone, and removed with it.
    public var artifacts: String
    /// The limit of the attempt in seconds: the process is killed when it is over.
    ///
    /// The test process ends itself a little earlier, so that its clean-up has time; see `TestLimits`.
    public var seconds: Double

    /// Describes an attempt to run.
    public init(
        test: TestID, attempt: AttemptID, endpoints: Endpoints, credentials: [String: [String: String]] = [:],
        artifacts: String, seconds: Double
    ) {
        self.test = test
        self.attempt = attempt
        self.endpoints = endpoints
        self.credentials = credentials
        self.artifacts = artifacts
        self.seconds = seconds
    }

    /// Names the test and the attempt, no secrets.
    public var description: String { "attempt \(attempt) of \(test)" }
}

/// How the seconds of an attempt are shared between the body and its clean-up.
public struct TestLimits: Hashable, Sendable {
    /// When the body is cancelled, in seconds from the start.
    public var body: Double
    /// How long the clean-up may take afterwards, in seconds.
    public var cleanup: Double

    /// Shares out the limit of an attempt: a quarter, at most 45 seconds, is kept for clean-up and the verdict.
    ///
    /// A body that was cut off has most to clean up, on a machine that is slow: else it would not have been cut off.
    public init(seconds: Double) {
        let reserve = min(max(seconds, 0) / 4, 45)
        self.body = max(seconds - reserve, 0)
        self.cleanup = reserve * 0.8
    }
}

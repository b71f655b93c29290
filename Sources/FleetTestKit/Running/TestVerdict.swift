public import FleetModel

/// What a test process says of itself: one JSON object on descriptor 3, which it then closes.
///
/// A process that ends without one has crashed, or was killed.
public struct TestVerdict: Hashable, Sendable, Codable {
    /// How the attempt ended: `passed`, `failed`, `timeout`, `skipped` or `no-interface`.
    public var outcome: Outcome
    /// One line for people: why it did not pass; nil when it did.
    public var message: String?
    /// What the assertion saw.
    public var failure: Failure?

    /// Describes how an attempt ended.
    public init(outcome: Outcome, message: String? = nil, failure: Failure? = nil) {
        self.outcome = outcome
        self.message = message
        self.failure = failure
    }

    /// The exit status that goes with it: 0 passed, 77 skipped, 78 interface not found, 1 everything else.
    public var exitStatus: Int32 {
        switch outcome {
        case .passed: 0
        case .skipped: 77
        case .noInterface: 78
        case .failed, .timeout, .crashed, .flaky, .notRun: 1
        }
    }
}

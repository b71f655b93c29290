import FleetModel
import FleetProtocol
import FleetScheduling

/// What the dispatcher knows of a test.
struct TestState: Hashable {
    /// How the latest attempt that was not fenced ended.
    struct Ending: Hashable {
        var outcome: Outcome
        var cause: Cause
        var message: String?
        var isInfrastructure: Bool
    }

    let test: TestCase
    /// The final outcome; nil while the test is pending or ordered.
    var outcome: Outcome?
    /// How many attempts failed and count toward `--retries`.
    var failures = 0
    /// How many attempts infrastructure spoiled.
    var infrastructureFailures = 0
    /// How many orders were refused.
    var refusals = 0
    /// Hosts that spoiled an attempt; others are preferred.
    var avoided: Set<HostID> = []
    /// How the latest attempt ended; nil before the first.
    var last: Ending?

    init(test: TestCase) { self.test = test }

    /// Takes note of an attempt that ended on a host and was not fenced.
    mutating func take(_ result: AttemptResult, from host: HostID, isRefusal: Bool, refusalLimit: Int) {
        let isInfrastructure = result.isInfrastructure
        last = Ending(
            outcome: result.outcome, cause: result.cause, message: result.message, isInfrastructure: isInfrastructure)
        if !isInfrastructure {
            if result.outcome.isRed { failures += 1 }
            return
        }
        avoided.insert(host)
        if isRefusal { refusals += 1 }
        // A refusal costs nothing, but nobody may refuse for ever.
        if !isRefusal || refusals > refusalLimit { infrastructureFailures += 1 }
    }

    /// What the attempts so far decide; nil when the test has to run, or to run again.
    func conclusion(_ settings: Dispatcher.Settings) -> Ending? {
        guard var last else { return nil }
        if last.isInfrastructure {
            guard infrastructureFailures > settings.infrastructureRetries else { return nil }
            last.outcome = .notRun
            return last
        }
        // The attempt itself says why.
        last.message = nil
        if last.outcome.isRed {
            last.cause = .test
            return failures > settings.retries ? last : nil
        }
        if last.outcome == .passed, failures > 0 {
            last.outcome = .flaky
            last.cause = .test
        }
        return last
    }
}

/// An attempt that was ordered and has no result yet.
struct OpenAttempt: Hashable {
    var test: TestID
    var lane: LaneID
    var epoch: Epoch
    var isRunning = false
    /// When it began, as far as the coordinator heard, in seconds of its monotonic clock.
    var since = 0.0

    /// Whether a result says that the agent never took the order, so that nothing was tried.
    func isRefused(by result: AttemptResult) -> Bool {
        result.isInfrastructure && !isRunning && result.cause == .host && result.seconds == 0
    }
}

extension AttemptResult {
    /// Whether host, environment or transport, not the test, decided how the attempt ended.
    var isInfrastructure: Bool { outcome == .notRun && cause != .test }
}

public import FleetModel

/// The exit status of the coordinator.
public enum RunStatus: Int32, Sendable {
    /// Every test passed; skips by 77 and passes on a retry included.
    case passed = 0
    /// A test failed, timed out or crashed.
    case failed = 1
    /// A test could not be run, nothing matched, too few hosts, or the deadline.
    case incomplete = 2
    /// The command line is wrong.
    case usage = 64
    /// An input file is wrong.
    case badInput = 65
    /// Output cannot be written.
    case cannotWrite = 74
    /// Ended by SIGINT.
    case interrupted = 130
    /// Ended by SIGTERM.
    case terminated = 143

    /// The status of a finished run's outcomes.
    ///
    /// A built-in test that skipped itself leaves the run incomplete: nobody asked it to.
    public init(outcomes: some Sequence<(test: TestCase, outcome: Outcome)>, failsOnFlaky: Bool) {
        var isIncomplete = false
        var isRed = false
        for (test, outcome) in outcomes {
            isRed = isRed || outcome.isRed || (failsOnFlaky && outcome == .flaky)
            isIncomplete = isIncomplete || outcome.isMissing || (outcome == .skipped && test.kind == .builtin)
        }
        self = isRed ? .failed : isIncomplete ? .incomplete : .passed
    }
}

import FleetModel

/// What a run came to, in one word and one sentence; text and HTML say the same.
struct Verdict {
    /// The one word.
    enum Kind: String {
        /// Everything that was chosen passed, or said itself that it cannot run.
        case passed
        /// A test failed, timed out or crashed.
        case failed
        /// Something is missing: a test that was not run, or hosts.
        case incomplete
        /// Somebody stopped the run.
        case interrupted
    }

    /// The one word.
    let kind: Kind
    /// Such as `2 of 8 tests failed` or `All 8 tests passed`.
    let headline: String
    /// Such as `6 passed, 1 failed, 1 timed out`; outcomes that did not occur are left out.
    let counts: String
    /// Such as `reference platform 0.1, built in, on 4 hosts, 1 of them lost`.
    let subject: String

    init(_ report: RunReport) {
        let run = report.run
        let total = report.tests.count
        let red = report.tests.count { $0.outcome.isRed }
        let missing = report.tests.count { $0.outcome.isMissing }
        kind = Self.kind(of: run, red: red, missing: missing)
        counts =
            total == 0
            ? "no tests"
            : Outcome.byUrgency.reversed().compactMap { outcome in
                let count = report.count(outcome)
                return count == 0 ? nil : "\(count) \(outcome.words)"
            }.joined(separator: ", ")
        headline = Self.headline(kind, report: report, red: red, missing: missing)

        let lost = report.hosts.count { $0.lost }
        let tested = run.tested.isEmpty ? "nothing (no environment came up)" : PlainText.line(run.tested)
        let lostWords = lost == 0 ? "" : lost == 1 && report.hosts.count == 1 ? ", lost" : ", \(lost) of them lost"
        subject = "\(tested), on \(Figures.count(report.hosts.count, "host"))\(lostWords)"
    }

    private static func kind(of run: RunReport.Run, red: Int, missing: Int) -> Kind {
        switch run.exit {
        case 130, 143: .interrupted
        case _ where red > 0: .failed
        case 0 where run.complete && missing == 0: .passed
        // A run that ends 1 without a red test was told to count flaky ones as failures.
        case 1: .failed
        default: .incomplete
        }
    }

    private static func headline(_ kind: Kind, report: RunReport, red: Int, missing: Int) -> String {
        let total = report.tests.count
        let flaky = report.count(.flaky)
        let skipped = report.count(.skipped)
        switch kind {
        case .failed where red == 0:
            return "\(Figures.count(flaky, "test")) flaky, which this run counts as failed"
        case .failed:
            let rest = missing == 0 ? "" : ", \(missing) not run"
            return "\(red) of \(Figures.count(total, "test")) failed\(rest)"
        case .incomplete where total == 0:
            return "Nothing was run"
        case .incomplete where missing == 0:
            return "Incomplete: \(Figures.count(total, "test")) ended, but the run did not do all that was asked"
        case .incomplete:
            return "Incomplete: \(missing) of \(Figures.count(total, "test")) could not be run"
        case .interrupted:
            return
                "Interrupted: \(total - missing) of \(Figures.count(total, "test")) ended\(red == 0 ? "" : ", \(red) failed")"
        case .passed where skipped == total:
            return total == 0 ? "Nothing was run" : "All \(Figures.count(total, "test")) skipped"
        case .passed where skipped > 0:
            return "\(total - skipped) of \(Figures.count(total, "test")) passed, \(skipped) skipped"
        case .passed:
            return total == 1 ? "The one test passed" : "All \(total) tests passed"
        }
    }
}

import FleetModel
import Testing

@testable import FleetCoordinator

/// Several runs as one report.
@Suite struct MergingTests {
    private func report(_ number: Int, _ outcomes: [String: Outcome], exit: Int? = nil) throws -> RunReport {
        let tests = try outcomes.sorted { $0.key < $1.key }.map { name, outcome in
            RunReport.Test(
                id: try #require(TestID("suite/\(name)")), title: name, mode: nil, outcome: outcome, cause: .test,
                attempts: [
                    .init(
                        host: HostID("h\(number)"), lane: 0, slot: 0, epoch: Epoch(rawValue: 1),
                        start: "2026-03-0\(number)T10:00:00.000Z", counted: true,
                        result: AttemptResult(outcome: outcome, seconds: 1))
                ], rerun: "coordinator run")
        }
        let isRed = outcomes.values.contains(where: \.isRed)
        let run = RunReport.Run(
            id: try #require(RunID(rawValue: "run-\(number)")), exit: exit ?? (isRed ? 1 : 0), complete: true,
            started: "2026-03-0\(number)T10:00:00.000Z", seconds: 10, tested: "command tests only")
        return RunReport(
            run: run, hosts: [.init(name: HostID("h\(number)"), slots: 1, lost: false, services: [])], tests: tests)
    }

    @Test func everyTestIsThereOnceWithAllItsAttempts() throws {
        let reports = [try report(2, ["b": .passed, "c": .passed]), try report(1, ["a": .passed, "b": .passed])]
        let merged = try #require(RunReport(merging: reports))
        #expect(merged.tests.map(\.id.description) == ["suite/a", "suite/b", "suite/c"])
        #expect(merged.tests[1].attempts.map(\.host.name) == ["h1", "h2"])
        #expect(merged.hosts.map(\.name.name) == ["h1", "h2"])
        #expect((merged.run.id.rawValue, merged.run.exit, merged.run.seconds) == ("run-2", 0, 20))
        #expect(merged.run.started.hasPrefix("2026-03-01"))
    }

    @Test(arguments: [
        (Outcome.failed, Outcome.passed, Outcome.flaky), (.passed, .failed, .flaky), (.failed, .failed, .failed),
        (.notRun, .passed, .passed), (.failed, .notRun, .failed), (.timeout, .skipped, .timeout),
        (.passed, .skipped, .passed), (.flaky, .passed, .flaky), (.failed, .timeout, .timeout),
        (.flaky, .failed, .flaky), (.notRun, .notRun, .notRun),
    ]) func noFailureIsHidden(early: Outcome, late: Outcome, merged: Outcome) throws {
        let both = try #require(RunReport(merging: [try report(1, ["a": early]), try report(2, ["a": late])]))
        #expect(both.tests.map(\.outcome) == [merged])
        #expect(both.run.exit == (merged.isRed ? 1 : merged.isMissing ? 2 : 0))
    }

    @Test func aRunThatDidNotPassForAnotherReasonHasNotPassedHere() throws {
        let reports = [try report(1, ["a": .passed], exit: 130), try report(2, ["a": .passed])]
        #expect(RunReport(merging: reports)?.run.exit == 130)
        #expect(RunReport(merging: []) == nil)
    }
}

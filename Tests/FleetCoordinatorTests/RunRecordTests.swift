import FleetModel
import FleetProtocol
import FleetReports
import Testing

@testable import FleetCoordinator

@Suite struct RunRecordTests {
    private func report(_ tests: [String], _ events: [JournalEntry.Event]) throws -> RunReport {
        var record = RunRecord()
        record.apply(.at(0, .begun(.sample(tests: tests))))
        for (index, event) in events.enumerated() { record.apply(.at(index + 1, event)) }
        return try #require(record.report)
    }

    @Test func nothingIsReportedBeforeTheBeginning() {
        #expect(RunRecord().report == nil)
    }

    @Test func aFencedAttemptIsShownAndNotCounted() throws {
        let test = try #require(TestID("suite/one"))
        let report = try report(
            ["suite/one"],
            [
                .started("h1", 1), .result("h1", .infrastructure, .sample(0, test: test, outcome: .notRun)),
                .started("h2", 2), .result("h2", .counted, .sample(1, attempt: 2, test: test)),
                .settled(test, .passed), .result("h1", .fenced, .sample(1, test: test, outcome: .failed)),
                .ended(.init(exit: 0, interruption: nil, seconds: 9)),
            ])
        let found = try #require(report.tests.first)
        #expect(found.outcome == .passed)
        #expect(found.attempts.map(\.counted).sorted { $0 && !$1 } == [true, false, false])
        #expect(found.attempts.count { $0.host == HostID("h1") } == 2)
        #expect(report.run.complete)
        #expect(report.run.exit == 0)
        #expect(found.rerun == "coordinator run --local 1 --filter '^suite/one$'")
    }

    @Test func whyATestWasNotRunIsTold() throws {
        let test = try #require(TestID("suite/one"))
        let report = try report(
            ["suite/one", "suite/two"],
            [
                .result("h1", .infrastructure, .sample(0, test: test, outcome: .notRun)),
                .settled(test, .notRun, "no host is left to run it"),
            ])
        let messages = report.tests[0].attempts.map(\.result.message)
        #expect(messages.contains("no host is left to run it"))
        #expect(report.tests[1].outcome == .notRun, "what was never settled was not run")
        #expect(!report.run.complete)
        #expect(report.run.exit == 2, "a run without an end is incomplete")
    }

    @Test func aRepeatedBeginningDoesNotMoveTheStart() throws {
        let test = try #require(TestID("suite/one"))
        let report = try report(
            ["suite/one"],
            [.started("h1", 1), .started("h1", 1), .result("h1", .counted, .sample(1, test: test))])
        #expect(report.tests[0].attempts[0].start == "2026-03-01T10:15:01.000Z")
    }

    @Test func hostsKeepWhatHappenedToThem() throws {
        let service = ServiceInfo(name: "dns", backing: .native, version: "knot 3.2.6", readySeconds: 0.5)
        let report = try report(
            ["suite/one"],
            [
                .change("h1", .ready, ""), .change("h1", .lost, "nothing was heard for 15 s"),
                .change("h2", .lost, "it died"), .change("h2", .restarted, "started again"),
                .environment(HostID("h2"), .init(lane: 0, mode: .solo, state: .ready, services: [service])),
            ])
        #expect(report.hosts.map(\.lost) == [true, false])
        #expect(report.hosts[0].notes == ["nothing was heard for 15 s"])
        #expect(report.hosts[1].services == [service])
    }

    @Test func aTalkativeAgentCannotFillTheReport() throws {
        let flood = Array(
            repeating: JournalEntry.Event.change("h1", .notice, String(repeating: "x", count: 100_000)), count: 50)
        let words = (0..<1000).map { JournalEntry.Event.change("h2", .notice, "note \($0)") }
        var record = RunRecord()
        record.apply(.at(0, .begun(.sample(tests: ["suite/one"]))))
        for event in flood + words { record.apply(.at(1, event)) }
        let hosts = try #require(record.report).hosts
        #expect(hosts[0].notes.allSatisfy { $0.utf8.count < 10_000 })
        #expect(hosts[1].notes.count <= 201)
    }

    @Test func resultsForTestsOfNoRunAreLeftOut() throws {
        let stranger = try #require(TestID("other/one"))
        let report = try report(["suite/one"], [.result("h1", .fenced, .sample(1, test: stranger))])
        #expect(report.tests.map(\.id.description) == ["suite/one"])
    }
}

@Suite struct RunStatusTests {
    @Test(arguments: [
        ([Outcome.passed, .passed], true, false, RunStatus.passed), ([.passed, .failed], true, false, .failed),
        ([.timeout], true, false, .failed), ([.crashed, .notRun], true, false, .failed),
        ([.passed, .notRun], true, false, .incomplete), ([.noInterface], true, false, .incomplete),
        ([.flaky], true, false, .passed), ([.flaky], true, true, .failed), ([.skipped], true, false, .incomplete),
        ([.skipped], false, false, .passed), ([], true, false, .passed),
    ])
    func theStatusFollowsTheOutcomes(
        outcomes: [Outcome], isBuiltin: Bool, failsOnFlaky: Bool, expected: RunStatus
    ) throws {
        let id = try #require(TestID("suite/one"))
        let kind: TestCase.Kind = isBuiltin ? .builtin : .command(CommandSpecification(command: .shell("true")))
        let test = TestCase(id: id, title: "one", modes: [], kind: kind)
        let status = RunStatus(outcomes: outcomes.map { (test, $0) }, failsOnFlaky: failsOnFlaky)
        #expect(status == expected)
    }
}

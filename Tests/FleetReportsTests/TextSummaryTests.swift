import FleetModel
import FleetReports
import Testing

@Suite struct TextSummaryTests {
    private func lines(_ report: RunReport, colour: Bool = false) -> [String] {
        TextSummary(report, colour: colour).render().split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
    }

    @Test func firstAndLastLineSayWhatWasTestedAndOnHowManyHosts() throws {
        let mixed = lines(try Samples.mixed())
        #expect(
            mixed.first
                == "Tested reference platform 0.1, built in, on 4 hosts, 1 of them lost: 10 tests, run 20260704-101500-a1b2."
        )
        #expect(
            mixed.dropLast().last
                == "FAILED: 3 of 10 tests failed, 2 not run (3 passed, 1 skipped, 1 flaky, 1 not run, 1 no interface, "
                + "1 timed out, 1 crashed, 1 failed) in 43.2 s; tested reference platform 0.1, built in, on 4 hosts, "
                + "1 of them lost; exit status 1.")
        let green = lines(try Samples.green())
        #expect(
            green.dropLast().last
                == "PASSED: All 4 tests passed (4 passed) in 43.2 s; tested reference platform 0.1, built in, on 2 hosts; "
                + "exit status 0.")
    }

    @Test func aFailureShowsAllThatIsNeeded() throws {
        let text = TextSummary(try Samples.mixed()).render()
        let begin = try #require(text.firstRange(of: "FAILED modes/solo/server-deployment · Server deployment"))
        let end = try #require(text[begin.upperBound...].firstRange(of: "\n\n"))
        let block = String(text[begin.lowerBound..<end.lowerBound])
        for part in [
            "solo, on lab-2, lane 0, slot 0, 3.21 s; blamed on: test", "  The server has no A record\n",
            "    expected: web-01.provisioning.local. A 127.64.0.12\n",
            "    actual:   web-01.provisioning.local. A 127.64.0.21\n",
            "    at:       Sources/FleetSuites/Modes/Solo/ServerDeployment.swift:87\n",
            "  output:\n    │ creating server web-01\n", "  log of dns meanwhile:\n    │ knotd: info",
            "  log of orchestrator meanwhile:", "files: out/dig answer.txt (812 bytes)",
            "    2. failed on lab-2, lane 0, slot 0: The server has no A record",
            "  run it again: coordinator run --agents hosts.txt --filter '^modes/solo/server-deployment$'",
        ] {
            #expect(block.contains(part), "no “\(part)” in:\n\(block)")
        }
    }

    @Test func everyTestThatDidNotPassIsNamed() throws {
        let report = try Samples.mixed()
        let text = TextSummary(report).render()
        for test in report.tests where test.outcome != .passed { #expect(text.contains(test.id.description)) }
        #expect(text.contains("skipped smoke/skips-itself: no IPv6 on this host"))
        #expect(
            text.contains("lab-3 LOST: 2 slots, 0 tests; orchestrator reference platform 0.1 (builtin), dns knot 3.2.6")
        )
        #expect(text.contains("! Its agent stopped answering 4.1 s into the run."))
    }

    @Test func escapesAreNeutralisedAndColourIsOnlyOurs() throws {
        #expect(
            !TextSummary(try Samples.nasty()).render().unicodeScalars.contains {
                $0.value < 0x20 && $0 != "\n" && $0 != "\t"
            })
        let coloured = TextSummary(try Samples.nasty(), colour: true).render()
        for piece in coloured.split(separator: "\u{1B}").dropFirst() {
            #expect(piece.wholeMatch(of: #/\[[0-9;]+m[^\x1b]*/#.dotMatchesNewlines()) != nil)
        }
        #expect(coloured.contains("\u{1B}[1;31m"))
    }

    @Test func longOutputIsCutAndSaysSo() throws {
        let text = TextSummary(try Samples.big(20, redEvery: 20)).render()
        #expect(text.contains("  output (last 30 of 200 lines):"))
    }

    @Test(arguments: [
        (0, true, [Outcome.passed, .passed], "PASSED: All 2 tests passed"),
        (0, true, [.passed, .skipped], "PASSED: 1 of 2 tests passed, 1 skipped"),
        (0, true, [.passed], "PASSED: The one test passed"),
        (0, true, [.skipped], "PASSED: All 1 test skipped"),
        (1, true, [.flaky, .passed], "FAILED: 1 test flaky, which this run counts as failed"),
        (2, false, [.notRun, .passed], "INCOMPLETE: Incomplete: 1 of 2 tests could not be run"),
        (2, true, [.passed], "INCOMPLETE: Incomplete: 1 test ended, but the run did not do all that was asked"),
        (2, false, [], "INCOMPLETE: Nothing was run"),
        (130, false, [.passed, .notRun], "INTERRUPTED: Interrupted: 1 of 2 tests ended"),
        (0, false, [.notRun], "INCOMPLETE: "),
    ])
    func theVerdictFits(exit: Int, complete: Bool, outcomes: [Outcome], expected: String) throws {
        let tests = try outcomes.enumerated().map { number, outcome in
            try Samples.test("a/t-\(number)", "", outcome, [])
        }
        let report = RunReport(
            run: try Samples.run(exit: exit, complete: complete), hosts: [Samples.host("one")], tests: tests)
        let last = try #require(lines(report).dropLast().last)
        #expect(last.hasPrefix(expected), "\(last)")
    }
}

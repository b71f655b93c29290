import Testing

extension Integration {
    /// Command tests that do all that tests do: fail, crash, hang, fork, flood, skip and leave files.
    @Suite(.serialized, .enabled(Programs.noLab, Programs.canRunInLab))
    struct CommandTests {
        static let suite = SuiteFile(
            tests: [
                .init(id: "hard/passes", command: "echo fine"),
                .init(id: "hard/fails", command: "echo expected 4 but found 5; exit 1"),
                .init(id: "hard/crashes", command: "echo last words; kill -SEGV $$"),
                .init(id: "hard/hangs", command: "echo begun; trap '' TERM; sleep 1000", more: ["timeout: 2"]),
                .init(id: "hard/skips", command: "echo not here; exit 77"),
                .init(id: "hard/forks", command: "setsid sleep 1000 & (trap '' TERM; sleep 1000) & exit 0"),
                .init(id: "hard/floods", command: "echo first; yes middle | head -c 30000000; echo last"),
                .init(
                    id: "hard/leaves-files", command: "mkdir out; echo kept >out/kept.log; cat given/text.txt",
                    more: [#"artifacts: ["out/*.log"]"#]),
            ], files: ["given/*.txt"])

        @Test func eachCostsItselfAlone() async throws {
            try await Scratch.with { scratch in
                try await Lab.with(hosts: 2, scratch) { lab in
                    let run = try CoordinatorRun(in: scratch)
                    try scratch.makeDirectory("given")
                    try scratch.write("given with the suite\n", to: "given/text.txt")
                    let end = try await run.start(on: lab, try run.choice(Self.suite)).end(within: .seconds(120))
                    #expect(end.status == 1, "\(end)")
                    try await lab.expectClean(within: 20)
                    try await run.expectValidReports()
                    let results = try run.results
                    #expect(results.run.complete && results.run.exit == 1)
                    #expect(results.tests.map(\.id).sorted() == Self.suite.ids.sorted())
                    #expect(results.tests.allSatisfy { $0.attempts.count { $0.counted } == 1 })
                    try expectOutcomes(results)
                    try expectReportsAgree(run, end)
                    try expectArtifact(run, results)
                    try await expectRerunCommandWorks(results, lab, scratch)
                }
            }
        }

        private func expectOutcomes(_ results: TestResults) throws {
            let expected = [
                "passes": "passed", "fails": "failed", "crashes": "crashed", "hangs": "timeout", "skips": "skipped",
                "forks": "passed", "floods": "passed", "leaves-files": "passed",
            ]
            for (name, outcome) in expected {
                let test = try results.test("hard/\(name)")
                #expect(test.outcome == outcome, "\(test)")
                #expect(test.cause == "test", "\(test)")
            }
            let crash = try #require(try results.test("hard/crashes").attempts.last)
            #expect(crash.message?.contains("SEGV") == true || crash.message?.contains("signal 11") == true, "\(crash)")
            #expect(crash.output.head.contains("last words"), "\(crash)")
            let hang = try #require(try results.test("hard/hangs").attempts.last)
            #expect(hang.output.head.contains("begun") && (2..<6).contains(hang.seconds), "\(hang)")
            let flood = try #require(try results.test("hard/floods").attempts.last)
            #expect(flood.output.head.hasPrefix("first\n") && flood.output.tail.hasSuffix("last\n"))
            #expect(flood.output.cutBytes > 20_000_000 && flood.output.head.utf8.count < 2_000_000)
        }

        private func expectReportsAgree(_ run: CoordinatorRun, _ end: RunningProgram.End) throws {
            let junit = try run.junit
            #expect(junit.ids.sorted() == Self.suite.ids.sorted())
            #expect(junit.failures + junit.errors == 3 && junit.skipped == 1)
            let rerun = try run.results.test("hard/fails").rerun
            #expect(end.output.contains(rerun), "no command that runs it again: \(end)")
            #expect(end.output.contains("expected 4 but found 5"), "\(end)")
        }

        private func expectArtifact(_ run: CoordinatorRun, _ results: TestResults) throws {
            let attempt = try #require(try results.test("hard/leaves-files").attempts.last)
            #expect(attempt.output.head.contains("given with the suite"), "\(attempt)")
            #expect(attempt.artifacts.map(\.path) == ["out/kept.log"])
            let kept = Scratch.files(with: attempt.artifacts.first?.sha256 ?? "?", below: run.stateDirectory)
            #expect(try kept.map(Scratch.read) == ["kept\n"], "\(kept)")
            let html = try Scratch.read(run.htmlFile)
            #expect(kept.allSatisfy(html.contains), "the page does not link the file")
        }

        /// Carries the printed command out as a person would.
        private func expectRerunCommandWorks(_ results: TestResults, _ lab: Lab, _ scratch: Scratch) async throws {
            let rerun = try results.test("hard/fails").rerun
            let again = try CoordinatorRun(in: scratch)
            let directory = Programs.directory ?? ""
            let line = "PATH=\(directory):$PATH; \(rerun) --output-dir \(again.outputDirectory)"
            let end = try await RunningProgram.run(
                lab.command(["sh", "-c", line]), in: scratch, variables: ["XDG_STATE_HOME": again.stateDirectory],
                within: .seconds(60))
            #expect(end.status == 1, "\(end)")
            #expect(try again.results.tests.map(\.id) == ["hard/fails"])
        }

        @Test func retriedTestIsFlakyAndKeepsAllAttempts() async throws {
            try await Scratch.with { scratch in
                try await Lab.with(hosts: 1, scratch) { lab in
                    let run = try CoordinatorRun(in: scratch)
                    let suite = SuiteFile(
                        tests: [.init(id: "hard/flaky", command: "[ $(($(date +%s%N) % 4)) = 0 ]")])
                    let program = try run.start(on: lab, try run.choice(suite) + ["--retries", "60"])
                    let end = try await program.end(within: .seconds(90))
                    #expect(end.status == 0, "\(end)")
                    let test = try run.results.test("hard/flaky")
                    #expect(test.outcome == (test.attempts.count > 1 ? "flaky" : "passed"), "\(test)")
                    #expect(test.attempts.dropLast().allSatisfy { $0.outcome == "failed" })
                    try await lab.expectClean(within: 20)
                }
            }
        }
    }
}

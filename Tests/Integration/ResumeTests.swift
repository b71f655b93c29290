import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension Integration {
    /// The coordinator is killed without a warning, and its run is taken up again.
    @Suite(.serialized, .enabled(if: Programs.areBuilt, Programs.notBuilt))
    struct ResumeTests {
        /// A run whose tests write down each of their starts.
        private struct Rig {
            let scratch: Scratch
            let run: CoordinatorRun
            let suite: SuiteFile
            let log: String
            let words: [String]

            init(_ scratch: Scratch, tests: Int, grace: Int = 30) throws {
                self.scratch = scratch
                run = try CoordinatorRun(in: scratch)
                log = scratch.path("starts")
                var suite = SuiteFile.seconds(tests)
                for index in suite.tests.indices {
                    suite.tests[index].command = "echo \(suite.tests[index].id) >>\(log); sleep 0.5"
                }
                self.suite = suite
                words = ["--local", "2", "--grace", "\(grace)s"] + (try run.choice(suite))
            }

            /// Starts a run and kills its coordinator when some tests have ended.
            func startAndKill(after count: Int) async throws {
                let program = try run.start(words)
                try await run.waitUntilSettled(count, of: program)
                program.send(signal: SIGKILL)
                let end = try await program.end(within: .seconds(10))
                #expect(end.status == 128 + SIGKILL)
            }

            func resume(_ more: String...) throws -> RunningProgram {
                try RunningProgram.start(
                    [Programs.coordinator, "resume", "last"] + more, in: scratch,
                    variables: ["XDG_STATE_HOME": run.stateDirectory])
            }

            /// How often each test began.
            var starts: [String: Int] {
                let lines = ((try? Scratch.read(log)) ?? "").split(separator: "\n").map(String.init)
                return Dictionary(lines.map { ($0, 1) }, uniquingKeysWith: +)
            }

            /// The tests that had an outcome by the events of the first coordinator.
            var settledBefore: [String] {
                let lines = ((try? Scratch.read(run.eventsFile)) ?? "").split(separator: "\n")
                return lines.filter { $0.contains(#""event":"settled""#) }.compactMap { line in
                    line.firstMatch(of: /"test":"([^"]*)"/).map { String($0.output.1) }
                }
            }

            var directory: String {
                get throws {
                    let journal = try #require(Scratch.files(with: "journal.jsonl", below: run.stateDirectory).first)
                    return String(journal.dropLast("/journal.jsonl".count))
                }
            }

            /// Expects that every test passed and counts once, and that none with a result ran again.
            func expectWhole(_ end: RunningProgram.End) throws {
                #expect(end.status == 0, "\(end)")
                let results = try run.results
                #expect(results.run.complete && results.run.exit == 0)
                #expect(results.tests.map(\.id) == suite.ids.sorted())
                for test in results.tests {
                    #expect(test.outcome == "passed", "\(test)")
                    #expect(test.attempts.count { $0.counted } == 1, "\(test)")
                }
                for test in settledBefore { #expect(starts[test] == 1, "\(test) had a result and ran again") }
                #expect(try !Scratch.exists("\(directory)/token"), "the token outlived the run")
                #expect(Scratch.files(with: "sessions/", below: scratch.path("home")).isEmpty)
            }
        }

        @Test func agentsThatWaitGoOnAndNothingRunsTwice() async throws {
            try await Scratch.with { scratch in
                let rig = try Rig(scratch, tests: 16)
                try await rig.startAndKill(after: 4)
                let end = try await rig.resume().end(within: .seconds(60))
                try rig.expectWhole(end)
                // The agents never knew: what they finished meanwhile counts, what they ran went on.
                #expect(rig.starts.values.allSatisfy { $0 == 1 }, "\(rig.starts)")
                #expect(try rig.run.results.tests.allSatisfy { $0.attempts.count == 1 })
                let again = try await rig.resume().end(within: .seconds(20))
                #expect(again.status == 0)
                #expect(again.errors.contains("nothing is left to do"), "\(again)")
            }
        }

        @Test func agentsThatHaveGoneAreStartedAnewAndATornRecordIsCutOff() async throws {
            try await Scratch.with { scratch in
                let rig = try Rig(scratch, tests: 12, grace: 2)
                try await rig.startAndKill(after: 3)
                // They wait for 2 s, then they tear down.
                try await eventually(within: .seconds(20), "the agents have gone") {
                    Scratch.files(with: "sessions/", below: scratch.path("home")).isEmpty
                }
                let journal = "\(try rig.directory)/journal.jsonl"
                #expect(truncate(journal, off_t(try Scratch.read(journal).utf8.count - 7)) == 0)
                let resumed = try rig.resume()
                let end = try await resumed.end(within: .seconds(60))
                try rig.expectWhole(end)
                #expect(end.errors.contains("torn record"), "\(end)")
            }
        }

        @Test func aResumedRunThatIsKilledIsResumedAgain() async throws {
            try await Scratch.with { scratch in
                let rig = try Rig(scratch, tests: 16)
                try await rig.startAndKill(after: 3)
                let events = scratch.path("second")
                let second = try rig.resume("--events", events)
                try await eventually(within: .seconds(30), "more tests have ended") {
                    ((try? Scratch.read(events)) ?? "").split(separator: "\n")
                        .count { $0.contains(#""event":"settled""#) } >= 3
                }
                let refused = try await rig.resume().end(within: .seconds(20))
                #expect(refused.status != 0)
                #expect(refused.errors.contains("still goes on"), "\(refused)")
                second.send(signal: SIGKILL)
                _ = try await second.end(within: .seconds(10))
                let third = try await rig.resume().end(within: .seconds(60))
                try rig.expectWhole(third)
                #expect(rig.starts.values.allSatisfy { $0 == 1 }, "\(rig.starts)")
            }
        }

        @Test func anInterruptedRunGoesOnWhereItStopped() async throws {
            try await Scratch.with { scratch in
                let rig = try Rig(scratch, tests: 10)
                let program = try rig.run.start(rig.words)
                try await rig.run.waitUntilSettled(3, of: program)
                program.send(signal: SIGINT)
                let end = try await program.end(within: .seconds(20))
                #expect(end.status == 130)
                let before = try rig.run.results.tests.filter { $0.outcome == "passed" }
                #expect(before.count >= 3)
                let resumed = try await rig.resume().end(within: .seconds(60))
                #expect(resumed.status == 0, "\(resumed)")
                #expect(try rig.run.results.tests.allSatisfy { $0.outcome == "passed" })
                for test in before { #expect(rig.starts[test.id] == 1, "\(test.id) ran again") }
            }
        }

        @Test func damageInTheMiddleIsRefusedWithItsLineAndReportedAllTheSame() async throws {
            try await Scratch.with { scratch in
                let rig = try Rig(scratch, tests: 6)
                let end = try await rig.run.start(rig.words).end(within: .seconds(60))
                #expect(end.status == 0, "\(end)")
                let journal = "\(try rig.directory)/journal.jsonl"
                var lines = try Scratch.read(journal).split(separator: "\n").map(String.init)
                lines[5] = lines[5].replacing("1", with: "2")
                try Array((lines.joined(separator: "\n") + "\n").utf8).withUnsafeBytes { bytes in
                    let descriptor = open(journal, O_WRONLY | O_TRUNC)
                    defer { close(descriptor) }
                    try #require(write(descriptor, bytes.baseAddress, bytes.count) == bytes.count)
                }
                let refused = try await rig.resume().end(within: .seconds(20))
                #expect(refused.status == 65)
                #expect(refused.errors.contains("journal.jsonl:6: this record of the journal is damaged"), "\(refused)")
                let report = try await RunningProgram.run(
                    [Programs.coordinator, "report", "last", "--output-dir", scratch.path("again")], in: scratch,
                    variables: ["XDG_STATE_HOME": rig.run.stateDirectory])
                #expect(report.status == 65)
                #expect(try TestResults.read(in: scratch.path("again")).tests.count == 6)
            }
        }
    }
}

import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension Integration {
    /// The coordinator is asked to end, or dies.
    @Suite(.serialized, .enabled(Programs.noLab, Programs.canRunInLab))
    struct InterruptionTests {
        @Test(arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143))])
        func signalEndsTheRunWithReports(signal: Int32, status: Int32) async throws {
            try await onTwoHosts { lab, run, program, suite in
                program.send(signal: signal)
                let asked = ContinuousClock.now
                let end = try await program.end(within: .seconds(10))
                #expect(ContinuousClock.now - asked < .seconds(5), "\(end)")
                #expect(end.status == status, "\(end)")
                let results = try run.results
                #expect(!results.run.complete)
                #expect(results.run.exit == Int(status))
                #expect(results.tests.map(\.id).sorted() == suite.ids.sorted())
                #expect(results.tests.contains { $0.outcome == "not-run" })
                #expect(results.tests.contains { $0.outcome == "passed" })
                #expect(try run.junit.ids.sorted() == suite.ids.sorted())
            }
        }

        @Test func secondSignalEndsAtOnce() async throws {
            try await onTwoHosts { lab, run, program, suite in
                try await lab.must("partition", "h1")
                program.send(signal: SIGINT)
                // Two signals of one kind that are sent at once are one signal.
                try await eventually(within: .seconds(3), "the first signal is heard: \(program.errorsSoFar)") {
                    run.settled == suite.tests.count
                }
                program.send(signal: SIGINT)
                let end = try await program.end(within: .seconds(1))
                #expect(end.status == 130, "\(end)")
                #expect(try end.errors.contains(lab.address("h1")), "it does not say what was left: \(end)")
                try await lab.must("heal", "h1")
            }
        }

        @Test func agentsEndAloneWhenTheCoordinatorIsKilled() async throws {
            try await onTwoHosts { _, _, program, _ in
                program.send(signal: SIGKILL)
                let end = try await program.end(within: .seconds(5))
                #expect(end.status == 128 + SIGKILL, "\(end)")
            }
        }

        /// Hands a run in its middle to the body; afterwards the hosts must become clean.
        private func onTwoHosts(
            _ body: (Lab, CoordinatorRun, RunningProgram, SuiteFile) async throws -> Void
        ) async throws {
            try await Scratch.with { scratch in
                try await Lab.with(hosts: 2, scratch) { lab in
                    let suite = SuiteFile.seconds(60)
                    let run = try CoordinatorRun(in: scratch)
                    let program = try run.start(on: lab, try run.choice(suite) + ["--grace", "5s"])
                    try await run.waitUntilSettled(4, of: program)
                    try await body(lab, run, program, suite)
                    try await lab.expectClean(within: 40)
                }
            }
        }
    }
}

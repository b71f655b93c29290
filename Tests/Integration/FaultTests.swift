import Testing

extension Integration {
    /// Hosts, agents and workers fail during a run of one-second tests on four hosts with two slots each.
    @Suite(.serialized, .enabled(Programs.noLab, Programs.canRunInLab))
    struct FaultTests {
        /// What one run with one fault left.
        struct Aftermath {
            var results: TestResults
            /// The host that the fault was done to.
            var victim: TestResults.Host
        }

        @Test func killedAgentCostsNoTest() async throws {
            let after = try await run { try await $0.must("kill", "h2", "agent") }
            #expect(after.victim.notes.contains { $0.contains("died") }, "\(after.victim)")
        }

        @Test func stoppedAgentLosesItsLease() async throws {
            let after = try await run { try await $0.must("pause", "h2") }
            #expect(after.victim.notes.contains { $0.contains("nothing was heard") }, "\(after.victim)")
        }

        @Test func shortCutIsSurvived() async throws {
            let after = try await run { try await $0.must("partition", "h2", "--for", "5") }
            #expect(!after.victim.lost, "\(after.victim)")
            #expect(!after.victim.notes.isEmpty, "the report does not name the cut")
            #expect(
                after.results.tests.contains { $0.attempts.contains { $0.host == after.victim.name && $0.counted } })
        }

        @Test func hostThatIsCutForGoodIsLost() async throws {
            let after = try await run(cleanWithin: 60) { try await $0.must("partition", "h2") }
            #expect(after.victim.lost, "\(after.victim)")
            #expect(!after.victim.notes.isEmpty)
        }

        @Test func killedWorkerIsBlamedOnTheHost() async throws {
            let after = try await run { try await $0.must("kill", "h2", "worker", "--wait", "10") }
            #expect(after.victim.notes.contains { $0.contains("worker") }, "\(after.victim)")
            #expect(!after.victim.lost)
        }

        @Test func everythingKilledOnAHostCostsNoTest() async throws {
            let after = try await run { try await $0.must("kill", "h2", "all") }
            #expect(!after.victim.notes.isEmpty, "\(after.victim)")
        }

        /// Runs the suite, does the fault to `h2` when an eighth of it is done, and checks what must hold after each.
        private func run(
            cleanWithin seconds: Int = 30, fault: (Lab) async throws -> Void
        ) async throws -> Aftermath {
            try await Scratch.with { scratch in
                try await Lab.with(scratch) { lab in
                    let suite = SuiteFile.seconds(Programs.faultTests)
                    let run = try CoordinatorRun(in: scratch)
                    let program = try run.start(on: lab, try run.choice(suite) + ["--grace", "10s"])
                    try await run.waitUntilSettled(suite.tests.count / 8, of: program)
                    try await fault(lab)
                    let end = try await program.end(within: .seconds(120 + Programs.faultTests))
                    try run.expectAllPassed(suite, end)
                    try await lab.expectClean(within: seconds)
                    let results = try run.results
                    let others = results.hosts.filter { !$0.name.hasSuffix(".12") }
                    #expect(others.count == 3 && others.allSatisfy { !$0.lost })
                    return Aftermath(results: results, victim: try results.host(try lab.address("h2")))
                }
            }
        }
    }
}

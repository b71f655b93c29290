import Testing

extension Integration {
    /// Hosts whose SSH server forbids forwarding: everything goes through `agent connect` on one command channel.
    @Suite(.serialized, .enabled(Programs.noLab, Programs.canRunInLab))
    struct RelayTests {
        @Test func everythingGoesThroughOneCommandChannel() async throws {
            try await Scratch.with { scratch in
                let odd = ["h1=no-forwarding", "h1=one-session", "h2=no-forwarding"]
                try await Lab.with(hosts: 2, odd: odd, scratch) { lab in
                    var suite = SuiteFile.seconds(24)
                    suite.tests.append(
                        SuiteFile.Test(
                            id: "load/artifact", command: "mkdir out; head -c 3000000 /dev/zero >out/big",
                            more: ["artifacts: [\"out/*\"]"]))
                    let run = try CoordinatorRun(in: scratch)
                    let program = try run.start(on: lab, try run.choice(suite) + ["--grace", "20s"])
                    try await run.waitUntilSettled(6, of: program)
                    // A cut of five seconds costs nothing; then the relay itself dies, and the agent does not.
                    try await lab.must("partition", "h1", "--for", "5")
                    try await lab.must("kill", "h2", "connect")
                    let end = try await program.end(within: .seconds(120))
                    try run.expectAllPassed(suite, end)
                    let results = try run.results
                    for host in results.hosts {
                        #expect(!host.lost, "\(host)")
                        #expect(host.notes.contains { $0.contains("`agent connect`") }, "\(host)")
                        #expect(results.tests.contains { $0.attempts.contains { $0.host == host.name && $0.counted } })
                    }
                    #expect(try results.test("load/artifact").attempts.first?.artifacts.count == 1)
                    try await lab.expectClean(within: 30)
                }
            }
        }
    }
}

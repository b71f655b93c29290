import Testing

extension Integration {
    /// `memory=` and `nice=` on hosts where we are an ordinary user and can make no control group.
    @Suite(.serialized, .enabled(Programs.noLab, Programs.canRunInLab))
    struct LimitTests {
        @Test func limitsOfAHostAreKeptForAnOrdinaryUser() async throws {
            try await Scratch.with { scratch in
                try await Lab.with(hosts: 1, scratch) { lab in
                    let lines = try Scratch.read(lab.hostsFile).split(separator: "\n").filter { $0.hasPrefix("fleet@") }
                    let file = try scratch.write(
                        lines.map { "\($0) memory=400M nice=11\n" }.joined(), to: "limited.txt")
                    let suite = SuiteFile(tests: [
                        .init(
                            id: "limit/eater",
                            command: "exec python3 -c 'x = b\"x\" * (900 << 20); import time; time.sleep(20)'"),
                        .init(
                            id: "limit/modest",
                            command: "exec python3 -c 'x = b\"x\" * (50 << 20); import time; time.sleep(3)'"),
                        .init(id: "limit/nice", command: "test $(nice) = 11"),
                    ])
                    let run = try CoordinatorRun(in: scratch)
                    let end = try await run.start(on: lab, hosts: file, try run.choice(suite)).end(within: .seconds(90))
                    #expect(end.status == 1, "\(end)")
                    let results = try run.results
                    let outcomes = Dictionary(uniqueKeysWithValues: results.tests.map { ($0.id, $0.outcome) })
                    let wanted = ["limit/eater": "crashed", "limit/modest": "passed", "limit/nice": "passed"]
                    #expect(outcomes == wanted, "\(results.tests)")
                    let attempt = try #require(results.tests.first { $0.id == "limit/eater" }?.attempts.last)
                    #expect(attempt.cause == "test", "\(attempt)")
                    let words = "killed, because what runs on this host exceeded memory=400M"
                    #expect(attempt.message?.contains(words) == true, "\(attempt)")
                    #expect(attempt.seconds < 15, "\(attempt)")
                    let notes = results.hosts.flatMap(\.notes).joined(separator: "\n")
                    #expect(notes.contains("memory=400M is kept by looking twice a second"), "\(notes)")
                    try await lab.expectClean(within: 20)
                }
            }
        }
    }
}

import Testing

extension Integration {
    /// Two coordinators on one lab at the same time.
    @Suite(.serialized, .enabled(Programs.noLab, Programs.canRunInLab))
    struct SharingTests {
        /// When a test began and ended on its host, in seconds.
        private struct Span {
            var host: String
            var begin: Double
            var end: Double
        }

        @Test func twoCoordinatorsShareOneLab() async throws {
            try await Scratch.with { scratch in
                try await Lab.with(hosts: 2, scratch) { lab in
                    let suite = Self.timed(24)
                    let runs = [try CoordinatorRun(in: scratch), try CoordinatorRun(in: scratch)]
                    let first = try runs[0].start(on: lab, try runs[0].choice(suite))
                    let second = try runs[1].start(on: lab, try runs[1].choice(suite))
                    let ends = [
                        try await first.end(within: .seconds(120)), try await second.end(within: .seconds(120)),
                    ]
                    for (run, end) in zip(runs, ends) { try run.expectAllPassed(suite, end) }
                    try await lab.expectClean(within: 20)
                    let words = ends.map(\.errors).joined()
                    #expect(
                        words.contains(/waiting for \d slots? of \S+, held by \S+'s run \S+ since \d+ s/), "\(words)")
                    let spans = try runs.flatMap { try Self.spans($0.results) }
                    #expect(spans.count == 48)
                    for (host, own) in Dictionary(grouping: spans, by: \.host) {
                        let most = own.map { one in own.count { $0.begin <= one.begin && one.begin < $0.end } }.max()
                        #expect(most == 2, "\(host) has two slots")
                    }
                }
            }
        }

        @Test func aHostWhoseSlotsStayTakenIsLeftOut() async throws {
            try await Scratch.with { scratch in
                try await Lab.with(hosts: 2, scratch) { lab in
                    let one = try scratch.write(
                        try Scratch.read(lab.hostsFile).split(separator: "\n")
                            .filter { !$0.contains(try lab.address("h2")) }.joined(separator: "\n"),
                        to: "h1.txt")
                    let long = try CoordinatorRun(in: scratch)
                    let holder = try long.start(on: lab, hosts: one, try long.choice(SuiteFile.seconds(60)))
                    try await long.waitUntilSettled(2, of: holder)
                    let short = try CoordinatorRun(in: scratch)
                    let suite = SuiteFile.seconds(8)
                    let end = try await short.start(on: lab, try short.choice(suite) + ["--wait-hosts", "2s"])
                        .end(within: .seconds(60))
                    try short.expectAllPassed(suite, end)
                    let left = try short.results.host(try lab.address("h1"))
                    #expect(left.notes.contains { $0.contains("held by") && $0.contains("--wait-hosts") }, "\(left)")
                    let strict = try CoordinatorRun(in: scratch)
                    let demand = ["--wait-hosts", "2s", "--require-hosts", "2"]
                    let none = try await strict.start(on: lab, try strict.choice(suite) + demand)
                        .end(within: .seconds(60))
                    #expect(none.status == 2, "\(none)")
                    #expect(try strict.results.tests.allSatisfy { $0.outcome == "not-run" && $0.attempts.count <= 1 })
                    #expect(try strict.results.tests.allSatisfy { !$0.attempts.contains { $0.epoch > 0 } })
                    holder.send(signal: 2)
                    #expect(try await holder.end(within: .seconds(15)).status == 130)
                    try await lab.expectClean(within: 20)
                }
            }
        }

        /// Tests that say when they began and when they ended.
        private static func timed(_ count: Int) -> SuiteFile {
            SuiteFile(
                tests: (1...count).map { number in
                    .init(
                        id: "share/timed-\(number)", command: "date +%s.%N; sleep 0.5; date +%s.%N",
                        more: ["estimate: 0.5"])
                })
        }

        private static func spans(_ results: TestResults) throws -> [Span] {
            try results.tests.flatMap(\.attempts).map { attempt in
                let times = attempt.output.head.split(separator: "\n").compactMap { Double($0) }
                try #require(times.count == 2, "\(attempt)")
                return Span(host: attempt.host, begin: times[0], end: times[1])
            }
        }
    }
}

import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Integration {
    /// `list` and `plan` print what `run` would do.
    @Suite(.serialized, .enabled(if: Programs.areBuilt, Programs.notBuilt))
    struct ChoiceTests {
        struct Entry: Decodable {
            var id: String
            var title: String
            var suite: String
            var modes: [String]
            var mode: String?
            var environment: String
            var tags: [String]
            var kind: String
        }

        @Test func listNamesTheBuiltInTestsOfSolo() async throws {
            let entries = try await list(["--suite", "modes/solo"])
            #expect(entries.count == 8)
            #expect(entries.allSatisfy { $0.suite == "modes/solo" && $0.mode == "solo" && $0.kind == "builtin" })
            #expect(Set(entries.map(\.id)).count == 8)
            #expect(entries.contains { $0.id == "modes/solo/minimal-services" })
        }

        /// The modes partition the tests, and a copy for another mode is chosen by that mode.
        @Test func eachTestHasOneHomeModeAndACopyForEveryOther() async throws {
            let all = try await list([])
            var parts: [String] = []
            for mode in Set(all.compactMap(\.mode)) {
                let part = try await list(["--mode", mode])
                #expect(part.allSatisfy { $0.mode == mode })
                parts += part.map(\.id)
            }
            #expect(parts.sorted() == all.map(\.id).sorted())
            let copies = try await list(["--all-modes"])
            #expect(copies.count == all.reduce(0) { $0 + $1.modes.count })
            for entry in all {
                let own = copies.filter { $0.id == entry.id || $0.id.hasPrefix("\(entry.id)@") }
                #expect(Set(own.compactMap(\.mode)) == Set(entry.modes), "\(entry.id)")
                #expect(own.allSatisfy { $0.modes.count == 1 && ($0.mode == entry.mode) == ($0.id == entry.id) })
            }
        }

        /// A seed is an order of its own; without one a run draws one and tells it.
        @Test func shuffledRunsHaveTheOrderOfTheirSeed() async throws {
            try await Scratch.with { scratch in
                func plan(_ words: [String], status: Int32 = 0) async throws -> String {
                    let command = [Programs.coordinator, "run", "--dry-run", "--suite", "services"] + words
                    let end = try await RunningProgram.run(command, in: scratch, within: .seconds(20))
                    #expect(end.status == status, "\(end)")
                    return end.output
                }
                let orders = [
                    try await plan([]), try await plan(["--shuffle", "7"]), try await plan(["--shuffle", "8"]),
                ]
                #expect(Set(orders).count == 3)
                #expect(try await plan(["--shuffle=7"]) == orders[1])
                #expect(try await plan(["--shuffle", "--retries", "0"]).contains("services/dns/caching"))
                _ = try await plan(["--shuffle", "seven"], status: 64)
            }
        }

        @Test func suiteFileTakesThePlaceOfTheBuiltInTests() async throws {
            try await Scratch.with { scratch in
                let file = try scratch.write(SuiteFile.seconds(3).yaml, to: "suite.yaml")
                let entries = try await list(["--suite-file", file])
                #expect(entries.map(\.id).sorted() == SuiteFile.seconds(3).ids)
                #expect(entries.allSatisfy { $0.kind == "command" && $0.mode == nil })
                let both = try await list(["--suite-file", file, "--builtin"])
                #expect(both.count > 8)
                #expect(try await list(["--suite-file", file, "--filter", "SECOND-0002"]).count == 1)
            }
        }

        @Test func planIsPrintedAsWordsAndAsJSON() async throws {
            try await Scratch.with { scratch in
                let hosts = try scratch.write("a.example slots=2\nb.example\n", to: "hosts.txt")
                let suite = try scratch.write(SuiteFile.seconds(9).yaml, to: "suite.yaml")
                let words = [Programs.coordinator, "plan", "--agents", hosts, "--suite-file", suite]
                let plan = try await RunningProgram.run(words, in: scratch)
                #expect(plan.status == 0, "\(plan)")
                #expect(plan.output.contains("a.example") && plan.output.contains("b.example"), "\(plan)")
                let json = try await RunningProgram.run(words + ["--json"], in: scratch)
                #expect(json.status == 0, "\(json)")
                for id in SuiteFile.seconds(9).ids { #expect(json.output.contains(id)) }
                let parsed = try await RunningProgram.run(
                    ["python3", "-c", "import json, sys; json.loads(sys.argv[1])", json.output], in: scratch)
                #expect(parsed.status == 0, "\(parsed)")
            }
        }

        private func list(_ words: [String]) async throws -> [Entry] {
            try await Scratch.with { scratch in
                let end = try await RunningProgram.run(
                    [Programs.coordinator, "list", "--json"] + words, in: scratch, within: .seconds(20))
                try #require(end.status == 0, "\(end)")
                return try JSONDecoder().decode([Entry].self, from: Data(end.output.utf8))
            }
        }
    }
}

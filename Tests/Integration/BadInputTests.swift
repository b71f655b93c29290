import Testing

extension Integration {
    /// Input that is wrong: a sentence that says what, where and what to do, and the exit status that DESIGN fixes.
    @Suite(.serialized, .enabled(if: Programs.areBuilt, Programs.notBuilt))
    struct BadInputTests {
        /// A wrong input and the words that the sentence must have.
        struct Case: CustomTestStringConvertible, Sendable {
            var testDescription: String
            var text: String
            var words: [String]

            init(_ name: String, _ text: String, _ words: String...) {
                self.testDescription = name
                self.text = text
                self.words = words
            }
        }

        static let hosts = [
            Case("empty", "", "hosts.txt"),
            Case("only comments", "# nobody\n\n", "hosts.txt"),
            Case("binary", "\u{0}\u{1}\u{2}ELF\u{0}\n", "hosts.txt:1"),
            Case("a line of 1 MB", String(repeating: "x", count: 1_000_000) + "\n", "hosts.txt:1"),
            Case("named twice", "a.example\nb.example\na.example\n", "hosts.txt:3", "a.example"),
            Case("unknown key", "a.example slotz=2\n", "hosts.txt:1:11", "slotz"),
            Case("no slots", "a.example slots=0\n", "hosts.txt:1:17", "slots"),
            Case("a billion slots", "a.example slots=1e9\n", "hosts.txt:1:17", "slots"),
            Case(
                "slots that environments do not share", "a.example slots=3 environments=2\n", "hosts.txt:1", "multiple"),
            Case(
                "three errors at once", "a slots=0\nb driver=x\nc what=1\n", "hosts.txt:1", "hosts.txt:2", "hosts.txt:3"
            ),
        ]

        @Test(arguments: hosts)
        func badHostsFile(_ wrong: Case) async throws {
            try await Scratch.with { scratch in
                let file = try scratch.write(wrong.text, to: "hosts.txt")
                let end = try await refused(scratch, ["--agents", file], suite: .seconds(1))
                #expect(end.status == 65, "\(end)")
                #expect(wrong.words.allSatisfy(end.errors.contains), "\(end)")
                #expect(end.errors.utf8.count < 5000, "the sentence repeats the whole input")
            }
        }

        @Test func hostsFileThatIsMissingOrADirectory() async throws {
            try await Scratch.with { scratch in
                for path in [scratch.path("nowhere.txt"), try scratch.makeDirectory("folder")] {
                    let end = try await refused(scratch, ["--agents", path], suite: .seconds(1))
                    #expect(end.status == 65, "\(end)")
                    #expect(end.errors.contains(path), "\(end)")
                }
            }
        }

        static let suites = [
            Case("not YAML", "tests: [\n", "suite.yaml"),
            Case("no mapping", "- 1\n", "suite.yaml"),
            Case("no tests", "tests: []\n", "suite.yaml", "no test"),
            Case("id twice", entries("a/b", "a/b"), "suite.yaml", "a/b"),
            Case("id that is none", entries("Not An Id"), "suite.yaml", "Not An Id"),
            Case("unknown mode", "tests:\n  - {id: a/b, command: 'true', mode: duo}\n", "suite.yaml", "duo"),
            Case("no command", "tests:\n  - {id: a/b}\n", "suite.yaml", "command"),
            Case("files that leave the folder", "files: ['../**']\n" + entries("a/b"), "suite.yaml", ".."),
            Case("files that match nothing", "files: ['nothing/*']\n" + entries("a/b"), "suite.yaml", "nothing/*"),
        ]

        static func entries(_ ids: String...) -> String {
            "tests:\n" + ids.map { "  - {id: \($0), command: 'true'}\n" }.joined()
        }

        @Test(arguments: suites)
        func badSuiteFile(_ wrong: Case) async throws {
            try await Scratch.with { scratch in
                let file = try scratch.write(wrong.text, to: "suite.yaml")
                let end = try await refused(scratch, ["--local", "1", "--suite-file", file])
                #expect(end.status == 65, "\(end)")
                #expect(wrong.words.allSatisfy(end.errors.contains), "\(end)")
            }
        }

        @Test func filterThatIsNoExpression() async throws {
            try await Scratch.with { scratch in
                let end = try await refused(scratch, ["--local", "1", "--filter", "a("], suite: .seconds(1))
                #expect(end.status == 64, "\(end)")
                #expect(end.errors.contains("a("), "\(end)")
            }
        }

        @Test func filterThatMatchesNothing() async throws {
            try await Scratch.with { scratch in
                let end = try await refused(scratch, ["--local", "1", "--filter", "zebra"], suite: .seconds(1))
                #expect(end.status == 2, "\(end)")
                #expect(end.errors.contains("zebra"), "\(end)")
            }
        }

        @Test(arguments: [["--slotz"], ["--agents", "a", "--local", "1"], ["--grace", "soon"], ["--mode", "duo"]])
        func wrongUsage(_ words: [String]) async throws {
            try await Scratch.with { scratch in
                let end = try await refused(scratch, words, suite: .seconds(1))
                #expect(end.status == 64, "\(end)")
            }
        }

        /// Runs the coordinator on something that it has to refuse at once.
        private func refused(
            _ scratch: Scratch, _ words: [String], suite: SuiteFile? = nil
        ) async throws -> RunningProgram.End {
            let run = try CoordinatorRun(in: scratch)
            let choice = try suite.map(run.choice) ?? []
            let end = try await run.start(words + choice).end(within: .seconds(20))
            #expect(!end.errors.contains("Fatal error"), "\(end)")
            #expect(!end.errors.isEmpty)
            return end
        }
    }
}

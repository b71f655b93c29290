import FleetCoordinator
import FleetModel
import Foundation
import Testing

@Suite("Suite files")
struct SuiteFileTests {
    private func load(_ text: String, in folder: TemporaryFolder) throws -> LoadedSuite {
        try SuiteFile.load(try folder.write("suite.yaml", text))
    }

    @Test("every field of a test")
    func fields() throws {
        try TemporaryFolder.with { folder in
            let suite = try load(
                """
                tests:
                  - id: smoke/dns
                    title: Ask the DNS
                    command: [dig, "@{dns.address}", example.org, 1.10, no]
                    modes: [cicd, solo]
                    estimate: 2.5
                    timeout: 60
                    environment: exclusive
                    artifacts: ["out/*.log"]
                    env: {LC_ALL: C, LEVEL: 3, EMPTY: ""}
                    tags: [quick, 5]
                    mutex: zone
                    weight: 2
                    repeatable: true
                  - {id: smoke/shell, command: "true | cat", mode: solo}
                """, in: folder)
            let dns = CommandSpecification(
                command: .arguments(["dig", "@{dns.address}", "example.org", "1.10", "no"]),
                variables: ["LC_ALL": "C", "LEVEL": "3", "EMPTY": ""], artifacts: ["out/*.log"])
            let first = TestCase(
                id: try #require(TestID("smoke/dns")), title: "Ask the DNS", modes: [.solo, .cicd], estimate: 2.5,
                timeout: 60, isolation: .exclusive, tags: ["quick", "5"], mutex: "zone", weight: 2, isRepeatable: true,
                kind: .command(dns))
            let second = TestCase(
                id: try #require(TestID("smoke/shell")), title: "smoke/shell", modes: [.solo],
                kind: .command(CommandSpecification(command: .shell("true | cat"))))
            #expect(suite.tests == [first, second])
            #expect(suite.places[first.id] == InputPlace(line: 2, column: 9))
            #expect(suite.files.isEmpty)
        }
    }

    /// A suite file, the place of its fault, and words of the message.
    private static let faults: [(text: String, place: String, words: String)] = [
        ("", "", "declares no test"), ("tests: []\n", "", "declares no test"), ("# nothing\n", "", "declares no test"),
        ("tests: [\n", "2:1", "not YAML"), ("a: b: c\n", "1:5", "not YAML"), ("\tx\n", "1:1", "not YAML"),
        ("just words\n", "1:1", "the file is not a table"), ("- a\n", "1:1", "the file is not a table"),
        ("tests: []\nfile: []\n", "2:1", "no key “file”"), ("tests: {}\n", "1:8", "tests is not a list"),
        ("tests:\n", "1:7", "tests is not a list"), ("tests: [5]\n", "1:9", "a test is not a table"),
        ("tests: []\ntests: []\n", "1:1", "given twice"),
        ("tests:\n- id: a/b\n  command: x\n- id: a/b\n  command: y\n", "4:7", "declared twice, first in line 2"),
        ("tests:\n- command: x\n", "2:3", "no id"), ("tests:\n- id: a/b\n", "2:3", "no command"),
        ("tests:\n- id: A b\n  command: x\n", "2:7", "“A b” is not an id"),
        ("tests:\n- id: [a]\n  command: x\n", "2:7", "id is not a text"),
        ("tests:\n- id: a/b\n  command: []\n", "3:12", "command is empty"),
        ("tests:\n- id: a/b\n  command: \" \"\n", "3:12", "command is empty"),
        ("tests:\n- id: a/b\n  command: [\"\"]\n", "3:12", "command is empty"),
        ("tests:\n- id: a/b\n  command: [a, [b]]\n", "3:16", "an argument of command is not a text"),
        ("tests:\n- id: a/b\n  command: {a: b}\n", "3:12", "command is not a text"),
        ("tests:\n- id: a/b\n  command: [a, \"b\\0\"]\n", "3:16", "NUL"),
        ("tests:\n- {id: a/b, command: x, mode: duo}\n", "2:31", "mode cannot be “duo”"),
        ("tests:\n- {id: a/b, command: x, mode: solo, modes: [solo]}\n", "2:37", "mode and modes"),
        ("tests:\n- {id: a/b, command: x, timeout: 0}\n", "2:34", "timeout is not a duration"),
        ("tests:\n- {id: a/b, command: x, timeout: .inf}\n", "2:34", "timeout is not a duration"),
        ("tests:\n- {id: a/b, command: x, timeout: 1e99}\n", "2:34", "timeout is not a duration"),
        ("tests:\n- {id: a/b, command: x, timeout: \"5\"}\n", "2:34", "timeout is not a duration"),
        ("tests:\n- {id: a/b, command: x, estimate: -1}\n", "2:35", "estimate is not a duration"),
        ("tests:\n- {id: a/b, command: x, estimate: soon}\n", "2:35", "estimate is not a duration"),
        ("tests:\n- {id: a/b, command: x, environment: mine}\n", "2:38", "environment cannot be"),
        ("tests:\n- {id: a/b, command: x, weight: 0}\n", "2:33", "weight is not a number"),
        ("tests:\n- {id: a/b, command: x, repeatable: maybe}\n", "2:37", "neither true nor false"),
        ("tests:\n- {id: a/b, command: x, artifacts: [../x]}\n", "2:37", "leaves the folder"),
        ("tests:\n- {id: a/b, command: x, env: {A-B: c}}\n", "2:31", "name of a variable"),
        ("tests:\n- {id: a/b, command: x, env: {FLEET_X: c}}\n", "2:31", "is ours"),
        ("tests:\n- {id: a/b, command: x, env: [A]}\n", "2:30", "env is not a table"),
        ("tests:\n- {id: a/b, command: x, retries: 3}\n", "2:25", "no key “retries”"),
        ("files: ../x\ntests:\n- {id: a/b, command: x}\n", "1:8", "files is not a list"),
        ("files: [../x]\ntests:\n- {id: a/b, command: x}\n", "1:9", "leaves the folder"),
        ("files: [/etc/passwd]\ntests:\n- {id: a/b, command: x}\n", "1:9", "leaves the folder"),
        ("files: [a/../../x]\ntests:\n- {id: a/b, command: x}\n", "1:9", "leaves the folder"),
        ("files: [\"nothing/**\"]\ntests:\n- {id: a/b, command: x}\n", "1:9", "matches no file"),
        ("files: [a**b]\ntests:\n- {id: a/b, command: x}\n", "1:9", "“a**b” is not a name"),
        ("files: [\"[ab]\"]\ntests:\n- {id: a/b, command: x}\n", "1:9", "has a bracket"),
        ("tests:\n- {id: a/b, command: [dig, \"@{dns.address}\"]}\n", "2:22", "stands for an endpoint"),
        ("tests: []\n---\ntests: []\n", "2:1", "not YAML"), ("a: *b\n", "1:4", "not YAML"),
    ]

    @Test("what is wrong is named with its place and what to do", arguments: faults)
    func fault(text: String, place: String, words: String) throws {
        try TemporaryFolder.with { folder in
            let error = #expect(throws: InputErrors.self) { _ = try load(text, in: folder) }
            let found = try #require(error?.errors.first { $0.message.contains(words) }, "\(String(describing: error))")
            let line = found.line.map(String.init), column = found.column.map(String.init)
            #expect([line, column].compactMap { $0 }.joined(separator: ":") == place)
            #expect(!found.advice.isEmpty && found.file == folder.path + "/suite.yaml")
        }
    }

    @Test("all errors come at once")
    func together() throws {
        try TemporaryFolder.with { folder in
            let text = "more: 1\ntests:\n- {id: X, command: [], mode: duo, timeout: x}\n- {command: y, color: red}\n"
            let error = #expect(throws: InputErrors.self) { _ = try load(text, in: folder) }
            #expect(error?.errors.count == 7)
        }
    }

    @Test("deep nesting and a megabyte of brackets are errors, not crashes", arguments: [500, 5000, 1 << 20])
    func nesting(depth: Int) throws {
        try TemporaryFolder.with { folder in
            let text = "tests: " + String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
            #expect(throws: InputErrors.self) { _ = try load(text, in: folder) }
        }
    }

    @Test("missing, a folder, binary")
    func files() throws {
        try TemporaryFolder.with { folder in
            for path in [folder.path, folder.path + "/none", try folder.write("b", Data([0x74, 0, 1]))] {
                #expect(throws: InputErrors.self) { _ = try SuiteFile.load(path) }
            }
        }
    }

    @Test("one id in two suites, or in a suite and the catalogue, is an error")
    func combine() throws {
        try TemporaryFolder.with { folder in
            let suite = try load("tests:\n- {id: a/b, command: x}\n- {id: a/c, command: x}\n", in: folder)
            #expect(try LoadedSuite.combine([suite]).map(\.id.description) == ["a/b", "a/c"])
            let error = #expect(throws: InputErrors.self) { _ = try LoadedSuite.combine([suite, suite]) }
            #expect(error?.errors.map(\.line) == [2, 3])
            let builtin = TestCase(id: try #require(TestID("a/c")), title: "", modes: [.solo])
            let other = #expect(throws: InputErrors.self) { _ = try LoadedSuite.combine([suite], builtin: [builtin]) }
            #expect(other?.errors.map(\.message) == ["a/c is the id of a built-in test"])
        }
    }
}

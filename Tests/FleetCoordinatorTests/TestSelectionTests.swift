import FleetCoordinator
import FleetModel
import Testing

@Suite("Choosing tests")
struct TestSelectionTests {
    private func catalogue() throws -> [TestCase] {
        func test(_ id: String, _ title: String, _ modes: [Mode]) throws -> TestCase {
            TestCase(id: try #require(TestID(id)), title: title, modes: modes)
        }
        return [
            try test("modes/solo/minimal-services", "Only the minimal services run", [.solo]),
            try test("modes/multiuser/gitea-login", "A user logs in to Gitea", [.multiuser, .cicd]),
            try test("modes-extra/one", "Straße", []),
            try test("services/dns/a-record", "Resolves an A record", [.solo, .multiuser]),
        ]
    }

    private func choose(_ selection: TestSelection) throws -> [String] {
        try selection.choose(from: try catalogue()).map(\.id.name)
    }

    @Test("nothing said chooses all, in order")
    func all() throws {
        #expect(try choose(TestSelection()) == ["minimal-services", "gitea-login", "one", "a-record"])
    }

    @Test("a mode means the home mode")
    func modes() throws {
        #expect(try choose(TestSelection(modes: [.solo])) == ["minimal-services", "a-record"])
        #expect(
            try choose(TestSelection(modes: [.multiuser, .solo])) == ["minimal-services", "gitea-login", "a-record"])
        #expect(throws: SelectionError.self) { try choose(TestSelection(modes: [.cicd])) }
    }

    @Test("a suite means itself and what is below it")
    func suites() throws {
        #expect(try choose(TestSelection(suites: ["modes"])) == ["minimal-services", "gitea-login"])
        #expect(try choose(TestSelection(suites: ["modes/solo", "services/dns"])) == ["minimal-services", "a-record"])
        let error = #expect(throws: SelectionError.self) { try choose(TestSelection(suites: ["mode"])) }
        #expect(error?.exitStatus == 2)
        #expect(error?.description.contains("modes-extra, modes/multiuser, modes/solo, services/dns") == true)
    }

    @Test("a filter is searched in id and title, without regard to case")
    func filters() throws {
        #expect(try choose(TestSelection(filter: "GITEA")) == ["gitea-login"])
        #expect(try choose(TestSelection(filter: "^modes/.*(login|minimal)")) == ["minimal-services", "gitea-login"])
        #expect(try choose(TestSelection(filter: #"\ba record$"#)) == ["a-record"])
        #expect(try choose(TestSelection(filter: "STRAßE")) == ["one"])
        #expect(try choose(TestSelection(filter: "")).count == 4)
    }

    @Test("all options must hold")
    func together() throws {
        #expect(try choose(TestSelection(modes: [.solo], suites: ["services"], filter: "record")) == ["a-record"])
    }

    @Test("what is no regular expression is a usage error", arguments: ["(", "[", "*", "a{2,1}", "\\", "(?<"])
    func invalid(filter: String) {
        let error = #expect(throws: SelectionError.self) { try choose(TestSelection(filter: filter)) }
        #expect(error?.exitStatus == 64)
        #expect(error?.description.contains("not a regular expression") == true)
    }

    @Test("nothing chosen is never a success")
    func nothing() {
        let error = #expect(throws: SelectionError.self) {
            try choose(TestSelection(modes: [.solo], filter: "no such"))
        }
        #expect(error?.exitStatus == 2)
        let expected = "none of 4 tests matches --mode solo --filter “no such”; `coordinator list` shows what there is"
        #expect(error?.description == expected)
        #expect(throws: SelectionError.self) { try TestSelection().choose(from: []) }
    }
}

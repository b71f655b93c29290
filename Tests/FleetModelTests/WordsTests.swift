import FleetModel
import Testing

@Suite("Names and words")
struct WordsTests {
    @Test("a test id is suite/kebab-name", arguments: ["a/b", "modes/solo/minimal-services", "a/b/c/d-1", "0/0"])
    func goodIDs(text: String) throws {
        let id = try #require(TestID(text))
        #expect(id.description == text)
        #expect(id.suite + "/" + id.name == text)
    }

    @Test(
        "anything else is not",
        arguments: [
            "", "a", "/", "a/", "/a", "a//b", "A/b", "a/b_c", "a/-b", "a/b-", "a b/c", "ä/b", "a/..", "a/b\n",
            "a\u{0}/b",
        ])
    func badIDs(text: String) { #expect(TestID(text) == nil) }

    @Test("an id has at most 200 bytes")
    func longIDs() {
        #expect(TestID("a/" + String(repeating: "b", count: 198)) != nil)
        #expect(TestID("a/" + String(repeating: "b", count: 199)) == nil)
    }

    @Test("a copy for another mode says so, and knows its original")
    func copies() throws {
        let id = try #require(TestID("a/b"))
        let copy = id.copy(in: .cicd)
        #expect(copy.description == "a/b@cicd" && copy.suite == "a" && copy.original == id)
        #expect(TestID("a/b@cicd") == copy && copy.copy(in: .solo) == TestID("a/b@solo") && id.original == id)
        for text in ["a/b@", "a/b@nowhere", "a@solo/b", "a/@solo", "a/b@solo@solo"] { #expect(TestID(text) == nil) }
        let test = TestCase(id: id, title: "", modes: [.cicd, .solo])
        #expect(test.inEveryMode.map(\.id.description) == ["a/b", "a/b@cicd"])
        #expect(test.inEveryMode.map(\.modes) == [[.solo], [.cicd]])
        #expect(TestCase(id: id, title: "", modes: []).inEveryMode.map(\.id) == [id])
    }

    @Test("a run's name is safe as a file name")
    func runs() {
        #expect(RunID(rawValue: "20260301-101500-4f2a") != nil)
        for text in ["", "..", "a/b", "A", "a b", String(repeating: "a", count: 65)] {
            #expect(RunID(rawValue: text) == nil)
        }
    }

    @Test("modes climb")
    func modes() throws {
        #expect(Mode.allCases.sorted() == [.solo, .multiuser, .cicd, .enterprise])
        #expect(TestCase(id: try id, title: "", modes: [.cicd, .multiuser]).homeMode == .multiuser)
        #expect(TestCase(id: try id, title: "", modes: []).homeMode == nil)
    }

    @Test("an outcome is red, missing or neither")
    func outcomes() {
        #expect(Outcome.allCases.filter(\.isRed) == [.failed, .timeout, .crashed])
        #expect(Outcome.allCases.filter(\.isMissing) == [.noInterface, .notRun])
    }

    @Test("endpoints become variables")
    func variables() {
        let endpoints = Endpoints(["dns": ["address": "127.0.0.1"], "control-center": ["url": "http://x"]])
        #expect(endpoints.variables == ["FLEET_DNS_ADDRESS": "127.0.0.1", "FLEET_CONTROL_CENTER_URL": "http://x"])
        #expect(endpoints["dns", "address"] == "127.0.0.1")
        #expect(endpoints["dns", "port"] == nil)
    }

    private var id: TestID { get throws { try #require(TestID("a/b")) } }
}

import FleetModel
import Foundation
import Testing

@Suite("Written forms")
struct CodableTests {
    private func written(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private func read<Value: Decodable>(_ text: String, as type: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(text.utf8))
    }

    @Test("a built-in test says so in one word")
    func builtin() throws {
        let test = TestCase(id: try #require(TestID("a/b")), title: "T", modes: [.solo])
        let expected = """
            {"id":"a/b","isolation":"shared","kind":"builtin","modes":["solo"],"repeatable":false,"tags":[],"timeout":300,\
            "title":"T","weight":1}
            """
        #expect(try written(test) == expected)
        #expect(try read(expected) == test)
    }

    @Test("a command test has its command beside the other fields")
    func command() throws {
        let specification = CommandSpecification(
            command: .arguments(["dig", "@{dns.address}"]), variables: ["A": "b"], artifacts: ["out/*.log"], pack: "5e")
        let test = TestCase(id: try #require(TestID("a/b")), title: "T", modes: [], kind: .command(specification))
        let text = try written(test)
        #expect(text.contains(#""kind":"command""#) && text.contains(#""command":["dig","@{dns.address}"]"#))
        #expect(!text.contains("_0"))
        #expect(try read(text) == test)
    }

    @Test("a command is a list or a string")
    func listOrString() throws {
        #expect(try read("[\"a\",\"\"]") == CommandSpecification.Command.arguments(["a", ""]))
        #expect(try read("\"a | b\"") == CommandSpecification.Command.shell("a | b"))
        #expect(try written(CommandSpecification.Command.shell("a")) == "\"a\"")
        for text in ["[]", "[\"\"]", "\" \"", "5", "{}", "[1]", "null"] {
            #expect(throws: DecodingError.self) { try read(text, as: CommandSpecification.Command.self) }
        }
    }

    @Test("text that was not cut is its head alone")
    func boundedText() throws {
        #expect(try written(BoundedText(head: "a")) == #"{"head":"a"}"#)
        #expect(try written(BoundedText(head: "a", tail: "z", cutBytes: 2)) == #"{"cutBytes":2,"head":"a","tail":"z"}"#)
        #expect(try read("{}") == BoundedText())
    }
}

import BuiltinSupport
import Testing

@Suite struct JSONTests {
    @Test(arguments: [
        #"null"#, #"true"#, #"-12"#, #"1.5"#, #""a\"b\\c\n\u0001é😀""#, #"[]"#, #"[1,"two",[3]]"#, #"{}"#,
        #"{"a":{"b":[null,false]},"c":0}"#, #"9223372036854775807"#,
    ])
    func textIsReadAndWrittenAgain(text: String) throws {
        #expect(try JSON(text: text).text == text)
    }

    @Test func spaceAndEscapesAreRead() throws {
        let value = try JSON(text: " { \"a\" : [ 1 , 2.50e1 ] , \"b\" : \"\\u0041\\uD83D\\uDE00\\/\" } ")
        #expect(value["a"].items == [1, .double(25)])
        #expect(value["b"].string == "A😀/")
    }

    @Test(arguments: [
        "", "nul", "01", "1.", "-", "[1,]", "{\"a\"}", "{\"a\":1,}", "{a:1}", "\"a", "\"\\x\"", "\"\u{1}\"", "1 2", "[",
        "\"\\u12\"", "+1",
    ])
    func whatIsNoJSONIsRefused(text: String) {
        #expect(throws: JSONError.self) { try JSON(text: text) }
    }

    @Test func depthIsBounded() {
        #expect(throws: JSONError.self) { try JSON(text: String(repeating: "[", count: 100_000)) }
    }

    @Test func membersAreReadAndSet() {
        var value: JSON = ["a": ["b": 1]]
        value["a"]["c"] = "x"
        #expect(value == ["a": ["b": 1, "c": "x"]])
        #expect(value["nothing"]["at"]["all"].isNull)
    }
}

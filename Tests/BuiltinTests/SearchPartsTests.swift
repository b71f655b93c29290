import BuiltinSupport
import Testing

@testable import BuiltinElasticsearch

@Suite struct SearchPartsTests {
    @Test(arguments: [
        ("1970-01-01", 0.0), ("2025", 1_735_689_600_000), ("2025-10", 1_759_276_800_000),
        ("2025-10-06T08:30:00Z", 1_759_739_400_000), ("2025-10-06T08:30:00.125Z", 1_759_739_400_125),
        ("2025-10-06T10:30:00+02:00", 1_759_739_400_000), ("2024-02-29", 1_709_164_800_000),
        ("1969-12-31T23:59:59Z", -1000), ("1759739400000", 1_759_739_400_000),
    ])
    func datesAreRead(text: String, millis: Double) {
        #expect(ElasticTime.millis(.string(text)) == millis)
    }

    @Test(arguments: [
        "", "yesterday", "2025-13-01", "2025-1-1", "2025-10-06T25:00", "2025-10-06 08:30", "2025-10-06T08:30:00+2",
    ])
    func whatIsNoDateIsNot(text: String) {
        #expect(ElasticTime.millis(.string(text)) == nil)
    }

    @Test(arguments: [
        ("2025-10-06T08:30:00Z||/d", false, "2025-10-06T00:00:00.000Z"),
        ("2025-10-06T08:30:00Z||/d", true, "2025-10-06T23:59:59.999Z"),
        ("2025-10-31||+1M/M", false, "2025-11-01T00:00:00.000Z"),
        ("2025-12-15||+1M/M", false, "2026-01-01T00:00:00.000Z"),
        ("2025-10-08||/w", false, "2025-10-06T00:00:00.000Z"), ("2025-10-06||-36h", false, "2025-10-04T12:00:00.000Z"),
        ("2025-10-06||/y", false, "2025-01-01T00:00:00.000Z"),
    ])
    func datesAreCalculated(text: String, up: Bool, result: String) throws {
        let millis = try #require(ElasticTime.resolved(.string(text), up: up))
        #expect(ElasticTime.text(millis) == result)
    }

    @Test(arguments: [
        ("*", "", true), ("a*c", "abc", true), ("a*c", "ac", true), ("a*c", "ab", false), ("a?c", "abc", true),
        ("a?c", "ac", false), ("*b*b*", "abcb", true), ("*b*b*", "abc", false), ("\\*", "*", true), ("\\*", "a", false),
        ("a", "ab", false), ("", "", true), ("", "a", false),
    ])
    func patternsMatch(pattern: String, text: String, matches: Bool) {
        #expect(Wildcard(pattern).matches(text) == matches)
    }

    @Test func aPrefixIsNoPattern() {
        #expect(Wildcard.prefix("a*", ignoresCase: false).matches("a*b"))
        #expect(!Wildcard.prefix("a*", ignoresCase: false).matches("abb"))
    }

    @Test(arguments: ["(a", "\"a", "a)", "AND AND NOT"])
    func brokenQueryStringsAreRefused(text: String) {
        #expect(throws: Refusal.self) {
            var parser = try QueryStringParser(text, field: nil, fields: [], needsAll: false)
            _ = try parser.parse()
        }
    }

    @Test func fieldsAreLearnt() throws {
        var mapping = try Mapping([:])
        try mapping.learn(
            ["a": ["b": 1], "c.d": "x", "at": "2025-10-06T00:00:00Z", "no": .null, "l": [.null, true]], id: "1")
        #expect(mapping.field("a.b")?.type == .long)
        #expect(mapping.field("c.d")?.type == .text)
        #expect(mapping.field("c.d.keyword")?.type == .keyword)
        #expect(mapping.field("at")?.type == .date)
        #expect(mapping.field("no") == nil)
        #expect(mapping.field("l")?.type == .boolean)
        #expect(throws: Refusal.self) { try mapping.learn(["a": ["b": "x"]], id: "2") }
        #expect(throws: Refusal.self) { try mapping.learn(["a": 1], id: "2") }
    }
}

/// The stable name of a test, `suite/kebab-name`, such as `modes/solo/minimal-services`.
///
/// Both parts consist of lower-case letters, digits and `-`; the suite may have several components,
/// separated by `/`. At most 200 bytes. A copy of a test that runs in another mode than the test's home mode has that
/// mode behind its name: `services/dns/resolution@cicd`.
public struct TestID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The suite: everything before the last slash.
    public let suite: String
    /// The kebab-case name, with the mode of a copy: everything after the last slash.
    public let name: String

    /// Reads an id; nil when it is not of the form `suite/kebab-name`.
    public init?(_ text: String) {
        guard text.utf8.count <= 200 else { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 2, let last = parts.last else { return nil }
        let words = last.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard (parts.dropLast() + words.prefix(1)).allSatisfy(Self.isKebab) else { return nil }
        if words.count == 2, Mode(rawValue: String(words[1])) == nil { return nil }
        self.suite = parts.dropLast().joined(separator: "/")
        self.name = String(last)
    }

    private init(suite: String, name: String) {
        self.suite = suite
        self.name = name
    }

    /// The test that this is a copy of; itself when it is none.
    public var original: TestID {
        guard let end = name.firstIndex(of: "@") else { return self }
        return TestID(suite: suite, name: String(name[..<end]))
    }

    /// The id of a copy that runs in another mode.
    public func copy(in mode: Mode) -> TestID { TestID(suite: suite, name: "\(original.name)@\(mode)") }

    private static func isKebab(_ part: Substring) -> Bool {
        guard let first = part.utf8.first, first != UInt8(ascii: "-"), part.utf8.last != UInt8(ascii: "-") else {
            return false
        }
        return part.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
            default: false
            }
        }
    }

    /// The id as it is written everywhere.
    public var description: String { "\(suite)/\(name)" }

    /// Orders by the written form.
    public static func < (left: TestID, right: TestID) -> Bool { left.description < right.description }
}

extension TestID: Codable {
    /// Decodes from one string.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let id = TestID(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "a test id is suite/kebab-name, not “\(text.prefix(200))”")
        }
        self = id
    }

    /// Encodes as one string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

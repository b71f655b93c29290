import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How answers are printed, and bodies written.
extension JSONValue {
    /// The value that bytes spell, nil when they are no JSON.
    init?(_ bytes: [UInt8]) {
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes)) else { return nil }
        self = value
    }

    /// For people: texts as they are, lists with commas, nothing for null.
    var words: String {
        switch self {
        case .null: ""
        case .boolean(let value): value ? "yes" : "no"
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let value): value
        case .array(let items): items.map(\.words).joined(separator: ", ")
        case .object(let members):
            members.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.words)" }.joined(separator: " ")
        }
    }

    /// As JSON, in one order, over several lines.
    var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
    }

    /// As JSON, in one line.
    var line: String { String(decoding: bytes, as: UTF8.self) }

    /// As JSON, for a body.
    var bytes: [UInt8] { (try? JSONEncoder().encode(self)).map(Array.init) ?? [] }

    /// An object without the members that are null.
    static func members(_ members: [String: JSONValue]) -> JSONValue { .object(members.filter { $0.value != .null }) }
    /// The text, or null.
    static func optional(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }
    /// An array of texts, or null when there is none.
    static func list(_ texts: [String]) -> JSONValue { texts.isEmpty ? .null : .array(texts.map { .string($0) }) }
}

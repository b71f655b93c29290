#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A line that is not a message, with what is wrong in one sentence.
public struct MalformedLine: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, as the `error` message sends it; `ErrorCode` has the same spellings.
    public enum Code: String, CaseIterable, Hashable, Sendable {
        /// Over 1 MiB.
        case tooLong = "too-long"
        /// Not UTF-8.
        case notUTF8 = "not-utf8"
        /// Not one JSON object.
        case notJSON = "not-json"
        /// Arrays and objects nested more than `ProtocolVersion.maximumDepth` times.
        case tooDeep = "too-deep"
        /// A type that we do not know.
        case unknownType = "unknown-type"
        /// A field that is missing, of the wrong type or out of range.
        case badField = "bad-field"
    }

    /// What kind of fault.
    public var code: Code
    /// One sentence for people; never more than 300 bytes of the line itself.
    public var description: String

    /// Describes a fault.
    public init(code: Code, description: String) {
        self.code = code
        self.description = description
    }

    /// The fault of one field, named by its path.
    static func field(_ path: String, _ problem: String) -> MalformedLine {
        MalformedLine(code: .badField, description: "the field \(path.prefix(100)) \(problem)")
    }
}

extension MalformedLine {
    /// The fault behind an error of the JSON decoder, for a line that obeys the grammar.
    init(_ error: DecodingError) {
        func path(_ keys: [any CodingKey]) -> String {
            keys.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
        }
        switch error {
        case .dataCorrupted(let context) where context.codingPath.isEmpty:
            // The decoder does not say where a number is that no integer or double can hold.
            self.init(code: .badField, description: "a number is out of range")
        case .dataCorrupted(let context) where path(context.codingPath) == "type":
            self.init(code: .unknownType, description: "the field type names no known message")
        case .keyNotFound(let key, let context):
            self = .field(path(context.codingPath + [key]), "is missing")
        case .dataCorrupted(let context), .typeMismatch(_, let context), .valueNotFound(_, let context):
            self = .field(path(context.codingPath), "has a wrong value")
        @unknown default:
            self.init(code: .badField, description: "a field has a wrong value")
        }
    }
}

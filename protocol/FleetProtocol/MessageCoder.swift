public import NIOCore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A line that is not a message, with what is wrong in one sentence.
public struct MalformedLine: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, as the `error` message sends it: `too-long`, `not-utf8`, `not-json`, `unknown-type`, `bad-field`.
    public enum Code: String, Hashable, Sendable {
        case tooLong = "too-long"
        case notUTF8 = "not-utf8"
        case notJSON = "not-json"
        case unknownType = "unknown-type"
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
}

/// Turns messages into lines and lines into messages.
public struct MessageCoder: Sendable {
    /// Makes a coder; it has no state.
    public init() {}

    /// The line of a message, with its line feed.
    ///
    /// - Throws: `MalformedLine` when the line would exceed the limit.
    public func encode(_ message: Message) throws -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data = try encoder.encode(message)
        guard data.count <= ProtocolVersion.maximumLineLength else {
            throw MalformedLine(code: .tooLong, description: "the message to send has \(data.count) bytes")
        }
        var buffer = ByteBuffer()
        buffer.reserveCapacity(data.count + 1)
        buffer.writeBytes(data)
        buffer.writeInteger(UInt8(ascii: "\n"))
        return buffer
    }

    /// The message of a line without its line feed.
    ///
    /// - Throws: `MalformedLine`.
    public func decode(_ line: ByteBuffer) throws(MalformedLine) -> Message {
        let bytes = Data(line.readableBytesView)
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw MalformedLine(code: .notUTF8, description: "the line is not UTF-8")
        }
        do {
            return try JSONDecoder().decode(Message.self, from: bytes)
        } catch let error as DecodingError {
            throw MalformedLine(error)
        } catch {
            throw MalformedLine(code: .notJSON, description: "the line is not JSON")
        }
    }
}

extension MalformedLine {
    fileprivate init(_ error: DecodingError) {
        func path(_ context: DecodingError.Context) -> String { context.codingPath.map(\.stringValue).joined(separator: ".") }
        switch error {
        case .dataCorrupted(let context) where context.codingPath.isEmpty:
            self.init(code: .notJSON, description: "the line is not a JSON object of ours")
        case .dataCorrupted(let context) where path(context) == "type":
            self.init(code: .unknownType, description: "the field type names no known message")
        case .keyNotFound(let key, let context):
            let name = (context.codingPath.map(\.stringValue) + [key.stringValue]).joined(separator: ".")
            self.init(code: .badField, description: "the field \(name.prefix(100)) is missing")
        case .dataCorrupted(let context), .typeMismatch(_, let context), .valueNotFound(_, let context):
            self.init(code: .badField, description: "the field \(path(context).prefix(100)) has a wrong value")
        @unknown default:
            self.init(code: .badField, description: "a field has a wrong value")
        }
    }
}

public import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Turns messages into lines and lines into messages.
public struct MessageCoder: Sendable {
    /// Makes a coder; it has no state.
    public init() {}

    /// The line of a message, with its line feed; fields are ordered by name.
    ///
    /// - Throws: `MalformedLine` when the line would exceed the limit, `EncodingError` when a number is not finite.
    public func encode(_ message: Message) throws -> ByteBuffer {
        let data = try Self.json(message)
        guard data.count <= ProtocolVersion.maximumLineLength else {
            throw MalformedLine(code: .tooLong, description: "the message to send has \(data.count) bytes")
        }
        var buffer = ByteBuffer()
        buffer.reserveCapacity(data.count + 1)
        buffer.writeBytes(data)
        buffer.writeInteger(UInt8(ascii: "\n"))
        return buffer
    }

    /// The message of a line without its line feed, with every field in its range.
    ///
    /// - Throws: `MalformedLine`.
    public func decode(_ line: ByteBuffer) throws(MalformedLine) -> Message {
        guard line.readableBytes <= ProtocolVersion.maximumLineLength else {
            throw MalformedLine(code: .tooLong, description: "the line has \(line.readableBytes) bytes")
        }
        let bytes = Array(line.readableBytesView)
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw MalformedLine(code: .notUTF8, description: "the line is not UTF-8")
        }
        try LineGrammar.check(bytes)
        let message: Message
        do {
            message = try JSONDecoder().decode(Message.self, from: Data(bytes))
        } catch let error as DecodingError {
            throw MalformedLine(error)
        } catch {
            throw MalformedLine(code: .badField, description: "a field has a wrong value")
        }
        try message.validate()
        return message
    }

    /// The one written form of a value: no blanks, fields ordered by name, slashes as they are.
    static func json(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }
}

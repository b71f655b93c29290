/// Bytes that are no message of the DNS, with what is wrong.
public struct MalformedDNSMessage: Error, Hashable, Sendable, CustomStringConvertible {
    /// One sentence.
    public var description: String
}

/// Reads a message of the DNS: compressed names with a bound, every length checked.
struct DNSReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The message that the bytes hold.
    static func message(_ bytes: [UInt8]) throws(MalformedDNSMessage) -> DNSMessage {
        var reader = DNSReader(bytes)
        return try reader.readMessage()
    }

    private mutating func readMessage() throws(MalformedDNSMessage) -> DNSMessage {
        let id = try readUInt16()
        let flags = try readUInt16()
        let questions = try readUInt16()
        let answers = try readUInt16()
        let authorities = try readUInt16()
        position += 2
        var message = DNSMessage(
            id: id, isResponse: flags & 0x8000 != 0, isTruncated: flags & 0x0200 != 0,
            isAuthoritative: flags & 0x0400 != 0, code: DNSResponseCode(UInt8(flags & 0x000f)))
        message.isRecursionAvailable = flags & 0x0080 != 0
        for _ in 0..<questions {
            let name = try readName()
            message.question = DNSQuestion(name: name, type: DNSType(rawValue: try readUInt16()))
            _ = try readUInt16()
        }
        for _ in 0..<answers { message.answers.append(try readRecord()) }
        for _ in 0..<authorities { message.authorities.append(try readRecord()) }
        return message
    }

    private mutating func readRecord() throws(MalformedDNSMessage) -> DNSRecord {
        let name = try readName()
        let type = DNSType(rawValue: try readUInt16())
        _ = try readUInt16()
        let ttl = try readUInt32()
        let length = Int(try readUInt16())
        let end = position + length
        guard end <= bytes.count else { throw Self.short }
        let value = try readValue(of: type, length: length)
        guard position <= end else { throw MalformedDNSMessage(description: "a record is longer than it says") }
        position = end
        return DNSRecord(name: name, type: type, ttl: ttl, value: value)
    }

    private mutating func readValue(of type: DNSType, length: Int) throws(MalformedDNSMessage) -> DNSRecord.Value {
        switch type {
        case .a:
            guard length == 4 else { throw MalformedDNSMessage(description: "an A record has \(length) bytes") }
            return .address(try readBytes(4).map(String.init).joined(separator: "."))
        case .aaaa:
            guard length == 16 else { throw MalformedDNSMessage(description: "an AAAA record has \(length) bytes") }
            return .address(SocketAddress.text(ipv6: try readBytes(16)))
        case .ns, .cname:
            return .name(try readName())
        case .soa:
            let primary = try readName()
            let mailbox = try readName()
            return .start(primary: primary, mailbox: mailbox, serial: try readUInt32())
        case .txt:
            let end = position + length
            var strings: [String] = []
            while position < end {
                let count = Int(try readUInt8())
                strings.append(String(decoding: try readBytes(count), as: UTF8.self))
            }
            return .text(strings)
        default:
            return .other(try readBytes(length))
        }
    }

    /// A name, following pointers that go backwards only; so it ends, and a message cannot make it loop.
    private mutating func readName() throws(MalformedDNSMessage) -> String {
        var labels: [String] = []
        var length = 0
        var cursor = position
        var afterName: Int?
        var bound = cursor
        while true {
            guard cursor < bytes.count else { throw Self.short }
            let count = Int(bytes[cursor])
            if count & 0xc0 == 0xc0 {
                guard cursor + 1 < bytes.count else { throw Self.short }
                let target = (count & 0x3f) << 8 | Int(bytes[cursor + 1])
                guard target < bound else { throw MalformedDNSMessage(description: "a name points forwards") }
                afterName = afterName ?? cursor + 2
                bound = target
                cursor = target
                continue
            }
            guard count <= 63 else { throw MalformedDNSMessage(description: "a label has an unknown kind") }
            guard count > 0 else { break }
            guard cursor + count < bytes.count else { throw Self.short }
            length += count + 1
            guard length <= 254 else { throw MalformedDNSMessage(description: "a name is longer than 253 bytes") }
            labels.append(String(decoding: bytes[(cursor + 1)...(cursor + count)], as: UTF8.self).lowercased())
            cursor += count + 1
        }
        position = afterName ?? cursor + 1
        return labels.joined(separator: ".")
    }

    private static let short = MalformedDNSMessage(description: "the message ends too early")

    private mutating func readBytes(_ count: Int) throws(MalformedDNSMessage) -> [UInt8] {
        guard position + count <= bytes.count else { throw Self.short }
        defer { position += count }
        return Array(bytes[position..<(position + count)])
    }

    private mutating func readUInt8() throws(MalformedDNSMessage) -> UInt8 {
        try readBytes(1)[0]
    }

    private mutating func readUInt16() throws(MalformedDNSMessage) -> UInt16 {
        try readBytes(2).reduce(0) { $0 << 8 | UInt16($1) }
    }

    private mutating func readUInt32() throws(MalformedDNSMessage) -> UInt32 {
        try readBytes(4).reduce(0) { $0 << 8 | UInt32($1) }
    }
}

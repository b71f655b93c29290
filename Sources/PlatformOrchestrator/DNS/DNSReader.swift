import PlatformService

/// Reads a message off the wire. Every length is checked: a broken message is an error, never a trap.
struct DNSReader {
    /// Names point backwards only, and not often: what does is hostile.
    private static let maximumPointers = 32

    private let bytes: [UInt8]
    private var position = 0
    private var lastRecord = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The whole message. Throws when it is cut off or a name in it is wrong.
    static func message(_ bytes: [UInt8]) throws -> DNSMessage { try located(bytes).message }

    /// The whole message, and where its last record begins: a signature covers what is before it.
    static func located(_ bytes: [UInt8]) throws -> (message: DNSMessage, lastRecord: Int) {
        var reader = DNSReader(bytes)
        var message = DNSMessage(id: try reader.integer(), flags: try reader.integer())
        let counts = try (0..<4).map { _ in Int(try reader.integer() as UInt16) }
        for _ in 0..<counts[0] {
            message.questions.append(
                DNSQuestion(name: try reader.name(), type: try reader.integer(), class_: try reader.integer()))
        }
        for _ in 0..<counts[1] { message.answers.append(try reader.record()) }
        for _ in 0..<counts[2] { message.authorities.append(try reader.record()) }
        for _ in 0..<counts[3] { message.additionals.append(try reader.record()) }
        return (message, reader.lastRecord)
    }

    /// An integer, most significant byte first.
    mutating func integer<Value: FixedWidthInteger & UnsignedInteger>() throws -> Value {
        let taken = try take(Value.bitWidth / 8)
        return taken.reduce(0) { ($0 << 8) | Value($1) }
    }

    /// The next bytes.
    mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
        guard position + count <= bytes.count else { throw Self.broken("it is cut off at byte \(bytes.count)") }
        defer { position += count }
        return bytes[position..<position + count]
    }

    /// A name, with its pointers followed (RFC 1035, 4.1.4).
    mutating func name() throws -> DNSName {
        var labels: [String] = []
        var resume: Int?
        var pointers = 0
        while true {
            let length: UInt8 = try integer()
            switch length & 0xc0 {
            case 0 where length == 0:
                if let resume { position = resume }
                return DNSName(labels: labels)
            case 0:
                labels.append(String(decoding: try take(Int(length)), as: UTF8.self).lowercased())
            case 0xc0:
                let low: UInt8 = try integer()
                pointers += 1
                guard pointers <= Self.maximumPointers else { throw Self.broken("a name points in circles") }
                resume = resume ?? position
                position = Int(length & 0x3f) << 8 | Int(low)
            default:
                throw Self.broken("a label has the unknown kind \(length >> 6)")
            }
        }
    }

    private mutating func record() throws -> DNSRecord {
        lastRecord = position
        let name = try name()
        let type: UInt16 = try integer()
        let class_: UInt16 = try integer()
        let ttl: UInt32 = try integer()
        let length: UInt16 = try integer()
        let data = Array(try take(Int(length)))
        guard type == DNSType.cname else {
            return DNSRecord(name: name, type: type, class_: class_, ttl: ttl, data: data)
        }
        // The name in it may point back into the message; by itself it is written out.
        let end = position
        position -= data.count
        let target = try self.name()
        guard position == end else { throw Self.broken("a CNAME has another length than it says") }
        return DNSRecord(name: name, type: type, class_: class_, ttl: ttl, data: target.wire)
    }

    private static func broken(_ what: String) -> PlatformError {
        PlatformError(.failed, "the DNS server's answer cannot be read: \(what)")
    }
}

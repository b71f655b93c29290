/// Numbers of record types that we meet.
enum DNSType {
    static let a: UInt16 = 1
    static let cname: UInt16 = 5
    static let soa: UInt16 = 6
    static let tsig: UInt16 = 250
    static let any: UInt16 = 255
}

/// Numbers of classes; in an update ANY and NONE say what to delete (RFC 2136, 2.5).
enum DNSClass {
    static let internet: UInt16 = 1
    static let none: UInt16 = 254
    static let any: UInt16 = 255
}

/// What a server says about a request.
enum DNSResponseCode {
    static let noError: UInt8 = 0
    static let serverFailure: UInt8 = 2
    static let noSuchName: UInt8 = 3

    /// The code's name in the standards, for people.
    static func name(_ code: UInt8) -> String {
        let names = [
            "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET",
            "NOTAUTH", "NOTZONE",
        ]
        return Int(code) < names.count ? names[Int(code)] : "RCODE \(code)"
    }
}

/// A question; in an update, the zone.
struct DNSQuestion: Sendable, Hashable {
    var name: DNSName
    var type: UInt16
    var class_: UInt16 = DNSClass.internet
}

/// A resource record with its data as it is on the wire.
struct DNSRecord: Sendable, Hashable {
    var name: DNSName
    var type: UInt16
    var class_: UInt16 = DNSClass.internet
    var ttl: UInt32
    var data: [UInt8]
}

/// A message: a query, an update, or the answer to one.
struct DNSMessage: Sendable, Hashable {
    var id: UInt16
    /// Second header word: response bit, operation, flags, response code.
    var flags: UInt16
    /// Zone section of an update.
    var questions: [DNSQuestion] = []
    /// Prerequisite section of an update.
    var answers: [DNSRecord] = []
    /// Update section of an update.
    var authorities: [DNSRecord] = []
    var additionals: [DNSRecord] = []

    var responseCode: UInt8 { UInt8(flags & 0x000f) }
    var isResponse: Bool { flags & 0x8000 != 0 }
    var isTruncated: Bool { flags & 0x0200 != 0 }

    /// A question for records of a type.
    static func query(id: UInt16, name: DNSName, type: UInt16) -> DNSMessage {
        DNSMessage(id: id, flags: 0, questions: [DNSQuestion(name: name, type: type)])
    }

    /// An update of a zone (operation code 5).
    static func update(id: UInt16, zone: DNSName, changes: [DNSRecord]) -> DNSMessage {
        DNSMessage(
            id: id, flags: 5 << 11, questions: [DNSQuestion(name: zone, type: DNSType.soa)], authorities: changes)
    }
}

extension DNSMessage {
    /// Wire form; names are not compressed.
    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        for word in [
            id, flags, UInt16(questions.count), UInt16(answers.count), UInt16(authorities.count),
            UInt16(additionals.count),
        ] {
            bytes.appendInteger(word)
        }
        for question in questions {
            bytes += question.name.wire
            bytes.appendInteger(question.type)
            bytes.appendInteger(question.class_)
        }
        for record in answers + authorities + additionals { record.append(to: &bytes) }
        return bytes
    }
}

extension DNSRecord {
    /// Adds the wire form.
    func append(to bytes: inout [UInt8]) {
        bytes += name.wire
        bytes.appendInteger(type)
        bytes.appendInteger(class_)
        bytes.appendInteger(ttl)
        bytes.appendInteger(UInt16(data.count))
        bytes += data
    }

    /// In an update: every record of the name and type goes.
    static func deletion(of name: DNSName, type: UInt16) -> DNSRecord {
        DNSRecord(name: name, type: type, class_: DNSClass.any, ttl: 0, data: [])
    }
}

extension [UInt8] {
    /// Adds an integer, most significant byte first.
    mutating func appendInteger(_ value: some FixedWidthInteger & UnsignedInteger) {
        for shift in stride(from: value.bitWidth - 8, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: value >> shift))
        }
    }
}

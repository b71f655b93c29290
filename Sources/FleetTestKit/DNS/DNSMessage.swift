/// What a server made of a question.
public enum DNSResponseCode: Hashable, Sendable, CustomStringConvertible {
    /// Answered, possibly with no records.
    case noError
    /// The question could not be read.
    case formatError
    /// The server could not answer.
    case serverFailure
    /// The name does not exist.
    case nameError
    /// The server does not do that.
    case notImplemented
    /// The server will not do that.
    case refused
    /// The server is not responsible for the zone.
    case notAuthoritative
    /// Any other code.
    case other(UInt8)

    init(_ code: UInt8) {
        switch code {
        case 0: self = .noError
        case 1: self = .formatError
        case 2: self = .serverFailure
        case 3: self = .nameError
        case 4: self = .notImplemented
        case 5: self = .refused
        case 9: self = .notAuthoritative
        default: self = .other(code)
        }
    }

    /// The mnemonic of RFC 1035.
    public var description: String {
        switch self {
        case .noError: "NOERROR"
        case .formatError: "FORMERR"
        case .serverFailure: "SERVFAIL"
        case .nameError: "NXDOMAIN"
        case .notImplemented: "NOTIMP"
        case .refused: "REFUSED"
        case .notAuthoritative: "NOTAUTH"
        case .other(let code): "RCODE\(code)"
        }
    }
}

/// What is asked of a server.
public struct DNSQuestion: Hashable, Sendable {
    /// The name, in lower case, without its final dot.
    public var name: String
    /// The type.
    public var type: DNSType
}

/// One message of the DNS, as far as a client needs it.
public struct DNSMessage: Hashable, Sendable {
    /// The number that ties an answer to its question.
    public var id: UInt16
    /// Whether it is an answer.
    public var isResponse: Bool
    /// Whether the answer was cut to fit into a datagram.
    public var isTruncated: Bool
    /// Whether the server is responsible for the name.
    public var isAuthoritative: Bool
    /// Whether the server asks others for names that are not its own.
    public var isRecursionAvailable = false
    /// What the server made of the question.
    public var code: DNSResponseCode
    /// What was asked for, when the message repeats the question.
    public var question: DNSQuestion?
    /// The records of the answer section.
    public var answers: [DNSRecord]
    /// The records of the authority section: in an answer without records, the SOA that says how long that holds.
    public var authorities: [DNSRecord] = []

    init(
        id: UInt16, isResponse: Bool, isTruncated: Bool, isAuthoritative: Bool, code: DNSResponseCode,
        answers: [DNSRecord] = []
    ) {
        self.id = id
        self.isResponse = isResponse
        self.isTruncated = isTruncated
        self.isAuthoritative = isAuthoritative
        self.code = code
        self.answers = answers
    }

    /// The bytes of a question of class IN; nil when the name cannot be written (labels of 1 to 63 bytes, 253 in all).
    ///
    /// - Parameter recursionDesired: whether the server may ask others.
    public static func query(
        id: UInt16, name: String, type: DNSType, recursionDesired: Bool = true
    ) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.append(contentsOf: id.bigEndianBytes)
        bytes.append(contentsOf: [recursionDesired ? 1 : 0, 0, 0, 1, 0, 0, 0, 0, 0, 0])
        guard let wireName = wireName(name) else { return nil }
        bytes += wireName
        bytes.append(contentsOf: type.rawValue.bigEndianBytes)
        bytes.append(contentsOf: [0, 1])
        return bytes
    }

    /// A name as the wire has it, not compressed; nil when it cannot be written.
    static func wireName(_ name: String) -> [UInt8]? {
        let trimmed = name.hasSuffix(".") ? String(name.dropLast()) : name
        guard trimmed.utf8.count <= 253 else { return nil }
        var bytes: [UInt8] = []
        for label in trimmed.split(separator: ".", omittingEmptySubsequences: false) where !trimmed.isEmpty {
            guard (1...63).contains(label.utf8.count) else { return nil }
            bytes.append(UInt8(label.utf8.count))
            bytes.append(contentsOf: label.utf8)
        }
        return bytes + [0]
    }
}

extension UInt16 {
    /// The two bytes in the order of the wire.
    var bigEndianBytes: [UInt8] { [UInt8(self >> 8), UInt8(self & 0xff)] }
}

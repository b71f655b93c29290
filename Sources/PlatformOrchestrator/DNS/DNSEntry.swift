import PlatformService

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A record of a name as people write it: type, value, and how long it may be kept.
struct DNSEntry: Sendable, Codable, Hashable {
    /// The types that the platform writes. Documented.
    enum Kind: String, Sendable, Codable, CaseIterable {
        case a = "A"
        case aaaa = "AAAA"
        case cname = "CNAME"
        case txt = "TXT"

        /// The type's number.
        var number: UInt16 {
            switch self {
            case .a: 1
            case .cname: 5
            case .txt: 16
            case .aaaa: 28
            }
        }
    }

    let kind: Kind
    /// An address, a name without a final dot, or a text.
    let value: String
    /// Seconds.
    let ttl: Int

    /// The record. Throws when the value is none of that type.
    init(_ kind: Kind, _ value: String, ttl: Int) throws {
        guard Self.data(kind, value) != nil else {
            throw PlatformError(.invalid, "value: \"\(value)\" cannot stand in a record of type \(kind.rawValue)")
        }
        guard (0...604_800).contains(ttl) else {
            throw PlatformError(.invalid, "ttl: \(ttl) is no number of seconds from 0 to 604800")
        }
        self.kind = kind
        self.value = value
        self.ttl = ttl
    }

    /// An address record.
    init(_ address: IPv4Address, ttl: Int) {
        kind = .a
        value = address.description
        self.ttl = ttl
    }

    /// The record on the wire.
    func record(of name: DNSName) -> DNSRecord {
        DNSRecord(name: name, type: kind.number, ttl: UInt32(ttl), data: Self.data(kind, value) ?? [])
    }

    /// The value as a zone file writes it.
    var zoneText: String {
        switch kind {
        case .a, .aaaa: value
        case .cname: "\(value)."
        case .txt: "\"\(value.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined())\""
        }
    }

    private static func data(_ kind: Kind, _ value: String) -> [UInt8]? {
        switch kind {
        case .a: return IPv4Address(value)?.bytes
        case .aaaa:
            var address = [UInt8](repeating: 0, count: 16)
            return inet_pton(AF_INET6, value, &address) == 1 ? address : nil
        case .cname:
            guard let name = try? DNSName(value), !name.labels.isEmpty, value.utf8.allSatisfy(isNameByte) else {
                return nil
            }
            return name.wire
        case .txt:
            let bytes = Array(value.utf8)
            guard (1...255).contains(bytes.count), bytes.allSatisfy({ (0x20..<0x7f).contains($0) }) else { return nil }
            return [UInt8(bytes.count)] + bytes
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}

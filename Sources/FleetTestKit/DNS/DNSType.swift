/// A record type of the DNS that the suites speak; anything else keeps its number.
public struct DNSType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The number of RFC 1035 and its successors.
    public let rawValue: UInt16

    /// Wraps a number.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// IPv4 address.
    public static let a = DNSType(rawValue: 1)
    /// Name server.
    public static let ns = DNSType(rawValue: 2)
    /// Alias.
    public static let cname = DNSType(rawValue: 5)
    /// Start of a zone.
    public static let soa = DNSType(rawValue: 6)
    /// Text.
    public static let txt = DNSType(rawValue: 16)
    /// IPv6 address.
    public static let aaaa = DNSType(rawValue: 28)
    /// A whole zone; a question only.
    public static let axfr = DNSType(rawValue: 252)

    /// The mnemonic, or `TYPE` and the number as RFC 3597 writes it.
    public var description: String {
        switch self {
        case .a: "A"
        case .ns: "NS"
        case .cname: "CNAME"
        case .soa: "SOA"
        case .txt: "TXT"
        case .aaaa: "AAAA"
        case .axfr: "AXFR"
        default: "TYPE\(rawValue)"
        }
    }
}

/// One record of an answer.
public struct DNSRecord: Hashable, Sendable, CustomStringConvertible {
    /// What a record says.
    public enum Value: Hashable, Sendable, CustomStringConvertible {
        /// An address in its usual notation: A or AAAA.
        case address(String)
        /// A name, without its final dot: NS or CNAME.
        case name(String)
        /// The strings of a TXT record.
        case text([String])
        /// The start of a zone: primary server, mailbox, serial.
        case start(primary: String, mailbox: String, serial: UInt32)
        /// The bytes of a type that is not read further.
        case other([UInt8])

        /// The value for people.
        public var description: String {
            switch self {
            case .address(let text), .name(let text): text
            case .text(let strings): strings.map { "\"\($0)\"" }.joined(separator: " ")
            case .start(let primary, let mailbox, let serial): "\(primary) \(mailbox) \(serial)"
            case .other(let bytes): "\(bytes.count) bytes"
            }
        }
    }

    /// The name, in lower case, without its final dot.
    public var name: String
    /// The type.
    public var type: DNSType
    /// How long it may be kept, in seconds.
    public var ttl: UInt32
    /// What it says.
    public var value: Value

    /// The record as a zone file writes it.
    public var description: String { "\(name) \(ttl) \(type) \(value)" }
}

import PlatformService

/// An IPv4 address.
struct IPv4Address: Sendable, Codable, Hashable, Comparable, CustomStringConvertible {
    let number: UInt32

    init(number: UInt32) { self.number = number }

    /// The address of four bytes, nil if there are not four.
    init?(bytes: [UInt8]) {
        guard bytes.count == 4 else { return nil }
        number = bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// The address that the text spells, for example `127.64.0.1`.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).compactMap { UInt8($0) }
        guard parts.count == 4, parts.map(String.init).joined(separator: ".") == text else { return nil }
        self.init(bytes: parts)
    }

    var bytes: [UInt8] { stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> $0) } }
    var description: String { bytes.map(String.init).joined(separator: ".") }

    static func < (left: IPv4Address, right: IPv4Address) -> Bool { left.number < right.number }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let address = IPv4Address(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text) is no IPv4 address")
        }
        self = address
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// A range of addresses in CIDR form, for example `127.64.0.0/16`.
struct IPv4Network: Sendable, Hashable, CustomStringConvertible {
    let base: IPv4Address
    let prefix: Int

    /// The network that the text spells. Throws when it is none, or too small to hold a server.
    init(_ text: String) throws {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPv4Address(String(parts[0])), let prefix = Int(parts[1]),
            (8...30).contains(prefix)
        else {
            throw PlatformError(.invalid, "\"\(text)\" is no network; give one like 127.64.0.0/16 (prefix 8 to 30)")
        }
        base = IPv4Address(number: address.number & (UInt32.max << (32 - prefix)))
        self.prefix = prefix
    }

    /// How many addresses servers may have: all but the first and the last.
    var hostCount: Int { 1 << (32 - prefix) - 2 }

    /// True when the address belongs to the network.
    func contains(_ address: IPv4Address) -> Bool {
        address.number & (UInt32.max << (32 - prefix)) == base.number
    }

    /// The addresses that servers may have, in order, as far as they are asked for.
    var hosts: some Sequence<IPv4Address> {
        (1...UInt32(hostCount)).lazy.map { IPv4Address(number: base.number + $0) }
    }

    var description: String { "\(base)/\(prefix)" }
}

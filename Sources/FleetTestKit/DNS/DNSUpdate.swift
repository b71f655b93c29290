import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A change of one name in a zone (RFC 2136): an address is added, or all addresses are removed.
public struct DNSUpdate: Hashable, Sendable {
    /// The zone.
    public var zone: String
    /// The name, in the zone.
    public var name: String
    /// The IPv4 address to add; nil removes all.
    public var address: String?
    /// How long it may be kept, in seconds.
    public var ttl: UInt32 = 60

    /// Describes a change.
    public init(zone: String, name: String, address: String?) {
        self.zone = zone
        self.name = name
        self.address = address
    }

    /// The message; nil when a name or the address cannot be written.
    func message(id: UInt16, key: TSIGKey?) -> [UInt8]? {
        guard let zone = DNSMessage.wireName(zone), let name = DNSMessage.wireName(name) else { return nil }
        let data = (address ?? "").split(separator: ".").compactMap { UInt8($0) }
        guard address == nil || data.count == 4 else { return nil }
        // Opcode 5; one zone, no prerequisites, one change.
        var bytes = id.bigEndianBytes + [0x28, 0, 0, 1, 0, 0, 0, 1, 0, 0]
        bytes += zone + DNSType.soa.rawValue.bigEndianBytes + [0, 1]
        bytes += name + DNSType.a.rawValue.bigEndianBytes
        // Class ANY without data removes the whole set.
        let isRemoval = address == nil
        bytes += UInt16(isRemoval ? 255 : 1).bigEndianBytes + (isRemoval ? 0 : ttl).bigEndianBytes
        bytes += UInt16(data.count).bigEndianBytes + data
        guard let key else { return bytes }
        return key.sign(bytes, id: id)
    }
}

/// A secret that a name server shares with those who may change its zone (TSIG with HMAC-SHA256, RFC 8945).
///
/// Its description leaves the secret out.
public struct TSIGKey: Sendable, CustomStringConvertible {
    /// Its name.
    public let name: String
    private let secret: Data

    /// Wraps a secret in base64; nil when it is none.
    public init?(name: String, secret: String) {
        guard let data = Data(base64Encoded: secret) else { return nil }
        self.name = name
        self.secret = data
    }

    /// The name alone.
    public var description: String { "the key \(name)" }

    /// The message with a signature at its end; nil when the key's name cannot be written.
    func sign(_ message: [UInt8], id: UInt16, at seconds: Double = Date.now.timeIntervalSince1970) -> [UInt8]? {
        guard let owner = DNSMessage.wireName(name.lowercased()), let algorithm = DNSMessage.wireName("hmac-sha256")
        else { return nil }
        let time = UInt64(seconds)
        // 48 bits of time, and how far clocks may differ.
        let moment =
            UInt16(truncatingIfNeeded: time >> 32).bigEndianBytes
            + UInt32(truncatingIfNeeded: time).bigEndianBytes + UInt16(300).bigEndianBytes
        let rest: [UInt8] = [0, 0, 0, 0]
        let head = owner + [0, 255, 0, 0, 0, 0]
        let mac = HMAC<SHA256>.authenticationCode(
            for: message + head + algorithm + moment + rest, using: SymmetricKey(data: secret))
        let data = algorithm + moment + UInt16(SHA256.byteCount).bigEndianBytes + Array(mac) + id.bigEndianBytes + rest
        // One more record in the additional section: type TSIG, class ANY, TTL 0.
        var signed = message
        signed[11] += 1
        return signed + owner + [0, 250, 0, 255, 0, 0, 0, 0] + UInt16(data.count).bigEndianBytes + data
    }
}

extension UInt32 {
    /// The four bytes in the order of the wire.
    var bigEndianBytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: self >> (24 - 8 * UInt32($0))) } }
}

import Crypto
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Signs messages with a shared secret and checks signed answers (RFC 8945, hmac-sha256 only).
struct TSIG: Sendable {
    private static let algorithm = DNSName(labels: ["hmac-sha256"])
    /// Seconds that the clocks of both sides may differ.
    private static let fudge: UInt16 = 300

    let name: DNSName
    private let secret: SymmetricKey

    init(name: DNSName, secret: [UInt8]) {
        self.name = name
        self.secret = SymmetricKey(data: secret)
    }

    /// The signed message and its signature, which `verify` needs for the answer.
    func sign(_ message: DNSMessage, time: UInt64) -> (bytes: [UInt8], mac: [UInt8]) {
        let variables = Variables(time: time, fudge: Self.fudge, error: 0, other: [])
        let mac = code(over: message.encoded() + digested(variables))
        var signed = message
        signed.additionals.append(
            DNSRecord(
                name: name, type: DNSType.tsig, class_: DNSClass.any, ttl: 0,
                data: data(variables, mac: mac, originalID: message.id)))
        return (signed.encoded(), mac)
    }

    /// Checks the signature of the answer to a signed request. Throws when it is missing, wrong, or too old.
    func verify(_ bytes: [UInt8], requestMAC: [UInt8], time: UInt64) throws {
        var (message, start) = try DNSReader.located(bytes)
        guard let last = message.additionals.popLast(), last.type == DNSType.tsig, last.name == name else {
            throw PlatformError(.failed, "the DNS server's answer is not signed with the key \(name)")
        }
        var reader = DNSReader(last.data)
        _ = try reader.name()
        let high: UInt16 = try reader.integer()
        let low: UInt32 = try reader.integer()
        let fudge: UInt16 = try reader.integer()
        let macLength: UInt16 = try reader.integer()
        let mac = Array(try reader.take(Int(macLength)))
        let _: UInt16 = try reader.integer()
        let error: UInt16 = try reader.integer()
        let otherLength: UInt16 = try reader.integer()
        let other = Array(try reader.take(Int(otherLength)))
        let variables = Variables(time: UInt64(high) << 32 | UInt64(low), fudge: fudge, error: error, other: other)
        guard error == 0 else {
            throw PlatformError(.failed, "the DNS server rejects the key \(name): \(Self.words(error))")
        }
        // The message as it was before the signature was added: the last record off, and counted off.
        var unsigned = Array(bytes[..<start])
        unsigned.replaceSubrange(
            10..<12, with: [UInt8(message.additionals.count >> 8), UInt8(message.additionals.count & 0xff)])
        let signed = requestMAC.lengthPrefixed + unsigned + digested(variables)
        guard HMAC<SHA256>.isValidAuthenticationCode(mac, authenticating: signed, using: secret) else {
            throw PlatformError(.failed, "the signature of the DNS server's answer is wrong (key \(name))")
        }
        let difference = variables.time > time ? variables.time - time : time - variables.time
        guard difference <= UInt64(fudge) else {
            throw PlatformError(.failed, "the DNS server's clock differs by \(difference) s from ours")
        }
    }
}

extension TSIG {
    private struct Variables {
        var time: UInt64
        var fudge: UInt16
        var error: UInt16
        var other: [UInt8]
    }

    private func code(over bytes: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: bytes, using: secret))
    }

    /// What is digested beside the message (RFC 8945, 4.3.3).
    private func digested(_ variables: Variables) -> [UInt8] {
        var bytes = name.wire
        bytes.appendInteger(DNSClass.any)
        bytes.appendInteger(UInt32(0))
        bytes += Self.algorithm.wire
        bytes.appendTime(variables.time)
        bytes.appendInteger(variables.fudge)
        bytes.appendInteger(variables.error)
        return bytes + variables.other.lengthPrefixed
    }

    private func data(_ variables: Variables, mac: [UInt8], originalID: UInt16) -> [UInt8] {
        var bytes = Self.algorithm.wire
        bytes.appendTime(variables.time)
        bytes.appendInteger(variables.fudge)
        bytes += mac.lengthPrefixed
        bytes.appendInteger(originalID)
        bytes.appendInteger(variables.error)
        return bytes + variables.other.lengthPrefixed
    }

    private static func words(_ error: UInt16) -> String {
        switch error {
        case 16: "BADSIG (the secrets differ)"
        case 17: "BADKEY (it does not know the key)"
        case 18: "BADTIME (the clocks differ)"
        default: "error \(error)"
        }
    }
}

extension [UInt8] {
    fileprivate var lengthPrefixed: [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendInteger(UInt16(count))
        return bytes + self
    }

    fileprivate mutating func appendTime(_ seconds: UInt64) {
        appendInteger(UInt16(truncatingIfNeeded: seconds >> 32))
        appendInteger(UInt32(truncatingIfNeeded: seconds))
    }
}

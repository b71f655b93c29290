import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A second factor: codes by time, as every authenticator makes them (RFC 6238, SHA-1, 30 s, six digits).
public struct OneTimePassword: Hashable, Sendable, CustomStringConvertible {
    private let secret: [UInt8]

    /// A secret in base32 (RFC 4648); nil when it is none.
    public init?(base32: String) {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        var (bits, count): (UInt32, Int) = (0, 0)
        var bytes: [UInt8] = []
        for letter in base32.uppercased() where letter != "=" {
            guard let value = alphabet.firstIndex(of: letter) else { return nil }
            bits = bits << 5 | UInt32(value)
            count += 5
            guard count >= 8 else { continue }
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            bits &= 1 << UInt32(count) - 1
        }
        guard !bytes.isEmpty else { return nil }
        secret = bytes
    }

    /// The step that the clock is in.
    public static var presentStep: Int { Int(Date.now.timeIntervalSince1970 / 30) }

    /// The code of a step.
    public func code(of step: Int) -> String {
        let message = withUnsafeBytes(of: UInt64(step).bigEndian) { Data($0) }
        let mac = Array(HMAC<Insecure.SHA1>.authenticationCode(for: message, using: SymmetricKey(data: secret)))
        let offset = Int(mac[19] & 15)
        let number = mac[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7fff_ffff
        let digits = String(number % 1_000_000)
        return String(repeating: "0", count: 6 - digits.count) + digits
    }

    /// Says nothing of the secret.
    public var description: String { "a second factor" }
}

/// Base64 for URLs without padding (RFC 4648).
public enum Base64URL {
    /// The bytes of a text; nil when it is none.
    public static func bytes(of text: some StringProtocol) -> [UInt8]? {
        var plain = String(text).replacing("-", with: "+").replacing("_", with: "/")
        plain += String(repeating: "=", count: (4 - plain.count % 4) % 4)
        return Data(base64Encoded: plain).map(Array.init)
    }

    /// The text of some bytes.
    public static func text(of bytes: [UInt8]) -> String {
        let plain = Data(bytes).base64EncodedString()
        return plain.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}

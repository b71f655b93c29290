import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One-time passwords by time (RFC 6238): six digits, SHA-1, steps of 30 s, as every authenticator has them.
struct TOTP: Sendable, Hashable {
    /// The shared secret.
    let secret: Data

    private static let step = 30.0

    /// A new random secret of 160 bits, the size that the RFC recommends.
    static func random() -> TOTP {
        TOTP(secret: SymmetricKey(size: .init(bitCount: 160)).withUnsafeBytes { Data($0) })
    }

    /// The step that a Unix time is in.
    static func step(at seconds: Double) -> Int { Int((seconds / step).rounded(.down)) }

    /// The code of a step.
    func code(step: Int) -> String {
        let counter = withUnsafeBytes(of: UInt64(step).bigEndian) { Data($0) }
        let digest = Array(HMAC<Insecure.SHA1>.authenticationCode(for: counter, using: SymmetricKey(data: secret)))
        let offset = Int(digest[19] & 0xf)
        let number = digest[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } & 0x7fff_ffff
        let digits = "\(number % 1_000_000)"
        return String(repeating: "0", count: 6 - digits.count) + digits
    }

    /// The step whose code this is: the present one or a neighbour (clocks differ), but none up to `used`, so that no code
    /// works twice. Nil when it is none.
    func step(of code: String, at seconds: Double, after used: Int) -> Int? {
        let now = Self.step(at: seconds)
        return (now - 1...now + 1).first { $0 > used && self.code(step: $0) == code }
    }
}

extension TOTP {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    /// The secret in base32, as people type it into their authenticator.
    var base32: String {
        var (bits, count, text) = (0, 0, [UInt8]())
        for byte in secret {
            bits = (bits << 8 | Int(byte)) & 0xffff
            count += 8
            while count >= 5 {
                count -= 5
                text.append(Self.alphabet[bits >> count & 31])
            }
        }
        if count > 0 { text.append(Self.alphabet[bits << (5 - count) & 31]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads a secret in base32, of at least 80 bits; nil when it is none.
    init?(base32: String) {
        var (bits, count, bytes) = (0, 0, [UInt8]())
        for character in base32.uppercased().utf8 where character != UInt8(ascii: "=") {
            guard let value = Self.alphabet.firstIndex(of: character) else { return nil }
            bits = (bits << 5 | value) & 0xffff
            count += 5
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(bits >> count & 0xff))
            }
        }
        guard bytes.count >= 10 else { return nil }
        secret = Data(bytes)
    }
}

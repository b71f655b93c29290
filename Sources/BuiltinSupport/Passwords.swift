import Crypto
import CryptoExtras
import FleetSystem

#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// A password as a service keeps it: salted and hashed with scrypt.
package struct PasswordHash: Codable, Sendable, Hashable {
    fileprivate let salt: Data
    fileprivate let key: Data

    /// Hashes a password with a new salt.
    package init(_ password: String) throws {
        salt = Secret.random(16)
        key = try Self.derive(password, salt)
    }

    /// Whether the password is this one.
    package func matches(_ password: String) -> Bool {
        // What cannot be derived does not match.
        guard let other = try? Self.derive(password, salt) else { return false }
        return Secret.equal(other, key)
    }

    private static func derive(_ password: String, _ salt: Data) throws -> Data {
        let key = try KDF.Scrypt.deriveKey(
            from: Data(password.utf8), salt: salt, outputByteCount: 32, rounds: 1 << 14, blockSize: 8, parallelism: 1)
        return key.withUnsafeBytes { Data($0) }
    }
}

/// Remembers, while the process lives, which password was right, so that not each request pays for scrypt.
package final class PasswordCache: Sendable {
    private let key = SymmetricKey(size: .bits256)
    private let known = Locked<Set<Data>>([])

    /// An empty one.
    package init() {}

    /// Whether the password is the one of the hash.
    package func matches(_ password: String, _ hash: PasswordHash) -> Bool {
        let mark = Data(
            HMAC<SHA256>.authenticationCode(for: hash.salt + hash.key + Data(password.utf8), using: key))
        if known.withLock({ $0.contains(mark) }) { return true }
        guard hash.matches(password) else { return false }
        known.withLock { _ = $0.insert(mark) }
        return true
    }
}

/// Random and hashed secrets.
package enum Secret {
    /// That many random bytes.
    package static func random(_ count: Int) -> Data {
        SymmetricKey(size: SymmetricKeySize(bitCount: count * 8)).withUnsafeBytes { Data($0) }
    }

    /// A new token of 40 hexadecimal digits.
    package static func token() -> String { hex(random(20)) }

    /// What is kept of a token that is random itself.
    package static func digest(_ token: String) -> String { hex(SHA256.hash(data: Data(token.utf8))) }

    /// The digest of bytes as OCI spells it: `sha256:` and 64 hexadecimal digits.
    package static func contentDigest(_ bytes: some DataProtocol) -> String {
        "sha256:\(hex(SHA256.hash(data: bytes)))"
    }

    /// Whether both are the same, without telling by the time it takes.
    package static func equal(_ left: some DataProtocol, _ right: some DataProtocol) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// Bytes as hexadecimal digits.
    package static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var result: [UInt8] = []
        for byte in bytes { result += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return String(decoding: result, as: UTF8.self)
    }

    /// The HMAC-SHA256 of a body as hexadecimal digits.
    package static func signature(of body: some DataProtocol, key: String) -> String {
        hex(HMAC<SHA256>.authenticationCode(for: body, using: SymmetricKey(data: Data(key.utf8))))
    }
}

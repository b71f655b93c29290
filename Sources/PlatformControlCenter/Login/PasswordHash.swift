import Crypto
import CryptoExtras
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A password as it is kept: `scrypt$ROUNDS$BLOCK$PARALLEL$SALT$KEY`, the last two in base64.
///
/// Deriving takes some 16 MiB and tens of milliseconds on purpose; do it on a thread that may wait.
struct PasswordHash: Sendable, Hashable {
    let text: String

    private static let rounds = 1 << 14
    private static let blockSize = 8
    private static let parallelism = 1

    /// The hash of a password, with a new salt.
    init(of password: String) throws {
        let salt = SymmetricKey(size: .bits128).withUnsafeBytes { Data($0) }
        let key = try Self.derive(password, salt, Self.rounds, Self.blockSize, Self.parallelism)
        text =
            "scrypt$\(Self.rounds)$\(Self.blockSize)$\(Self.parallelism)$\(salt.base64EncodedString())$"
            + key.base64EncodedString()
    }

    /// A hash that was kept.
    init(kept text: String) { self.text = text }

    /// Whether that is the password. Takes as long for a wrong one.
    func matches(_ password: String) throws -> Bool {
        let parts = text.split(separator: "$").map(String.init)
        guard parts.count == 6, let rounds = Int(parts[1]), let block = Int(parts[2]), let parallel = Int(parts[3]),
            let salt = Data(base64Encoded: parts[4]), let key = Data(base64Encoded: parts[5])
        else { throw PlatformError(.failed, "a stored password cannot be read") }
        return Self.isEqual(try Self.derive(password, salt, rounds, block, parallel), key)
    }

    private static func derive(
        _ password: String, _ salt: Data, _ rounds: Int, _ block: Int, _ parallel: Int
    ) throws -> Data {
        let key = try KDF.Scrypt.deriveKey(
            from: Data(password.utf8), salt: salt, outputByteCount: 32, rounds: rounds, blockSize: block,
            parallelism: parallel)
        return key.withUnsafeBytes { Data($0) }
    }

    /// Looks at every byte, wherever the first difference is.
    private static func isEqual(_ left: Data, _ right: Data) -> Bool {
        left.count == right.count && zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

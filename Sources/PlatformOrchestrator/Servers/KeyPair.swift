import FleetSystem
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Makes SSH keys with ssh-keygen.
enum KeyPair {
    /// Makes an ed25519 key without passphrase in `file` and `file.pub`, unless it is there. Returns the public line's
    /// first two words.
    static func ensure(_ file: String, comment: String) async throws -> String {
        if !FileManager.default.fileExists(atPath: "\(file).pub") {
            unlinkBoth(file)
            let made = try await CommandRunner.run(
                "ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", file])
            guard made.status.isSuccess else {
                throw PlatformError(.failed, "ssh-keygen cannot make the key \(file): \(made.output)")
            }
        }
        let line = String(decoding: try AtomicFile.read("\(file).pub"), as: UTF8.self)
        let words = line.split(whereSeparator: \.isWhitespace)
        guard words.count >= 2 else { throw PlatformError(.failed, "\(file).pub holds no public key") }
        return "\(words[0]) \(words[1])"
    }

    /// A kill between the two files leaves a private key alone, at which ssh-keygen would ask.
    private static func unlinkBoth(_ file: String) {
        try? FileManager.default.removeItem(atPath: file)
        try? FileManager.default.removeItem(atPath: "\(file).pub")
    }
}

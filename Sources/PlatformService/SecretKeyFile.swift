public import Crypto
import FleetSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A random key that a service makes once and keeps in its data directory.
public enum SecretKeyFile {
    /// Reads the key of 256 bits, or makes it where there is none (mode 0600).
    public static func ensure(_ path: String) throws -> SymmetricKey {
        if FileManager.default.fileExists(atPath: path) {
            let bytes = try AtomicFile.read(path)
            guard bytes.count == 32 else { throw PlatformError(.failed, "\(path) is no key of 32 bytes") }
            return SymmetricKey(data: bytes)
        }
        let key = SymmetricKey(size: .bits256)
        try AtomicFile.write(key.withUnsafeBytes { Array($0) }, to: path)
        return key
    }
}

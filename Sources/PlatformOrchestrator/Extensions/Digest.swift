import Crypto
import FleetSystem
import NIOCore
import PlatformService

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A SHA-256 digest as OCI spells it: `sha256:` and 64 hex digits.
struct Digest: Sendable, Hashable, Codable, CustomStringConvertible {
    let description: String

    /// The digest that the text spells, nil if it is no SHA-256.
    init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        let isHex = parts.last?.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
            default: false
            }
        }
        guard parts.count == 2, parts[0] == "sha256", parts[1].utf8.count == 64, isHex == true else { return nil }
        description = text
    }

    /// The digest of bytes.
    init(of bytes: [UInt8]) { self.init(SHA256.hash(data: bytes)) }

    init(_ digest: SHA256.Digest) {
        let digits = Array("0123456789abcdef")
        description = digest.reduce(into: "sha256:") { text, byte in
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let digest = Digest(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text) is no sha256 digest")
        }
        self = digest
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Writes pieces to a file and digests them on the way.
final class DigestingFile: Sendable {
    private struct State {
        var hash = SHA256()
        var size = 0
    }

    private let descriptor: Int32
    private let path: String
    private let limit: Int
    private let state = Locked(State())

    /// Makes the file, which must not exist.
    init(path: String, limit: Int) throws {
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw SystemCallError(call: "open", subject: path) }
        self.path = path
        self.limit = limit
    }

    deinit { close(descriptor) }

    /// Adds a piece. Throws when the disk refuses it or the file becomes larger than the limit.
    func add(_ piece: ByteBuffer) throws {
        let bytes = piece.readableBytesView
        try state.withLock { state in
            state.size += bytes.count
            guard state.size <= limit else {
                throw PlatformError(.failed, "the archive is larger than \(limit) bytes; it is not downloaded")
            }
            state.hash.update(data: bytes)
        }
        try bytes.withUnsafeBytes { buffer in
            var rest = buffer
            while !rest.isEmpty {
                let count = write(descriptor, rest.baseAddress, rest.count)
                guard count >= 0 else { throw SystemCallError(call: "write", subject: path) }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
    }

    /// Makes the content durable. Returns its digest and size.
    func finish() throws -> (digest: Digest, size: Int) {
        guard fsync(descriptor) == 0 else { throw SystemCallError(call: "fsync", subject: path) }
        return state.withLock { (Digest($0.hash.finalize()), $0.size) }
    }
}

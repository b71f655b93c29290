import Crypto
import FleetSystem
public import NIOCore
import PlatformService

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A SHA-256 digest as OCI spells it: `sha256:` and 64 hex digits.
public struct Digest: Sendable, Hashable, Codable, CustomStringConvertible {
    /// `sha256:` and 64 hex digits.
    public let description: String

    /// The digest that the text spells, nil if it is no SHA-256.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == "sha256", Self.isHex(parts[1]) else { return nil }
        description = text
    }

    /// The digest of bytes.
    public init(of bytes: some Sequence<UInt8>) {
        var hash = SHA256()
        hash.update(data: Array(bytes))
        self.init(hash.finalize())
    }

    /// The digest of a file. Throws when it cannot be read.
    public init(ofFile path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw SystemCallError(call: "open", subject: path) }
        defer { close(descriptor) }
        var hash = SHA256()
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 else { throw SystemCallError(call: "read", subject: path) }
            if count == 0 { break }
            hash.update(data: buffer[..<count])
        }
        self.init(hash.finalize())
    }

    init(_ digest: SHA256.Digest) {
        let digits = Array("0123456789abcdef")
        description = digest.reduce(into: "sha256:") { text, byte in
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
    }

    /// The 64 hex digits alone, as `sha256sum` prints them.
    public var hex: String { String(description.dropFirst("sha256:".count)) }

    private static func isHex(_ text: Substring) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
                default: false
                }
            }
    }

    /// Reads the text.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let digest = Digest(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text) is no sha256 digest")
        }
        self = digest
    }

    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
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

/// Receives an archive that somebody sends.
public enum FileReceiver {
    /// Writes pieces to a file that must not exist. Throws when they are more than an archive may have.
    public static func receive(_ pieces: some AsyncSequence<ByteBuffer, any Error>, to path: String) async throws {
        let file = try DigestingFile(path: path, limit: archiveLimit)
        for try await piece in pieces { try file.add(piece) }
        _ = try file.finish()
    }
}

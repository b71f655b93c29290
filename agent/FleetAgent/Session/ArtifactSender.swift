import FleetModel
import FleetProtocol
import NIOCore
import NIOPosix

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Sends one kept file in pieces; one that cannot be read any more is answered by `error`.
struct ArtifactSender {
    /// What one line carries: 512 KiB, which base64 makes 683 KiB.
    static let pieceSize = 512 << 10

    let file: OutgoingFile

    func send(to outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) async throws {
        let descriptor = open(file.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return try await outbound.write(unreadable()) }
        defer { close(descriptor) }
        var offset = 0
        while true {
            let start = offset
            let size = file.size
            let piece = try await NIOThreadPool.singleton.runIfActive {
                Self.read(descriptor, at: start, count: min(Self.pieceSize, size - start))
            }
            guard let piece, start + piece.count == size || !piece.isEmpty else {
                return try await outbound.write(unreadable())
            }
            offset += piece.count
            let chunk = Message.Chunk(
                attempt: AttemptID(rawValue: file.attempt), path: file.name, offset: start,
                data: piece.base64EncodedString(), isLast: offset == size)
            try await outbound.write(MessageCoder().encode(.chunk(chunk)))
            if offset == size { return }
        }
    }

    private func unreadable() throws -> ByteBuffer {
        let text = "attempt \(file.attempt): \(file.name) cannot be read any more"
        return try MessageCoder().encode(.error(Message.ErrorReport(.unknownFile, message: text)))
    }

    private static func read(_ descriptor: Int32, at offset: Int, count: Int) -> Data? {
        var data = Data(count: count)
        let got = data.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, count, off_t(offset)) }
        guard got >= 0 else { return nil }
        return data.prefix(got)
    }
}

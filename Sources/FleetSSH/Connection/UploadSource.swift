internal import NIOCore
internal import NIOPosix

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// A local file that is read piece by piece, never as a whole, and never on an event loop.
final class UploadSource: Sendable {
    private let descriptor: Int32

    /// As much as one read takes.
    private static let chunk = 256 * 1024

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    static func open(_ path: String) async throws -> UploadSource {
        try await NIOThreadPool.singleton.runIfActive {
            let descriptor = opened(path)
            guard descriptor >= 0 else { throw FileFailure("open") }
            let source = UploadSource(descriptor: descriptor)
            try LocalFile.requireRegularFile(descriptor)
            return source
        }
    }

    /// The bytes at an offset; empty at the end of the file.
    func read(at offset: Int) async throws -> ByteBuffer {
        try await NIOThreadPool.singleton.runIfActive { [self] in
            var buffer = ByteBuffer()
            try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.chunk) { space in
                while true {
                    let count = pread(descriptor, space.baseAddress, Self.chunk, off_t(offset))
                    if count >= 0 { return count }
                    if errno != EINTR { throw FileFailure("read") }
                }
            }
            return buffer
        }
    }
}

private func opened(_ path: String) -> Int32 { open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }

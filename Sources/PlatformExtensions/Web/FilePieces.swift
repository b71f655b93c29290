import FleetSystem
public import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A file as a sequence of pieces, each read when it is asked for.
public struct FilePieces: AsyncSequence, Sendable {
    /// A piece of some hundred kilobytes.
    public typealias Element = ByteBuffer

    private let path: String

    /// The content of that file, which is opened at the first piece.
    public init(path: String) { self.path = path }

    /// Begins with the first byte.
    public func makeAsyncIterator() -> Iterator { Iterator(path: path) }

    /// Opens the file at the first piece, and closes it with itself.
    public final class Iterator: AsyncIteratorProtocol {
        private static let size = 256 << 10
        private let path: String
        private var descriptor: Int32 = -1

        init(path: String) { self.path = path }

        deinit { if descriptor >= 0 { close(descriptor) } }

        /// The next piece, nil at the end. Throws when the file cannot be read.
        public func next() async throws -> ByteBuffer? {
            if descriptor < 0 { descriptor = open(path, O_RDONLY | O_CLOEXEC) }
            guard descriptor >= 0 else { throw SystemCallError(call: "open", subject: path) }
            var bytes = [UInt8](repeating: 0, count: Self.size)
            let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 else { throw SystemCallError(call: "read", subject: path) }
            return count == 0 ? nil : ByteBuffer(bytes: bytes[..<count])
        }
    }
}

import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads a file in pieces of 1 MiB; closed when it is released.
final class FileDescriptorReader {
    private let descriptor: Int32
    private let path: String

    /// Opens a file.
    ///
    /// - Throws: `SystemCallError` with the path.
    init(path: String) throws(SystemCallError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemCallError(call: "open", subject: path) }
    }

    deinit { close(descriptor) }

    /// The next piece; nil at the end.
    func next() throws -> [UInt8]? {
        let piece = try [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, count in
            let result = read(descriptor, buffer.baseAddress, buffer.count)
            guard result >= 0 else { throw SystemCallError(call: "read", subject: path) }
            count = result
        }
        return piece.isEmpty ? nil : piece
    }
}

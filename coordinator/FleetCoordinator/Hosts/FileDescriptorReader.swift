#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads a file in pieces of 1 MiB; closed when it is released.
final class FileDescriptorReader {
    private let descriptor: Int32

    /// Opens a file.
    ///
    /// - Throws: `SystemError` with the path.
    init(path: String) throws {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError(errno, "cannot open \(path)") }
    }

    deinit { close(descriptor) }

    /// The next piece; nil at the end.
    func next() throws -> [UInt8]? {
        let piece = try [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, count in
            let result = read(descriptor, buffer.baseAddress, buffer.count)
            guard result >= 0 else { throw SystemError(errno, "cannot read") }
            count = result
        }
        return piece.isEmpty ? nil : piece
    }
}

/// A system call that failed.
struct SystemError: Error, Hashable, CustomStringConvertible {
    var code: Int32
    var what: String

    init(_ code: Int32, _ what: String) {
        self.code = code
        self.what = what
    }

    var description: String { "\(what): \(String(cString: strerror(code)))" }
}

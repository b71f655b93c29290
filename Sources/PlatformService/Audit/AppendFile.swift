#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A private file of lines that only grows.
final class AppendFile {
    private let path: String
    private let descriptor: Int32
    /// Bytes of whole lines.
    private(set) var size: Int

    /// Opens or makes the file, and cuts away a last line that has no end.
    init(_ path: String) throws {
        self.path = path
        descriptor = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.failure("open", path) }
        size = try Self.endOfLines(descriptor, Int(lseek(descriptor, 0, SEEK_END)), path)
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw Self.failure("truncate", path) }
    }

    deinit { close(descriptor) }

    /// Appends one line, its end included.
    func append(_ line: some Sequence<UInt8>) throws {
        let bytes = Array(line)
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                write(descriptor, $0.baseAddress?.advanced(by: done), bytes.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let error = Self.failure("write", path)
                // Half a line must not swallow the next one.
                ftruncate(descriptor, off_t(size))
                throw error
            }
            done += count
        }
        size += bytes.count
    }

    /// Bytes of a file from an offset on, at most so many; fewer at its end.
    static func read(_ path: String, from offset: Int, count: Int) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { close(descriptor) }
        return try read(descriptor, from: offset, count: count, path)
    }

    private static func read(_ descriptor: Int32, from offset: Int, count: Int, _ path: String) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress?.advanced(by: done), count - done, off_t(offset + done))
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw failure("read", path) }
            if got == 0 { break }
            done += got
        }
        return Array(bytes.prefix(done))
    }

    /// The offset after the last line's end, looked for from the file's end.
    private static func endOfLines(_ descriptor: Int32, _ size: Int, _ path: String) throws -> Int {
        var end = size
        while end > 0 {
            let start = max(0, end - 65_536)
            let bytes = try read(descriptor, from: start, count: end - start, path)
            if let last = bytes.lastIndex(of: 0x0a) { return start + last + 1 }
            end = start
        }
        return 0
    }

    private static func failure(_ what: String, _ path: String) -> PlatformError {
        PlatformError(.failed, "cannot \(what) \(path): \(String(cString: strerror(errno)))")
    }
}

import CLinux

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Small helpers around file descriptors; each closes what it opened.
public enum Descriptor {
    /// A pipe whose ends are both close-on-exec.
    static func pipe() throws(SystemCallError) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard fleet_pipe(&ends) == 0 else { throw SystemCallError(call: "pipe", subject: "a new pipe") }
        return (ends[0], ends[1])
    }

    /// Opens a path, close-on-exec.
    static func open(_ path: String, _ flags: Int32, mode: mode_t = 0) throws(SystemCallError) -> Int32 {
        while true {
            let descriptor = fleet_open(path, flags, mode)
            if descriptor >= 0 { return descriptor }
            guard errno == EINTR else { throw SystemCallError(call: "open", subject: path) }
        }
    }

    /// Writes everything, however often the system takes less. Throws when it refuses; `path` is for the error.
    public static func writeAll(
        _ descriptor: Int32, _ bytes: some Sequence<UInt8>, path: String
    ) throws(SystemCallError) {
        let bytes = ContiguousArray(bytes)
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                write(descriptor, buffer.baseAddress?.advanced(by: offset), buffer.count - offset)
            }
            if count > 0 {
                offset += count
            } else if errno != EINTR {
                throw SystemCallError(call: "write", subject: path)
            }
        }
    }

    /// The first bytes of a file, at most `limit`; nil when it cannot be read.
    static func contents(of path: String, limit: Int = 1 << 20) -> [UInt8]? {
        guard let descriptor = try? open(path, O_RDONLY) else { return nil }
        defer { close(descriptor) }
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while result.count < limit {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return count == 0 ? result : nil }
            result.append(contentsOf: buffer[..<count])
        }
        return Array(result.prefix(limit))
    }
}

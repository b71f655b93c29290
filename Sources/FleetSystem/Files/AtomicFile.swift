import CLinux

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Writes whole files so that a reader, or a crash, sees the old content or the new one and nothing between.
public enum AtomicFile {
    /// Writes a file beside its place, syncs it, moves it there and syncs the directory.
    public static func write(
        _ bytes: some Sequence<UInt8>, to path: String, mode: UInt32 = 0o600
    ) throws(SystemCallError) {
        let directory = parent(of: path)
        let temporary = "\(path).\(getpid()).\(UInt32.random(in: 0...UInt32.max)).tmp"
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
        let descriptor = try Descriptor.open(temporary, flags, mode: mode_t(mode))
        do throws(SystemCallError) {
            defer { close(descriptor) }
            // The mode of `open` is subject to the umask.
            guard fchmod(descriptor, mode_t(mode)) == 0 else {
                throw SystemCallError(call: "fchmod", subject: temporary)
            }
            try Descriptor.writeAll(descriptor, bytes, path: temporary)
            guard fsync(descriptor) == 0 else { throw SystemCallError(call: "fsync", subject: temporary) }
            guard rename(temporary, path) == 0 else { throw SystemCallError(call: "rename", subject: path) }
        } catch {
            unlink(temporary)
            throw error
        }
        try synchronizeDirectory(directory)
    }

    /// Makes the entries of a directory durable.
    public static func synchronizeDirectory(_ path: String) throws(SystemCallError) {
        let descriptor = try Descriptor.open(path, O_RDONLY | O_DIRECTORY)
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw SystemCallError(call: "fsync", subject: path) }
    }

    /// The content of a file, at most `limit` bytes of it.
    public static func read(_ path: String, limit: Int = 16 << 20) throws(SystemCallError) -> [UInt8] {
        guard let bytes = Descriptor.contents(of: path, limit: limit) else {
            throw SystemCallError(call: "read", subject: path)
        }
        return bytes
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

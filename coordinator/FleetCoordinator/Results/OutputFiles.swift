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

/// Writes reports so that nobody ever sees half of one: a temporary file beside the target, synced, then renamed.
enum OutputFiles {
    /// Makes a directory of ours (mode 0700), or accepts an existing one; a link or another user's is refused.
    static func prepareDirectory(_ path: String) throws(OutputError) {
        var information = stat()
        if lstat(path, &information) != 0 {
            guard errno == ENOENT else { throw OutputError(path: path, action: "look at the directory", code: errno) }
            try makeDirectory(path)
            guard lstat(path, &information) == 0 else {
                throw OutputError(path: path, action: "look at the directory", code: errno)
            }
        }
        let kind = information.st_mode & S_IFMT
        guard kind != S_IFLNK else {
            throw OutputError(
                path: path, action: "use the directory", reason: "it is a symbolic link; name the real directory")
        }
        guard kind == S_IFDIR else {
            throw OutputError(path: path, action: "use the directory", reason: "it is not a directory")
        }
        guard information.st_uid == geteuid() else {
            throw OutputError(
                path: path, action: "use the directory",
                reason: "it belongs to another user (uid \(information.st_uid)); choose another with --output-dir")
        }
        guard access(path, W_OK) == 0 else {
            throw OutputError(path: path, action: "write to the directory", code: errno)
        }
    }

    private static func makeDirectory(_ path: String) throws(OutputError) {
        let parent = URL(filePath: path).deletingLastPathComponent().path
        if !parent.isEmpty, parent != path, access(parent, F_OK) != 0 { try makeDirectory(parent) }
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw OutputError(path: path, action: "make the directory", code: errno)
        }
    }

    /// Replaces a file in one step.
    static func write(_ text: String, to path: String) throws(OutputError) {
        try write(Array(text.utf8), to: path)
    }

    /// Replaces a file in one step.
    static func write(_ bytes: [UInt8], to path: String) throws(OutputError) {
        let partial = "\(path).\(getpid()).partial"
        unlink(partial)
        let descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw OutputError(path: path, action: "write", code: errno) }
        let failure = writeAll(bytes, to: descriptor)
        let closed = close(descriptor) == 0 ? nil : errno
        if let code = failure ?? closed {
            unlink(partial)
            throw OutputError(path: path, action: "write", code: code)
        }
        guard rename(partial, path) == 0 else {
            let code = errno
            unlink(partial)
            throw OutputError(path: path, action: "put in place", code: code)
        }
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes {
                #if canImport(Glibc)
                    Glibc.write(descriptor, $0.baseAddress, $0.count)
                #else
                    Darwin.write(descriptor, $0.baseAddress, $0.count)
                #endif
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return errno }
            written += count
        }
        return fsync(descriptor) == 0 ? nil : errno
    }
}

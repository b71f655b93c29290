#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// Why a local file could not be used: which call, and what the system said.
struct FileFailure: Error, CustomStringConvertible {
    let description: String

    /// Takes the system's error of the call that just failed.
    init(_ call: String) {
        let number = errno
        description = "\(call): \(String(cString: strerror(number)))"
    }

    init(reason: String) { description = reason }
}

/// Small files, read and written whole. Everything here blocks.
enum LocalFile {
    /// The contents of a regular file; nil when there is none.
    static func contents(of path: String, limit: Int) throws(FileFailure) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        if descriptor < 0 {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw FileFailure("open")
        }
        defer { close(descriptor) }
        try requireRegularFile(descriptor)
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            if count < 0 { throw FileFailure("read") }
            if count == 0 { return bytes }
            bytes += chunk.prefix(count)
            if bytes.count > limit { throw FileFailure(reason: "it is larger than \(limit) bytes") }
        }
    }

    /// The permission bits.
    static func mode(of path: String) throws(FileFailure) -> UInt32 {
        var status = stat()
        if stat(path, &status) != 0 { throw FileFailure("stat") }
        return UInt32(status.st_mode) & 0o7777
    }

    static func requireRegularFile(_ descriptor: Int32) throws(FileFailure) {
        var status = stat()
        if fstat(descriptor, &status) != 0 { throw FileFailure("stat") }
        if status.st_mode & S_IFMT != S_IFREG { throw FileFailure(reason: "it is not a regular file") }
    }

    /// Appends one line with one write; makes the file (0600) and its directory (0700) when they are not there.
    static func appendLine(_ line: String, to path: String) throws(FileFailure) {
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            // That it is there already is the usual case.
            _ = mkdir(String(path[..<slash]), 0o700)
        }
        let descriptor = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileFailure("open") }
        defer { close(descriptor) }
        try requireRegularFile(descriptor)
        let end = lseek(descriptor, 0, SEEK_END)
        var last: UInt8 = UInt8(ascii: "\n")
        if end > 0, pread(descriptor, &last, 1, end - 1) != 1 { throw FileFailure("read") }
        let bytes = Array(((last == UInt8(ascii: "\n") ? "" : "\n") + line + "\n").utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count else { throw FileFailure("write") }
    }
}

/// The user's home directory.
enum HomeDirectory {
    /// Replaces a leading `~/`.
    static func expand(_ path: String) -> String {
        guard path.hasPrefix("~/") else { return path }
        if let home = getenv("HOME") { return String(cString: home) + path.dropFirst() }
        guard let entry = getpwuid(getuid()), let home = entry.pointee.pw_dir else { return path }
        return String(cString: home) + path.dropFirst()
    }
}

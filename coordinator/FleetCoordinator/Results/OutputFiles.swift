import FleetSystem

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

/// Writes what a run leaves: nobody ever sees half of a file, and nothing goes where somebody else could change it.
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

    /// Checks that a file can be put at a path, so that a run does not find out at its end.
    static func checkPlace(_ path: String) throws(OutputError) {
        var information = stat()
        if stat(path, &information) == 0, information.st_mode & S_IFMT == S_IFDIR {
            throw OutputError(path: path, action: "write a report", code: EISDIR)
        }
        let parent = URL(filePath: path).deletingLastPathComponent().path
        guard access(parent, W_OK | X_OK) == 0 else {
            throw OutputError(path: path, action: "write a report", code: errno)
        }
    }

    private static func makeDirectory(_ path: String) throws(OutputError) {
        let parent = URL(filePath: path).deletingLastPathComponent().path
        if !parent.isEmpty, parent != path, access(parent, F_OK) != 0 { try makeDirectory(parent) }
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw OutputError(path: path, action: "make the directory", code: errno)
        }
    }

    /// Adds text at the end of a file, which is made if need be.
    static func append(_ text: String, to path: String) throws(OutputError) {
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw OutputError(path: path, action: "open", code: errno) }
        defer { close(descriptor) }
        do throws(SystemCallError) {
            try Descriptor.writeAll(descriptor, Array(text.utf8), path: path)
        } catch {
            throw OutputError(path: path, action: "write", code: error.code)
        }
    }

    /// Replaces a file in one step.
    static func write(_ text: String, to path: String) throws(OutputError) {
        try write(Array(text.utf8), to: path)
    }

    /// Replaces a file in one step: a reader, or a crash, sees the old content or the new one.
    static func write(_ bytes: [UInt8], to path: String) throws(OutputError) {
        do throws(SystemCallError) {
            try AtomicFile.write(bytes, to: path)
        } catch {
            throw OutputError(path: path, action: "write", code: error.code)
        }
    }
}

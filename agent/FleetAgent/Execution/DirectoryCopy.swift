import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Copies directories: plain files, directories and links as links; nothing else, and never through a link.
enum DirectoryCopy {
    /// Copies a tree to a place where nothing is yet; what is copied can be written by us.
    static func copy(_ source: String, to target: String) throws(SystemCallError) {
        guard mkdir(target, 0o700) == 0 else { throw SystemCallError(call: "mkdir", subject: target) }
        for name in try DirectoryTree.names(in: source) {
            try copyEntry("\(source)/\(name)", to: "\(target)/\(name)")
        }
    }

    /// Takes the right to write away from every file of a tree, ours included.
    static func protect(_ directory: String) throws(SystemCallError) {
        for name in try DirectoryTree.names(in: directory) {
            let path = "\(directory)/\(name)"
            let status = try status(of: path)
            switch status.st_mode & S_IFMT {
            case S_IFDIR: try protect(path)
            case S_IFREG: chmod(path, status.st_mode & 0o555)
            default: break
            }
        }
    }

    static func status(of path: String) throws(SystemCallError) -> stat {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw SystemCallError(call: "lstat", subject: path) }
        return status
    }

    private static func copyEntry(_ source: String, to target: String) throws(SystemCallError) {
        let status = try status(of: source)
        switch status.st_mode & S_IFMT {
        case S_IFDIR: try copy(source, to: target)
        case S_IFLNK: try copyLink(source, to: target)
        case S_IFREG: try copyFile(source, to: target, mode: status.st_mode & 0o777 | 0o600)
        default: break
        }
    }

    private static func copyLink(_ source: String, to target: String) throws(SystemCallError) {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = readlink(source, &buffer, buffer.count - 1)
        guard count >= 0 else { throw SystemCallError(call: "readlink", subject: source) }
        guard symlink(buffer, target) == 0 else { throw SystemCallError(call: "symlink", subject: target) }
    }

    private static func copyFile(_ source: String, to target: String, mode: mode_t) throws(SystemCallError) {
        let from = open(source, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard from >= 0 else { throw SystemCallError(call: "open", subject: source) }
        defer { close(from) }
        let onto = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard onto >= 0 else { throw SystemCallError(call: "open", subject: target) }
        defer { close(onto) }
        fchmod(onto, mode)
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = read(from, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemCallError(call: "read", subject: source) }
            if count == 0 { return }
            var done = 0
            while done < count {
                let written = buffer.withUnsafeBytes { write(onto, $0.baseAddress?.advanced(by: done), count - done) }
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { throw SystemCallError(call: "write", subject: target) }
                done += written
            }
        }
    }
}

import CLinux

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Why a directory is not ours alone.
public enum PrivateDirectoryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// It is a link, or not a directory.
    case notADirectory(path: String)
    /// Another user owns it.
    case foreign(path: String, owner: UInt32)
    /// A system call failed.
    case system(SystemCallError)

    /// One sentence that says what to do.
    public var description: String {
        switch self {
        case .notADirectory(let path):
            "\(path) is a link or not a directory; remove it or choose another place"
        case .foreign(let path, let owner):
            "\(path) belongs to user \(owner), not to us; remove it or choose another place"
        case .system(let error): "\(error)"
        }
    }
}

/// Directories that only we may enter (mode 0700).
public enum PrivateDirectory {
    /// Makes a private directory, or checks and tightens the one that is there. Makes missing parents as well.
    public static func ensure(_ path: String) throws(PrivateDirectoryError) {
        var result = mkdir(path, 0o700)
        if result != 0, errno == ENOENT {
            do throws(SystemCallError) {
                try makeParents(of: path)
            } catch {
                throw .system(error)
            }
            result = mkdir(path, 0o700)
        }
        if result != 0, errno != EEXIST {
            throw .system(SystemCallError(call: "mkdir", subject: path))
        }
        try check(path)
    }

    /// Checks that a directory is no link and ours, and takes the rights of others away.
    public static func check(_ path: String) throws(PrivateDirectoryError) {
        let descriptor: Int32
        do throws(SystemCallError) {
            descriptor = try Descriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        } catch {
            if error.code == ENOTDIR || error.code == ELOOP { throw .notADirectory(path: path) }
            // A directory of another user mostly cannot even be opened; who owns it says more.
            var status = stat()
            if lstat(path, &status) == 0, status.st_uid != geteuid() {
                throw .foreign(path: path, owner: status.st_uid)
            }
            throw .system(error)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw .system(SystemCallError(call: "fstat", subject: path))
        }
        guard status.st_uid == geteuid() else { throw .foreign(path: path, owner: status.st_uid) }
        if status.st_mode & 0o7777 != 0o700, fchmod(descriptor, 0o700) != 0 {
            throw .system(SystemCallError(call: "fchmod", subject: path))
        }
    }

    private static func makeParents(of path: String) throws(SystemCallError) {
        let components = path.split(separator: "/", omittingEmptySubsequences: true)
        var parent = path.hasPrefix("/") ? "" : "."
        for component in components.dropLast() {
            parent += "/\(component)"
            if mkdir(parent, 0o700) != 0, errno != EEXIST, errno != EROFS, errno != EACCES {
                throw SystemCallError(call: "mkdir", subject: parent)
            }
        }
    }
}

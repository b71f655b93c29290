import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The agents' directory on a host, and the directories of ours that stand in it.
///
/// It may have been there before us, with its owner's other things: what we put into it is private, it need not be.
enum WorkingDirectory {
    /// Others may make, replace and remove things there.
    struct OpenToOthers: Error, Hashable, CustomStringConvertible {
        let path: String
        var description: String { "others may write to \(path); name a directory of your own below it" }
    }

    /// Makes a private directory, or checks that the one that is there is no link, ours, and that nobody else may write
    /// there; what rights it has otherwise is its owner's affair and stays.
    static func ensure(_ path: String) throws {
        var status = stat()
        guard lstat(path, &status) == 0 else { return try PrivateDirectory.ensure(path) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw PrivateDirectoryError.notADirectory(path: path) }
        guard status.st_uid == geteuid() else {
            throw PrivateDirectoryError.foreign(path: path, owner: status.st_uid)
        }
        guard status.st_mode & 0o022 == 0 else { throw OpenToOthers(path: path) }
    }
}

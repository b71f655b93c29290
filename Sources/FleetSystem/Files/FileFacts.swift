#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the file system says of a path without following a link or reading anything.
public struct FileFacts: Sendable, Hashable {
    /// What a path leads to.
    public enum Kind: Sendable, Hashable { case file, directory, link, other }

    /// What it is.
    public let kind: Kind
    /// Its permissions, 0 to 0o777.
    public let permissions: Int
    /// Its size in bytes.
    public let size: Int
    /// The number of the user that it belongs to.
    public let owner: UInt32

    /// Whether it belongs to the user that we run as.
    public var isOurs: Bool { owner == geteuid() }

    /// Asks `lstat`. Throws when it refuses, with its error.
    public init(of path: String) throws(SystemCallError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw SystemCallError(call: "lstat", subject: path) }
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            case S_IFLNK: .link
            default: .other
            }
        permissions = Int(status.st_mode & 0o777)
        size = Int(status.st_size)
        owner = status.st_uid
    }
}

import FleetSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What the file system says of a file without reading it.
struct FileState: Sendable, Hashable {
    /// Bytes.
    let size: Int
    private let inode: UInt64
    private let seconds: Int
    private let nanoseconds: Int

    /// That of a file. Throws when there is none, or when it is something else than a file.
    init(_ path: String) throws {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw SystemCallError(call: "lstat", subject: path)
        }
        size = Int(status.st_size)
        inode = UInt64(status.st_ino)
        #if canImport(Darwin)
            seconds = status.st_mtimespec.tv_sec
            nanoseconds = status.st_mtimespec.tv_nsec
        #else
            seconds = status.st_mtim.tv_sec
            nanoseconds = status.st_mtim.tv_nsec
        #endif
    }

    /// Bytes of a file.
    static func size(of path: String) throws -> Int { try FileState(path).size }
}

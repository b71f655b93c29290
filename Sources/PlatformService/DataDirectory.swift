import FleetSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The directory in which a service keeps everything; one process at a time has it.
public struct DataDirectory: Sendable {
    /// Its path.
    public let path: String
    private let lock: FileLock

    /// Makes the directory (mode 0700) or takes the one that is there, and locks it.
    ///
    /// One with content is taken only when a service of that name made it: it loses the rights of others, which must not
    /// happen to somebody's home by a slip of the pen. Throws `.conflict` for that, and when another process has it.
    public init(_ path: String, of service: String) throws {
        let lockFile = "\(service).lock"
        let content = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        guard content.isEmpty || content.contains(lockFile) else {
            throw PlatformError(
                .conflict, "\(path) holds something else; give an empty directory, or one that a \(service) made")
        }
        try PrivateDirectory.ensure(path)
        guard let lock = try FileLock.acquire("\(path)/\(lockFile)") else {
            throw PlatformError(.conflict, "another \(service) uses \(path)")
        }
        self.path = path
        self.lock = lock
    }

    /// A private directory inside, made if need be; returns its path.
    public func directory(_ name: String) throws -> String {
        try PrivateDirectory.ensure("\(path)/\(name)")
        return "\(path)/\(name)"
    }

    /// Lets another process have it; the end of this process does too.
    public func release() { lock.release() }
}

import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Looks at files of this machine, and does damage to them.
public enum FileProbe {
    /// Whether something is there; a path with a final slash must be a directory.
    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The content of a file.
    ///
    /// - Throws: `SystemCallError`.
    public static func content(of path: String) throws -> [UInt8] { try AtomicFile.read(path, limit: 1 << 30) }

    /// Puts a file there, in place of what was there.
    ///
    /// - Throws: `SystemCallError`.
    public static func put(_ content: [UInt8], at path: String, mode: UInt32 = 0o600) throws {
        try AtomicFile.write(content, to: path, mode: mode)
    }
}

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Looks at files of this machine.
public enum FileProbe {
    /// Whether something is there; a path with a final slash must be a directory.
    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}

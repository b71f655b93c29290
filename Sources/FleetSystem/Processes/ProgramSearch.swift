#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Finds programs the way a shell does.
public enum ProgramSearch {
    /// The directories that are searched where no `PATH` is given; with `sbin`, where many services live.
    public static let standardPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// The path of a program; a name with a slash is taken as it is. Nil when there is no executable file.
    public static func find(_ name: String, in path: String = standardPath) -> String? {
        guard !name.contains("/") else { return isExecutable(name) ? name : nil }
        guard !name.isEmpty else { return nil }
        for directory in path.split(separator: ":") where directory.hasPrefix("/") {
            let candidate = "\(directory)/\(name)"
            if isExecutable(candidate) { return candidate }
        }
        return nil
    }

    private static func isExecutable(_ path: String) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return false }
        return access(path, X_OK) == 0
    }
}

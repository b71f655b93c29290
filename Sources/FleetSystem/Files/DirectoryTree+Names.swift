#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension DirectoryTree {
    /// The names in a directory, ordered, without `.` and `..`.
    public static func names(in directory: String) throws(SystemCallError) -> [String] {
        guard let stream = opendir(directory) else { throw SystemCallError(call: "opendir", subject: directory) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = DirectoryEntry.name(of: entry)
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// Reads configuration files and those that they include. Blocks on the file system.
struct ConfigLoader {
    /// How deep files may include others, as with OpenSSH.
    private static let mostDepth = 16
    /// How many files are read in all: a file that includes itself twice would otherwise be read 65,536 times.
    private static let mostFiles = 500
    private static let mostBytes = 4 << 20

    /// The home directory of the user.
    let home: String
    private let count = Count()

    init(home: String) { self.home = home }

    private final class Count {
        var files = 0
    }

    /// Whose file it is.
    struct Origin {
        /// Relative paths are searched below this directory.
        var directory: String
        /// Only the user's own files may say `~`, and nobody else may be able to write them.
        var isUsers: Bool
    }

    /// Reads a file and everything that it includes; nil when there is none.
    func load(_ path: String, _ origin: Origin, depth: Int = 0) -> (file: ConfigFile, faults: [SSHConfigFault])? {
        count.files += 1
        let bytes: [UInt8]
        do {
            guard let found = try LocalFile.contents(of: path, limit: Self.mostBytes) else { return nil }
            bytes = found
            if origin.isUsers || depth > 0, let problem = try Self.insecurity(of: path) {
                return (ConfigFile(nodes: []), [problem])
            }
        } catch {
            let fault = SSHConfigFault(
                file: path, message: "the file cannot be read: \(error)", advice: "make it readable for you")
            return (ConfigFile(nodes: []), [fault])
        }
        var parser = ConfigParser(file: path) { included, place in
            include(included, from: place, origin, depth: depth + 1)
        }
        let file = parser.parse(bytes)
        return (file, parser.faults)
    }

    private func include(
        _ path: String, from place: ConfigPlace, _ origin: Origin, depth: Int
    ) -> (files: [ConfigFile], faults: [SSHConfigFault]) {
        guard depth < Self.mostDepth else {
            return ([], [SSHConfigFault(place, "files include each other too deeply", "take one of the lines out")])
        }
        if path.hasPrefix("~"), !origin.isUsers {
            return ([], [SSHConfigFault(place, "a system's file must not name a home directory", "name it in full")])
        }
        var files: [ConfigFile] = []
        var faults: [SSHConfigFault] = []
        for name in Self.glob(absolute(path, origin)) {
            guard count.files < Self.mostFiles else {
                return (files, faults + [SSHConfigFault(place, "more than \(Self.mostFiles) files", "include fewer")])
            }
            guard let found = load(name, origin, depth: depth) else { continue }
            files.append(found.file)
            faults += found.faults
        }
        return (files, faults)
    }

    private func absolute(_ path: String, _ origin: Origin) -> String {
        if path.hasPrefix("~/") { return home + path.dropFirst() }
        return path.hasPrefix("/") || path.hasPrefix("~") ? path : "\(origin.directory)/\(path)"
    }

    /// The files that a pattern means, in lexical order; none is fine.
    private static func glob(_ pattern: String) -> [String] {
        var result = glob_t()
        defer { globfree(&result) }
        #if canImport(Glibc)
            let code = Glibc.glob(pattern, GLOB_TILDE, nil, &result)
        #else
            let code = Darwin.glob(pattern, GLOB_TILDE, nil, &result)
        #endif
        guard code == 0, let paths = result.gl_pathv else { return [] }
        return (0..<Int(result.gl_pathc)).compactMap { paths[$0].map { String(cString: $0) } }
    }

    /// OpenSSH refuses a file that somebody else could have written; who can write it, can run commands as the user.
    private static func insecurity(of path: String) throws(FileFailure) -> SSHConfigFault? {
        var status = stat()
        if stat(path, &status) != 0 { throw FileFailure("stat") }
        if status.st_uid != 0, status.st_uid != getuid() {
            return SSHConfigFault(
                file: path, message: "the file belongs to another user", advice: "make it yours with chown")
        }
        let isGroupsOwn = status.st_mode & 0o020 == 0 || isOnlyOurs(group: status.st_gid)
        if status.st_mode & 0o002 != 0 || !isGroupsOwn {
            return SSHConfigFault(
                file: path, message: "others can write the file", advice: "run: chmod go-w '\(path)'")
        }
        return nil
    }

    /// Whether nobody but the user is in a group, as Debian's OpenSSH asks of one that may write.
    private static func isOnlyOurs(group: gid_t) -> Bool {
        guard let user = getpwuid(getuid()), user.pointee.pw_gid == group, let name = user.pointee.pw_name,
            let entry = getgrgid(group)
        else { return false }
        var next = entry.pointee.gr_mem
        while let member = next?.pointee {
            if strcmp(member, name) != 0 { return false }
            next = next?.advanced(by: 1)
        }
        return true
    }
}

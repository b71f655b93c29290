import FleetModel
import FleetSystem

/// Tells what we made below a working directory from what others keep there: only ours is ever removed.
///
/// `workdir=/srv/ci` may have folders of its owner's with the names of ours.
enum OurDirectory {
    /// Whether it is the directory of a session, also of one that was killed before it held its lock, or while it was
    /// removed: then there is nothing in it but what sessions have.
    static func isSession(_ path: String) -> Bool {
        guard isSessionName(name(of: path)), let names = names(in: path) else { return false }
        return isLock("\(path)/lock") || names.allSatisfy(isSessionEntry)
    }

    /// Whether it is an environment that was brought up by hand: its lock is there, or it was killed when there was
    /// nothing yet but the directory.
    static func isEnvironment(_ path: String) -> Bool {
        guard RunID(rawValue: name(of: path)) != nil, let names = names(in: path) else { return false }
        return names.isEmpty || isLock("\(path)/lock")
    }

    /// Whether a session may be made there: nothing is there, nothing is in it, or it is one of ours.
    static func takesSession(_ path: String) -> Bool { isFree(path) || isSession(path) }

    /// Whether an environment may be brought up there, in the same way.
    static func takesEnvironment(_ path: String) -> Bool { isFree(path) || isEnvironment(path) }

    private static func isFree(_ path: String) -> Bool {
        guard let facts = try? FileFacts(of: path) else { return true }
        return facts.kind == .directory && (try? DirectoryTree.names(in: path))?.isEmpty == true
    }

    /// Whether it is the name of a bundle, a SHA-256 in 64 digits, or the one of a suite, where a point follows.
    static func isCached(_ name: String, isDirectory: Bool) -> Bool {
        let digits = name.utf8.prefix(64)
        guard digits.count == 64, digits.allSatisfy(isDigit) else { return false }
        return isDirectory ? name.utf8.count == 64 : name.dropFirst(64).hasPrefix(".")
    }

    /// `RUN-EPOCH`.
    private static func isSessionName(_ name: String) -> Bool {
        guard let dash = name.lastIndex(of: "-"), RunID(rawValue: String(name[..<dash])) != nil else { return false }
        let epoch = name[name.index(after: dash)...]
        return !epoch.isEmpty && epoch.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private static let sessionEntries: Set<String> = [
        "lock", "agent-lock", SessionLayout.statusName, "spool", "log", "packs", "artifacts", "attempts", "spares",
        "lanes", "kept", "configuration.json", "containers",
    ]

    /// Also a file on its way to its name, and what a removal moved up.
    private static func isSessionEntry(_ name: String) -> Bool {
        sessionEntries.contains(name) || name.hasPrefix(".moved-")
            || (name.hasSuffix(".tmp") && sessionEntries.contains { name.hasPrefix("\($0).") })
    }

    /// The names in a directory that only we may enter, as all that we make; nil for everything else.
    private static func names(in path: String) -> [String]? {
        guard let facts = try? FileFacts(of: path), facts.kind == .directory, facts.isOurs, facts.permissions == 0o700
        else { return nil }
        return try? DirectoryTree.names(in: path)
    }

    /// Whether it is a file as our locks are.
    private static func isLock(_ path: String) -> Bool {
        guard let facts = try? FileFacts(of: path) else { return false }
        return facts.kind == .file && facts.isOurs && facts.permissions == 0o600
    }

    private static func name(of path: String) -> String {
        String(path.split(separator: "/").last ?? "")
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}

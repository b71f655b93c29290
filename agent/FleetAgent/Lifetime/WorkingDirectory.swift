import FleetSystem

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
        guard let facts = try? FileFacts(of: path) else { return try PrivateDirectory.ensure(path) }
        guard facts.kind == .directory else { throw PrivateDirectoryError.notADirectory(path: path) }
        guard facts.isOurs else { throw PrivateDirectoryError.foreign(path: path, owner: facts.owner) }
        guard facts.permissions & 0o022 == 0 else { throw OpenToOthers(path: path) }
    }
}

import PlatformService

/// What is in a backup: the file `MANIFEST.json` of its archive.
struct BackupManifest: Sendable, Codable, Hashable {
    /// What a backup is of.
    enum Kind: String, Sendable, Codable {
        case workspace, platform
    }

    /// A file, a directory or a link.
    struct Entry: Sendable, Codable, Hashable {
        enum Kind: String, Sendable, Codable {
            case file, directory, link
        }

        /// Relative to the top.
        let path: String
        let kind: Kind
        /// Of a file: its bytes, their SHA-256, and its rights.
        var size: Int?
        var sha256: String?
        var mode: Int?
        /// Of a link: where it leads.
        var target: String?
    }

    static let file = "MANIFEST.json"
    static let format = "provisioning-backup"
    static let version = 1

    var format = Self.format
    var version = Self.version
    let kind: Kind
    /// The workspace's name; of the platform, the zone.
    let name: String
    let createdAt: Timestamp
    let entries: [Entry]

    enum CodingKeys: String, CodingKey {
        case format, version, kind, name, entries
        case createdAt = "created_at"
    }

    /// What is in the tree but not in the manifest, or different; empty when both say the same.
    func differences(from tree: [Entry]) -> [String] {
        let listed = Dictionary(entries.map { ($0.path, $0) }) { $1 }
        let found = Dictionary(tree.map { ($0.path, $0) }) { $1 }
        let missing = listed.keys.filter { found[$0] == nil }.map { "\($0) is missing" }
        let foreign = found.keys.filter { listed[$0] == nil }.map { "\($0) is not in the manifest" }
        let changed = found.values.filter { entry in listed[entry.path].map { $0 != entry } ?? false }.map { entry in
            entry.sha256 == listed[entry.path]?.sha256
                ? "\(entry.path) is of another kind, size or mode" : "\(entry.path) has another SHA-256"
        }
        return (missing + foreign + changed).sorted()
    }
}

import FleetSystem
import PlatformExtensions
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A backup as callers see it.
struct Backup: Sendable, Codable, Hashable {
    let id: String
    let kind: BackupManifest.Kind
    /// The workspace's name; of the platform, the zone.
    let name: String
    let createdAt: Timestamp
    /// Of the archive.
    let size: Int
    let sha256: String
    /// Files in it.
    let files: Int

    enum CodingKeys: String, CodingKey {
        case id, kind, name, size, sha256, files
        case createdAt = "created_at"
    }
}

/// The backups that are kept: an archive and a line about it for each.
struct BackupStore: Sendable {
    private let directory: String

    /// A store in that directory; what a kill left half made goes.
    init(directory: String) throws {
        self.directory = directory
        try PrivateDirectory.ensure(directory)
        let names = try FileManager.default.contentsOfDirectory(atPath: directory)
        for name in names where name.contains(".tar.") || name.hasPrefix(".") || !names.contains(Self.partner(of: name))
        {
            _ = DirectoryTree.remove("\(directory)/\(name)")
        }
    }

    /// Backs up a copy of a tree that `fill` makes.
    func make(
        _ kind: BackupManifest.Kind, name: String, _ fill: (_ directory: String) async throws -> Void
    ) async throws -> Backup {
        let id = UUID().uuidString.lowercased()
        let draft = "\(directory)/.\(id)"
        defer { _ = DirectoryTree.remove(draft) }
        try PrivateDirectory.ensure(draft)
        try await fill("\(draft)/\(BackupArchive.content)")
        let manifest = try await BackupArchive.pack(draft, as: kind, name: name, to: archive(id))
        return try enter(id, manifest)
    }

    /// Every backup of a kind, of one name or all, the oldest first.
    func all(_ kind: BackupManifest.Kind, name: String? = nil) throws -> [Backup] {
        try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".json") }
            .compactMap { try? backup(String($0.dropLast(5))) }
            .filter { $0.kind == kind && (name == nil || $0.name == name) }.sorted { $0.createdAt < $1.createdAt }
    }

    /// One backup. Throws when there is none.
    func backup(_ id: String) throws -> Backup {
        guard UUID(uuidString: id) != nil, let data = FileManager.default.contents(atPath: "\(directory)/\(id).json")
        else {
            throw PlatformError(.notFound, "there is no backup \(id)")
        }
        return try JSONDecoder().decode(Backup.self, from: data)
    }

    /// The archive's file.
    func archive(_ id: String) -> String { "\(directory)/\(id).tar" }

    /// Removes a backup.
    func remove(_ id: String) throws {
        _ = try backup(id)
        for file in ["\(directory)/\(id).json", archive(id)] { try FileManager.default.removeItem(atPath: file) }
    }

    /// Unpacks and checks a backup; `body` has the directory and may take it away. Throws when the archive is damaged.
    func open<Value>(_ id: String, _ body: (BackupManifest, _ directory: String) async throws -> Value) async throws
        -> Value
    {
        let known = try backup(id)
        let content = try AtomicFile.read(archive(id), limit: .max)
        guard Digest(of: content).description == known.sha256 else {
            throw PlatformError(.invalid, "\(archive(id)) is damaged: it has another SHA-256 than when it was made")
        }
        return try await open(file: archive(id), body)
    }

    /// The same for an archive that somebody sent; it is kept no longer than this takes.
    func open<Value>(
        sent content: [UInt8], _ body: (BackupManifest, _ directory: String) async throws -> Value
    ) async throws -> Value {
        let file = "\(directory)/.\(UUID().uuidString).tar"
        defer { try? FileManager.default.removeItem(atPath: file) }
        try AtomicFile.write(content, to: file)
        return try await open(file: file, body)
    }

    private func open<Value>(
        file: String, _ body: (BackupManifest, _ directory: String) async throws -> Value
    ) async throws -> Value {
        let draft = "\(directory)/.\(UUID().uuidString)"
        defer { _ = DirectoryTree.remove(draft) }
        let manifest = try await BackupArchive.unpack(file, to: draft)
        return try await body(manifest, "\(draft)/\(BackupArchive.content)")
    }

    private func enter(_ id: String, _ manifest: BackupManifest) throws -> Backup {
        let content = try AtomicFile.read(archive(id), limit: .max)
        let backup = Backup(
            id: id, kind: manifest.kind, name: manifest.name, createdAt: manifest.createdAt, size: content.count,
            sha256: Digest(of: content).description, files: manifest.entries.count { $0.kind == .file })
        try AtomicFile.write(JSONEncoder().encode(backup), to: "\(directory)/\(id).json")
        return backup
    }

    /// An archive has a line, and a line an archive.
    private static func partner(of name: String) -> String {
        name.hasSuffix(".tar") ? "\(name.dropLast(4)).json" : "\(name.dropLast(5)).tar"
    }
}

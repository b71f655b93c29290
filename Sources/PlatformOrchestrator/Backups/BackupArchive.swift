import FleetSystem
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The archive of a backup: a tar file with a manifest that has the SHA-256 of every file.
enum BackupArchive {
    /// Where in the directory, and in the archive, the tree itself is.
    static let content = "content"

    /// Packs the tree in `content` of a directory, which must not change meanwhile. The archive appears at its place whole or not at all.
    static func pack(
        _ directory: String, as kind: BackupManifest.Kind, name: String, to archive: String
    ) async throws -> BackupManifest {
        let manifest = BackupManifest(
            kind: kind, name: name, createdAt: .now(), entries: try BackupTree.entries(of: "\(directory)/\(content)"))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        try AtomicFile.write(encoder.encode(manifest), to: "\(directory)/\(BackupManifest.file)")
        let draft = "\(archive).new"
        try await tar(["-cf", draft, "-C", directory, BackupManifest.file, content], archive)
        // What was written is read again: a backup that cannot be restored is none.
        let check = "\(archive).check"
        defer { _ = DirectoryTree.remove(check) }
        _ = try await unpack(draft, to: check)
        try AtomicFile.write(try AtomicFile.read(draft, limit: .max), to: archive)
        try FileManager.default.removeItem(atPath: draft)
        return manifest
    }

    /// Unpacks an archive into a directory that is not there yet, and checks every byte of the tree in its `content`. Throws with the archive's
    /// file when it is damaged or something else; the directory is gone again then.
    static func unpack(_ archive: String, to directory: String) async throws -> BackupManifest {
        do {
            let names = try await tar(["-tf", archive], archive).split(whereSeparator: \.isNewline)
            if let bad = names.first(where: { $0.hasPrefix("/") || $0.split(separator: "/").contains("..") }) {
                throw PlatformError(.invalid, "\(archive) has an entry outside of itself: \(bad)")
            }
            try PrivateDirectory.ensure(directory)
            try await tar(["-xpf", archive, "-C", directory, "--no-same-owner"], archive)
            let manifest = try manifest(in: directory, of: archive)
            let differences = manifest.differences(from: try BackupTree.entries(of: "\(directory)/\(content)"))
            guard differences.isEmpty else {
                throw PlatformError(
                    .invalid, "\(archive) is damaged: \(differences.prefix(10).joined(separator: "; "))")
            }
            return manifest
        } catch {
            _ = DirectoryTree.remove(directory)
            throw error
        }
    }

    private static func manifest(in directory: String, of archive: String) throws -> BackupManifest {
        guard let data = FileManager.default.contents(atPath: "\(directory)/\(BackupManifest.file)"),
            let manifest = try? JSONDecoder().decode(BackupManifest.self, from: data),
            manifest.format == BackupManifest.format, manifest.version == BackupManifest.version
        else {
            throw PlatformError(
                .invalid, "\(archive) is no backup of this platform: it has no \(BackupManifest.file) of ours")
        }
        return manifest
    }

    @discardableResult
    private static func tar(_ arguments: [String], _ archive: String) async throws -> String {
        let result = try await CommandRunner.run("tar", arguments, seconds: 120, keeps: 4 << 20)
        guard result.status.isSuccess else {
            throw PlatformError(.invalid, "\(archive) is no archive, or damaged: \(result.output)")
        }
        return result.output
    }
}

import FleetSystem
import InterfaceProfile
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Looks into an archive before anything uses it.
enum ExtensionArchive {
    /// The manifest file of the archive. Throws when the archive lacks what its type needs, or says that it is another extension.
    static func check(_ path: String, is key: ExtensionKey) async throws -> ExtensionManifest {
        let artifacts = InterfaceProfile.standard.artifacts
        let entries = try await tar(["-tzf", path]).split(whereSeparator: \.isNewline).map(String.init)
        let names = Set(entries.map(plain))
        let needed = [artifacts.manifestFile] + (key.type == .taskserv ? programs(artifacts) : [])
        let missing = needed.filter { !names.contains($0) }
        guard missing.isEmpty else {
            throw PlatformError(.failed, "the archive of \(key) lacks \(missing.joined(separator: ", "))")
        }
        let listed = names.first { $0.hasPrefix("/") || $0.split(separator: "/").contains("..") }
        if let listed {
            throw PlatformError(.failed, "the archive of \(key) has an entry outside of itself: \(listed)")
        }
        let entry = entries.first { plain($0) == artifacts.manifestFile } ?? artifacts.manifestFile
        let manifest = try await manifest(of: path, entry: entry, key)
        guard manifest.type == key.type, manifest.name == key.name, manifest.version == key.version else {
            throw PlatformError(
                .failed,
                "the archive of \(key) says that it is \(manifest.type.rawValue):\(manifest.name):\(manifest.version)")
        }
        return manifest
    }

    private static func programs(_ artifacts: ExtensionArtifacts) -> [String] {
        [artifacts.installProgram, artifacts.checkProgram, artifacts.removeProgram]
    }

    /// A name in the archive without a leading `./`.
    private static func plain(_ entry: String) -> String { entry.hasPrefix("./") ? String(entry.dropFirst(2)) : entry }

    private static func manifest(
        of path: String, entry: String, _ key: ExtensionKey
    ) async throws -> ExtensionManifest {
        let text = try await tar(["-xzOf", path, entry])
        do { return try JSONDecoder().decode(ExtensionManifest.self, from: Data(text.utf8)) } catch {
            throw PlatformError(.failed, "\(entry) of \(key) cannot be read: \(error)")
        }
    }

    private static func tar(_ arguments: [String]) async throws -> String {
        let result = try await CommandRunner.run("tar", arguments, seconds: 120, keeps: 4 << 20)
        guard result.status.isSuccess else {
            throw PlatformError(.failed, "the archive cannot be read (\(result.status)): \(result.output)")
        }
        return result.output
    }
}

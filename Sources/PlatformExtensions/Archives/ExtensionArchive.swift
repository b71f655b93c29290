import FleetSystem
import InterfaceProfile
import PlatformService

/// An archive of an extension that was looked into before anything uses it.
public struct ExtensionArchive: Sendable {
    /// Seconds that looking into one may take.
    private static let patience = 120.0

    /// What the extension says of itself, nil when that cannot be read.
    public let manifest: ExtensionManifest?
    /// All that is wrong with it; empty when it is fit for use.
    public let faults: [String]

    /// Looks into an archive (`tar`, compressed by gzip). Throws only when that cannot be tried.
    public static func inspect(_ path: String) async throws -> ExtensionArchive {
        let listed = try await tar([
            "--list", "--verbose", "--full-time", "--numeric-owner", "--quoting-style=escape", "--gzip",
            "--absolute-names",
            "--file", path,
        ])
        guard listed.status.isSuccess else {
            return ExtensionArchive(
                manifest: nil, faults: ["it cannot be read as tar with gzip (\(listed.status)): \(listed.output)"])
        }
        let listing = try ArchiveListing(parsing: listed.output)
        var faults = listing.faults
        guard let entry = listing.file(artifacts.manifestFile) else {
            return ExtensionArchive(manifest: nil, faults: faults + ["it lacks \(artifacts.manifestFile)"])
        }
        // What is not safe to read is not read.
        guard faults.isEmpty, entry.size <= manifestLimit else {
            if entry.size > manifestLimit {
                faults.append("\(artifacts.manifestFile) is larger than \(manifestLimit) bytes")
            }
            return ExtensionArchive(manifest: nil, faults: faults)
        }
        let text = try await tar(["--extract", "--to-stdout", "--gzip", "--file", path, "--", entry.path])
        let reader = ManifestReader.read(Array(text.output.utf8))
        faults += reader.faults.map { "\(artifacts.manifestFile): \($0)" }
        if reader.manifest?.type == .taskserv { faults += programFaults(listing) }
        return ExtensionArchive(manifest: reader.manifest, faults: faults)
    }

    /// The manifest of an archive. Throws all that is wrong with it, also when it is another extension than that one.
    public static func check(_ path: String, is key: ExtensionKey) async throws -> ExtensionManifest {
        let archive = try await inspect(path)
        let faults = archive.faults + archive.strangeness(for: key)
        guard faults.isEmpty, let manifest = archive.manifest else {
            throw PlatformError(.failed, "the archive of \(key) is not fit for use: \(faults.joined(separator: "; "))")
        }
        return manifest
    }

    /// All that is wrong with an archive that should be that one.
    static func faults(of path: String, being key: ExtensionKey) async throws -> [String] {
        let archive = try await inspect(path)
        return archive.faults + archive.strangeness(for: key)
    }

    private func strangeness(for key: ExtensionKey) -> [String] {
        guard let manifest,
            manifest.type != key.id.type || manifest.name != key.id.name || manifest.version != key.version
        else { return [] }
        return ["it says that it is \(manifest.type.rawValue):\(manifest.name):\(manifest.version)"]
    }

    /// Bytes of an archive. Throws when there is no such file.
    public static func size(of path: String) throws -> Int { try FileState.size(of: path) }

    private static let artifacts = InterfaceProfile.standard.artifacts
    private static let manifestLimit = 256 << 10

    private static func programFaults(_ listing: ArchiveListing) -> [String] {
        [artifacts.installProgram, artifacts.checkProgram, artifacts.removeProgram].compactMap { name in
            guard let entry = listing.file(name) else { return "it lacks the program \(name), which a taskserv has" }
            return entry.isExecutable ? nil : "the program \(name) is not executable"
        }
    }

    private static func tar(_ arguments: [String]) async throws -> CommandRunner.Result {
        try await CommandRunner.run("tar", arguments, seconds: patience, keeps: 4 << 20)
    }
}

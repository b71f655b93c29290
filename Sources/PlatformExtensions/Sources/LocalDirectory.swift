import FleetSystem
import InterfaceProfile
import PlatformService

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// One extension that lies unpacked in a directory which somebody named.
public struct LocalDirectory: ExtensionSource {
    private let path: String
    private let key: ExtensionKey

    /// The extension in that directory, which must lie below one of the roots, without a link on the way. Throws what is wrong with it.
    public init(path: String, roots: [String]) throws {
        guard let real = Self.real(path) else {
            throw PlatformError(.notFound, "path: there is no directory \(path)")
        }
        guard roots.compactMap(Self.real).contains(where: { real.hasPrefix("\($0)/") }) else {
            throw PlatformError(
                .forbidden,
                "path: \(path) lies in none of the directories that extensions may come from: \(roots.joined(separator: ", "))"
            )
        }
        let file = "\(real)/\(InterfaceProfile.standard.artifacts.manifestFile)"
        guard let bytes = try? AtomicFile.read(file, limit: 256 << 10) else {
            throw PlatformError(.notFound, "path: \(file) cannot be read")
        }
        let reader = ManifestReader.read(bytes)
        guard let manifest = reader.manifest else {
            throw PlatformError(.invalid, "\(file): \(reader.faults.joined(separator: "; "))")
        }
        self.path = real
        key = ExtensionKey(try ExtensionID(manifest.type, manifest.name), manifest.version)
    }

    /// `local`.
    public var kind: SourceKind { .local }

    /// Nothing can be wrong with a directory before somebody asks for it.
    public func checkHealth() async throws {}

    /// The one of its manifest.
    public func versions(of id: ExtensionID) async throws -> [SemanticVersion] { id == key.id ? [key.version] : [] }

    /// Packs the directory.
    public func download(_ key: ExtensionKey, to file: String) async throws -> (digest: Digest, size: Int) {
        try await Self.pack(path, to: file)
        return (try Digest(ofFile: file), try FileState.size(of: file))
    }

    /// Packs a directory so that the same files always make the same bytes. Throws when that does not work.
    public static func pack(_ directory: String, to file: String) async throws {
        let result = try await CommandRunner.run(
            "tar",
            [
                "--create", "--use-compress-program=gzip -n", "--file", file, "--sort=name", "--mtime=@0", "--owner=0",
                "--group=0", "--numeric-owner", "--directory", directory, ".",
            ], seconds: 300)
        guard result.status.isSuccess else {
            throw PlatformError(.failed, "\(directory) cannot be packed (\(result.status)): \(result.output)")
        }
    }

    private static func real(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}

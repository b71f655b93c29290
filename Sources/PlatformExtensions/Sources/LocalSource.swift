import InterfaceProfile
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Extensions that lie unpacked in directories: `ROOT/taskservs/NAME/VERSION/` with the files of the archive in it.
///
/// They are packed when they are asked for, always to the same bytes.
public struct LocalSource: ExtensionSource {
    private static let artifacts = InterfaceProfile.standard.artifacts

    private let roots: [String]

    /// The extensions below those directories; one that is not there has none.
    public init(roots: [String]) { self.roots = roots }

    /// `local`.
    public var kind: SourceKind { .local }

    /// Nothing can be wrong with directories before somebody asks for one.
    public func checkHealth() async throws {}

    /// The directories that are named as versions are.
    public func versions(of id: ExtensionID) async throws -> [SemanticVersion] {
        Set(roots.flatMap { Self.names(Self.place($0, id)).compactMap(SemanticVersion.init) }).sorted()
    }

    /// Packs the directory of a version.
    public func download(_ key: ExtensionKey, to path: String) async throws -> (digest: Digest, size: Int) {
        guard let directory = directory(of: key) else {
            throw PlatformError(.notFound, "there is no directory of \(key.id) in version \(key.version)")
        }
        try await LocalDirectory.pack(directory, to: path)
        return (try Digest(ofFile: path), try FileState.size(of: path))
    }

    private func directory(of key: ExtensionKey) -> String? {
        roots.map { "\(Self.place($0, key.id))/\(key.version)" }
            .first { FileManager.default.fileExists(atPath: "\($0)/\(Self.artifacts.manifestFile)") }
    }

    private static func place(_ root: String, _ id: ExtensionID) -> String { "\(root)/\(id.type.rawValue)s/\(id.name)" }

    private static func names(_ directory: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    }
}

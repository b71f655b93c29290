public import PlatformService

/// Where extensions come from.
public enum SourceKind: String, Sendable, Codable, CaseIterable {
    /// An OCI registry: a repository for each extension, a tag for each version.
    case oci
    /// Gitea: a repository for each extension, a release for each version.
    case gitea
    /// A directory.
    case local

    /// The source that a caller spelled; nil for `auto`. Throws the list of those there are.
    public static func choice(parsing text: String?) throws(PlatformError) -> SourceKind? {
        guard let text, text != "auto" else { return nil }
        guard let kind = SourceKind(rawValue: text) else {
            let known = allCases.map(\.rawValue).joined(separator: ", ")
            throw PlatformError(.invalid, "source: \"\(text)\" is none of auto, \(known)")
        }
        return kind
    }
}

/// One version of an extension as a source describes it.
public struct ExtensionRecord: Sendable, Hashable {
    /// Which version of which extension.
    public let key: ExtensionKey
    /// Which source says so.
    public let source: SourceKind
    /// What it is, where that is said.
    public var description: String?
    /// Who made it, where that is said.
    public var author: String?
    /// Where it lies in the source.
    public let repository: String
    /// When it was published, where that is said.
    public var publishedAt: Timestamp?
    /// Where its archive can be had, for programs that speak with the source itself.
    public let downloadURL: String
    /// The digest of its archive, where the source knows it.
    public var checksum: Digest?
    /// Bytes of its archive.
    public let size: Int
    /// Words to find it by.
    public var tags: [String] = []
}

/// Something that extensions can be had from.
public protocol ExtensionSource: Sendable {
    /// Which kind it is.
    var kind: SourceKind { get }
    /// Throws what is wrong when it cannot be used now.
    func checkHealth() async throws
    /// The versions that it has of an extension, in any order; none when it does not know the extension.
    func versions(of id: ExtensionID) async throws -> [SemanticVersion]
    /// Downloads the archive of a version to a file that must not exist, and verifies it as far as the source allows.
    func download(_ key: ExtensionKey, to path: String) async throws -> (digest: Digest, size: Int)
}

/// A source that knows what it has, and that new versions can be put into.
public protocol PublishingSource: ExtensionSource {
    /// Every extension that it has.
    func extensions() async throws -> [ExtensionID]
    /// What it says of a version, nil when it has none.
    func record(of key: ExtensionKey) async throws -> ExtensionRecord?
    /// Publishes an archive. Throws `.conflict` when that version is there already: what is published never changes.
    func publish(_ archive: String, as manifest: ExtensionManifest) async throws -> ExtensionRecord
}

/// Larger archives are neither taken nor given, in bytes.
let archiveLimit = 1 << 30

/// Does something with each of the values, some at a time; the results are in the order of the values.
public func mapConcurrently<Value: Sendable, Result: Sendable>(
    _ values: [Value], width: Int = 8, _ body: @escaping @Sendable (Value) async throws -> Result
) async throws -> [Result] {
    try await withThrowingTaskGroup(of: (Int, Result).self) { tasks in
        var results: [Int: Result] = [:]
        for (index, value) in values.enumerated() {
            if index >= width, let (done, result) = try await tasks.next() { results[done] = result }
            tasks.addTask { (index, try await body(value)) }
        }
        for try await (done, result) in tasks { results[done] = result }
        return values.indices.compactMap { results[$0] }
    }
}

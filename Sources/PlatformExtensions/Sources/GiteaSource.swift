import FleetSystem
import InterfaceProfile
import PlatformService

/// Extensions in Gitea: a repository `<name>_prov`, `<name>_taskserv` or `<name>_cluster` for each, a release for each version, whose
/// asset `<repository>.tar.gz` is the archive. A second asset with `.sha256` behind that name holds its digest.
public struct GiteaSource: PublishingSource {
    private static let artifacts = InterfaceProfile.standard.artifacts

    private let client: GiteaClient

    /// The extensions of one owner.
    public init(_ client: GiteaClient) { self.client = client }

    /// `gitea`.
    public var kind: SourceKind { .gitea }

    /// Throws when Gitea does not answer.
    public func checkHealth() async throws { try await client.checkHealth() }

    /// The owner's repositories that are named as extensions are.
    public func extensions() async throws -> [ExtensionID] {
        try await client.repositories().compactMap(Self.id).sorted()
    }

    /// The tags of releases that have the archive.
    public func versions(of id: ExtensionID) async throws -> [SemanticVersion] {
        let repository = Self.repository(id)
        return try await client.releases(of: repository).filter { $0.asset(Self.archive(repository)) != nil }
            .compactMap { SemanticVersion($0.tag) }
    }

    /// What the release of a version says.
    public func record(of key: ExtensionKey) async throws -> ExtensionRecord? {
        let repository = Self.repository(key.id)
        guard let release = try await client.release(key.version.description, of: repository) else { return nil }
        guard let asset = release.asset(Self.archive(repository)) else { return nil }
        let checksum = try await checksum(of: release, repository)
        return record(of: key, release, asset, checksum)
    }

    /// Downloads the asset of a version's release, and compares size and, where there is one, digest.
    public func download(_ key: ExtensionKey, to path: String) async throws -> (digest: Digest, size: Int) {
        let repository = Self.repository(key.id)
        guard let release = try await client.release(key.version.description, of: repository),
            let asset = release.asset(Self.archive(repository))
        else { throw PlatformError(.notFound, "Gitea has no \(key.id) in version \(key.version)") }
        let wanted = try await checksum(of: release, repository)
        guard (0...archiveLimit).contains(asset.size) else {
            throw PlatformError(.failed, "\(repository): an archive of \(asset.size) bytes is larger than we take")
        }
        let file = try DigestingFile(path: path, limit: asset.size)
        try await client.download(asset.name, tag: release.tag, of: repository) { try file.add($0) }
        let got = try file.finish()
        guard got.size == asset.size, wanted == nil || got.digest == wanted else {
            throw PlatformError(
                .failed,
                "\(repository): the archive is \(got.digest) with \(got.size) bytes, not \(wanted?.description ?? "any digest") with \(asset.size)"
            )
        }
        return got
    }

    /// Makes a release with the archive, and the repository where it is missing.
    public func publish(_ archive: String, as manifest: ExtensionManifest) async throws -> ExtensionRecord {
        let key = ExtensionKey(try ExtensionID(manifest.type, manifest.name), manifest.version)
        let repository = Self.repository(key.id)
        try await client.ensureRepository(repository, description: manifest.description)
        let release = try await client.createRelease(
            key.version.description, of: repository, text: manifest.description, isPreRelease: !key.version.isStable)
        do {
            let bytes = try AtomicFile.read(archive, limit: GiteaClient.attachmentLimit)
            let digest = Digest(of: bytes)
            let name = Self.archive(repository)
            let line = Array("\(digest.hex)  \(name)\n".utf8)
            // The digest first: where the archive is, it is there too.
            _ = try await client.attach(line, as: "\(name).sha256", to: release, of: repository)
            let asset = try await client.attach(bytes, as: name, to: release, of: repository)
            return record(of: key, release, asset, digest)
        } catch {
            // Half a release would stand in the way of the next attempt.
            try? await client.deleteRelease(release, of: repository)
            throw error
        }
    }
}

extension GiteaSource {
    private static func repository(_ id: ExtensionID) -> String { id.name + suffix(id.type) }

    private static func suffix(_ type: ExtensionType) -> String {
        switch type {
        case .provider: artifacts.giteaProviderSuffix
        case .taskserv: artifacts.giteaTaskservSuffix
        case .cluster: artifacts.giteaClusterSuffix
        }
    }

    private static func archive(_ repository: String) -> String {
        artifacts.giteaAsset.replacing("{repository}", with: repository)
    }

    /// The extension whose repository that is.
    private static func id(_ repository: String) -> ExtensionID? {
        for type in ExtensionType.allCases where repository.hasSuffix(suffix(type)) {
            return try? ExtensionID(type, String(repository.dropLast(suffix(type).count)))
        }
        return nil
    }

    private func checksum(of release: GiteaClient.Release, _ repository: String) async throws -> Digest? {
        guard let asset = release.asset("\(Self.archive(repository)).sha256") else { return nil }
        let text = try await client.text(asset.name, tag: release.tag, of: repository)
        guard let digest = text.split(whereSeparator: \.isWhitespace).first.flatMap({ Digest("sha256:\($0)") }) else {
            throw PlatformError(.failed, "\(repository) \(release.tag): \(asset.name) holds no SHA-256 digest")
        }
        return digest
    }

    private func record(
        of key: ExtensionKey, _ release: GiteaClient.Release, _ asset: GiteaClient.Asset, _ checksum: Digest?
    ) -> ExtensionRecord {
        let repository = Self.repository(key.id)
        return ExtensionRecord(
            key: key, source: .gitea, description: release.body.flatMap { $0.isEmpty ? nil : $0 },
            author: release.author?.login, repository: "\(client.owner)/\(repository)",
            publishedAt: release.publishedAt.flatMap(Timestamp.init(parsing:)),
            downloadURL: client.address(of: asset.name, tag: release.tag, of: repository), checksum: checksum,
            size: asset.size)
    }
}

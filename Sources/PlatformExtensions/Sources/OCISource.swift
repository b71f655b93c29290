import FleetSystem
import InterfaceProfile
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Extensions in an OCI registry: a repository for each, a tag for each version.
public struct OCISource: PublishingSource {
    private static let artifacts = InterfaceProfile.standard.artifacts

    let client: OCIClient

    /// The extensions of that registry.
    public init(_ client: OCIClient) { self.client = client }

    /// `oci`.
    public var kind: SourceKind { .oci }

    /// Throws when the registry does not answer.
    public func checkHealth() async throws { try await client.checkHealth() }

    /// Those of its repositories that are named as extensions are.
    public func extensions() async throws -> [ExtensionID] {
        try await client.repositories().compactMap(Self.id).sorted()
    }

    /// The tags that are versions.
    public func versions(of id: ExtensionID) async throws -> [SemanticVersion] {
        try await client.tags(of: Self.repository(id)).compactMap { SemanticVersion($0.replacing("_", with: "+")) }
    }

    /// What the manifest of a version says.
    public func record(of key: ExtensionKey) async throws -> ExtensionRecord? {
        guard let (manifest, layer) = try await find(key) else { return nil }
        return record(of: key, manifest, layer)
    }

    /// Downloads the one layer of a version's manifest and compares its digest.
    public func download(_ key: ExtensionKey, to path: String) async throws -> (digest: Digest, size: Int) {
        guard let (_, layer) = try await find(key) else {
            throw PlatformError(.notFound, "the OCI registry has no \(key.id) in version \(key.version)")
        }
        let digest = try await client.download(layer, of: Self.repository(key.id), to: path)
        return (digest, layer.size)
    }

    /// Pushes an archive, with a manifest by the profile's conventions.
    public func publish(_ archive: String, as manifest: ExtensionManifest) async throws -> ExtensionRecord {
        let key = ExtensionKey(try ExtensionID(manifest.type, manifest.name), manifest.version)
        guard try await find(key) == nil else {
            throw PlatformError(
                .conflict, "the OCI registry has \(key.id) \(key.version) already; publish a new version")
        }
        let repository = Self.repository(key.id)
        let digest = try Digest(ofFile: archive)
        let size = try FileState.size(of: archive)
        let empty = Array("{}".utf8)
        try await client.upload(.file(path: archive, size: size), digest, to: repository)
        try await client.upload(.bytes(empty), Digest(of: empty), to: repository)
        let layer = OCIManifest.Descriptor(
            mediaType: Self.artifacts.layerMediaType, digest: digest.description, size: size)
        let image = OCIManifest(
            mediaType: Self.artifacts.manifestMediaType, artifactType: Self.artifacts.artifactType,
            config: .init(
                mediaType: Self.artifacts.configMediaType, digest: Digest(of: empty).description, size: empty.count),
            layers: [layer], annotations: Self.annotations(manifest))
        try await client.put(image, to: repository, tag: Self.tag(key.version))
        return record(of: key, image, layer)
    }
}

extension OCISource {
    private static func repository(_ id: ExtensionID) -> String {
        artifacts.repository.replacing("{type}", with: id.type.rawValue).replacing("{name}", with: id.name)
    }

    /// The extension whose repository that is.
    private static func id(_ repository: String) -> ExtensionID? {
        let parts = repository.split(separator: "/")
        guard parts.count >= 2, let type = ExtensionType(rawValue: String(parts[parts.count - 2])),
            let id = try? ExtensionID(type, String(parts[parts.count - 1])), Self.repository(id) == repository
        else { return nil }
        return id
    }

    /// A tag cannot hold a plus sign.
    private static func tag(_ version: SemanticVersion) -> String { version.description.replacing("+", with: "_") }

    private func find(_ key: ExtensionKey) async throws -> (OCIManifest, OCIManifest.Descriptor)? {
        guard let manifest = try await client.manifest(of: Self.repository(key.id), tag: Self.tag(key.version)) else {
            return nil
        }
        guard let layer = manifest.layers.first, manifest.layers.count == 1 else {
            throw PlatformError(
                .failed, "\(key) has \(manifest.layers.count) layers in the OCI registry; an extension has one")
        }
        return (manifest, layer)
    }

    private func record(
        of key: ExtensionKey, _ manifest: OCIManifest, _ layer: OCIManifest.Descriptor
    ) -> ExtensionRecord {
        let notes = manifest.annotations ?? [:]
        let repository = Self.repository(key.id)
        return ExtensionRecord(
            key: key, source: .oci, description: notes[Self.artifacts.descriptionAnnotation],
            author: notes[Self.artifacts.authorAnnotation], repository: repository,
            publishedAt: notes[Self.artifacts.createdAnnotation].flatMap(Timestamp.init(parsing:)),
            downloadURL: "\(client.web.url)/v2/\(repository)/blobs/\(layer.digest)", checksum: Digest(layer.digest),
            size: layer.size,
            tags: notes[Self.artifacts.tagsAnnotation]?.split(separator: ",").map(String.init) ?? [])
    }

    private static func annotations(_ manifest: ExtensionManifest) -> [String: String] {
        var notes = [
            artifacts.typeAnnotation: manifest.type.rawValue, artifacts.nameAnnotation: manifest.name,
            artifacts.versionAnnotation: manifest.version.description,
            artifacts.createdAnnotation: Timestamp.now().text,
        ]
        notes[artifacts.descriptionAnnotation] = manifest.description
        notes[artifacts.authorAnnotation] = manifest.author
        notes[artifacts.tagsAnnotation] = manifest.tags?.joined(separator: ",")
        return notes
    }
}

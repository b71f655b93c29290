import PlatformService

/// An extension in the cache, as callers see it and as it is kept beside the archive.
struct LoadedExtension: Sendable, Codable, Hashable {
    let type: ExtensionType
    let name: String
    let version: String
    let description: String?
    let checksum: Digest
    let size: Int
    var source = "oci"
    let loadedAt: Timestamp

    var key: ExtensionKey { ExtensionKey(type: type, name: name, version: version) }

    enum CodingKeys: String, CodingKey {
        case type, name, version, description, checksum, size, source
        case loadedAt = "loaded_at"
    }
}

/// The manifest file inside an archive.
struct ExtensionManifest: Sendable, Codable, Hashable {
    let type: ExtensionType
    let name: String
    let version: String
    var description: String?
}

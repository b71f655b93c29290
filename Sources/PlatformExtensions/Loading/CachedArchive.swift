public import PlatformService

/// An archive that is kept on disk, as the index beside it describes it.
public struct CachedArchive: Sendable, Codable, Hashable {
    /// What the extension says of itself.
    public let manifest: ExtensionManifest
    /// Which version of which extension.
    public let key: ExtensionKey
    /// Where it came from.
    public let source: SourceKind
    /// The digest of its archive.
    public let checksum: Digest
    /// Bytes of its archive.
    public let size: Int
    /// When it was fetched.
    public let fetchedAt: Timestamp
}

/// Which level of the cache answered.
public enum ArchiveOrigin: String, Sendable, Codable {
    /// It was checked before in this process, and its file has not changed since.
    case memory
    /// It lay on the disk and has the digest that it should have.
    case cache
    /// It was downloaded now.
    case source
}

/// An archive and where it lies.
public struct FetchedArchive: Sendable {
    /// What it is.
    public let archive: CachedArchive
    /// The file.
    public let path: String
    /// Which level of the cache answered.
    public let origin: ArchiveOrigin
}

/// What a cache has done since the start of its process, and what it holds.
public struct CacheStatistics: Sendable, Hashable, Encodable {
    /// Archives that it holds.
    public var entries = 0
    /// Archives that it can hold.
    public var capacity = 0
    /// Bytes of the archives that it holds.
    public var bytes = 0
    /// Questions that memory answered.
    public var memoryHits = 0
    /// Questions that the disk answered.
    public var diskHits = 0
    /// Questions that neither answered.
    public var misses = 0
    /// Archives that were downloaded.
    public var downloads = 0
    /// Archives that had to go for others.
    public var evictions = 0
    /// Archives that were found damaged.
    public var damaged = 0

    /// The names of the members in answers.
    enum CodingKeys: String, CodingKey {
        case entries, capacity, bytes, misses, downloads, evictions, damaged
        case memoryHits = "memory_hits"
        case diskHits = "disk_hits"
    }
}

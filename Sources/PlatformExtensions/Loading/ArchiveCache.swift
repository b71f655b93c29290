import FleetSystem
public import Logging
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Archives on disk, those used last, up to a number: what is there is not downloaded again.
///
/// Beside them lies `index.json`, with their digests and in the order of their use; it survives a restart. An archive whose file is
/// missing or has another digest is thrown away and fetched again.
public actor ArchiveCache {
    private let directory: String
    private let logger: Logger
    private var cache: LRUCache<ExtensionKey, CachedArchive>
    /// Files whose digest was compared, as they were then.
    private var checked: [ExtensionKey: FileState] = [:]
    // One for each version that is on its way; who asked for it first started it, everybody who asked awaits it.
    private var downloads: [ExtensionKey: Task<CachedArchive, any Error>] = [:]
    private var counts = CacheStatistics()

    /// A cache in that directory, with what an earlier process left there.
    public init(directory: String, capacity: Int, logger: Logger) throws {
        self.directory = directory
        self.logger = logger
        cache = LRUCache(capacity: capacity)
        _ = DirectoryTree.remove("\(directory)/incoming")
        for part in ["", "/incoming"] { try PrivateDirectory.ensure(directory + part) }
        for archive in Self.index(in: directory, logger) { _ = cache.insert(archive, for: archive.key) }
        let kept = Set(cache.newestFirst.map { Self.place($0.key) })
        for place in Self.places(in: directory) where !kept.contains(place) {
            _ = DirectoryTree.remove("\(directory)/\(place)")
        }
    }

    /// What it holds, the one used last first.
    public var archives: [CachedArchive] { cache.newestFirst }

    /// What it has done, and what it holds.
    public var statistics: CacheStatistics {
        var result = counts
        result.entries = cache.count
        result.capacity = cache.capacity
        result.bytes = cache.newestFirst.reduce(0) { $0 + $1.size }
        return result
    }

    /// An archive, from memory, from the disk, or downloaded, in this order.
    ///
    /// What came from a source of another kind than these does not count as there. What lies in a local directory is packed anew each
    /// time, because it may have changed. `source` is asked only when there is something to download. Throws when the source has no
    /// such version, or when what it has is not fit for use.
    public func archive(
        of key: ExtensionKey, from kinds: Set<SourceKind>,
        source: @escaping @Sendable () async throws -> any ExtensionSource
    ) async throws -> FetchedArchive {
        if let known = cache.peek(key), known.source != .local, kinds.contains(known.source), let origin = check(known)
        {
            let isNewest = cache.newestFirst.first?.key == key
            _ = cache.use(key)
            // The order of use outlives the process.
            if !isNewest { try save() }
            return FetchedArchive(archive: known, path: path(of: key), origin: origin)
        }
        if let running = downloads[key] {
            return FetchedArchive(archive: try await running.value, path: path(of: key), origin: .source)
        }
        counts.misses += 1
        // Awaited here, and by those who come while it runs.
        let download = Task { try await self.download(key, from: try await source()) }
        downloads[key] = download
        defer { downloads[key] = nil }
        return FetchedArchive(archive: try await download.value, path: path(of: key), origin: .source)
    }

    /// Whether it has an archive of that version from a source of one of these kinds; nothing is compared.
    public func holds(_ key: ExtensionKey, from kinds: Set<SourceKind>) -> Bool {
        cache.peek(key).map { kinds.contains($0.source) && $0.source != .local } ?? false
    }

    /// Throws archives away. Returns how many there were.
    public func remove(_ keys: [ExtensionKey]) throws -> Int {
        let gone = keys.compactMap { cache.remove($0) }
        try save()
        for archive in gone { discard(archive) }
        return gone.count
    }
}

extension ArchiveCache {
    /// Which level of the cache has the archive; nil, and the archive thrown away, when its file is not what it should be.
    private func check(_ archive: CachedArchive) -> ArchiveOrigin? {
        let file = path(of: archive.key)
        let state = try? FileState(file)
        if let state, checked[archive.key] == state {
            counts.memoryHits += 1
            return .memory
        }
        if let state, (try? Digest(ofFile: file)) == archive.checksum {
            checked[archive.key] = state
            counts.diskHits += 1
            return .cache
        }
        counts.damaged += 1
        logger.warning(
            "a cached archive is damaged and is fetched again", metadata: ["extension": "\(archive.key)"])
        _ = cache.remove(archive.key)
        discard(archive)
        return nil
    }

    private func download(_ key: ExtensionKey, from source: any ExtensionSource) async throws -> CachedArchive {
        let incoming = "\(directory)/incoming/\(UUID().uuidString)"
        defer { _ = DirectoryTree.remove(incoming) }
        try PrivateDirectory.ensure(incoming)
        let file = "\(incoming)/\(Self.fileName)"
        let (digest, size) = try await source.download(key, to: file)
        let manifest = try await ExtensionArchive.check(file, is: key)
        let archive = CachedArchive(
            manifest: manifest, key: key, source: source.kind, checksum: digest, size: size, fetchedAt: .now())
        try put(incoming, at: key)
        counts.downloads += 1
        let gone = cache.insert(archive, for: key)
        counts.evictions += gone.count
        checked[key] = try FileState(path(of: key))
        try save()
        for archive in gone { discard(archive) }
        logger.info(
            "extension fetched",
            metadata: ["extension": "\(key)", "source": "\(source.kind.rawValue)", "checksum": "\(digest)"])
        return archive
    }

    private func put(_ incoming: String, at key: ExtensionKey) throws {
        let place = "\(directory)/\(Self.place(key))"
        // Makes the parents; the directory itself gives way to the one that comes.
        try PrivateDirectory.ensure(place)
        _ = DirectoryTree.remove(place)
        try FileManager.default.moveItem(atPath: incoming, toPath: place)
    }

    private func discard(_ archive: CachedArchive) {
        checked[archive.key] = nil
        let left = DirectoryTree.remove("\(directory)/\(Self.place(archive.key))")
        if !left.isEmpty { logger.error("a cached archive cannot be removed", metadata: ["left": "\(left)"]) }
    }

    private static let fileName = "archive.tar.gz"

    private static func place(_ key: ExtensionKey) -> String { "\(key.id.type.rawValue)/\(key.id.name)/\(key.version)" }

    private func path(of key: ExtensionKey) -> String { "\(directory)/\(Self.place(key))/\(Self.fileName)" }

    private func save() throws {
        try AtomicFile.write(JSONEncoder().encode(Array(cache.newestFirst.reversed())), to: "\(directory)/index.json")
    }

    /// The index, the one used last at its end. Without one that can be read, everything is fetched again.
    private static func index(in directory: String, _ logger: Logger) -> [CachedArchive] {
        guard let content = FileManager.default.contents(atPath: "\(directory)/index.json") else { return [] }
        do { return try JSONDecoder().decode([CachedArchive].self, from: content) } catch {
            logger.warning(
                "the index of the cache cannot be read; the cache starts empty", metadata: ["error": "\(error)"])
            return []
        }
    }

    /// The directories of versions that there are, as `place` spells them.
    private static func places(in directory: String) -> [String] {
        func names(_ path: String) -> [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] }
        return ExtensionType.allCases.map(\.rawValue).flatMap { type in
            names("\(directory)/\(type)").flatMap { name in
                names("\(directory)/\(type)/\(name)").map { "\(type)/\(name)/\($0)" }
            }
        }
    }
}

import FleetSystem
import InterfaceProfile
import Logging
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Loads extensions: from the cache, else from the OCI registry. What is cached is not downloaded again.
actor ExtensionLoader {
    /// What a load brought.
    struct Load: Sendable {
        let loaded: LoadedExtension
        /// The archive's file.
        let archive: String
        /// True when nothing was downloaded.
        let cached: Bool

        var key: ExtensionKey { loaded.key }
    }

    private let directory: String
    private let client: RegistryClient
    private let logger: Logger
    private var cache: LRUCache<ExtensionKey, LoadedExtension>
    // One for each version that is on its way; who asked for it first started it, everybody who asked awaits it.
    private var downloads: [ExtensionKey: Task<LoadedExtension, any Error>] = [:]
    private(set) var downloadCount = 0
    private(set) var cacheHits = 0

    /// A loader that keeps archives in that directory; those of an earlier start count as loaded.
    init(directory: String, client: RegistryClient, capacity: Int, logger: Logger) throws {
        self.directory = directory
        self.client = client
        self.logger = logger
        cache = LRUCache(capacity: capacity)
        _ = DirectoryTree.remove("\(directory)/incoming")
        for part in ["", "/incoming"] { try PrivateDirectory.ensure(directory + part) }
        for loaded in Self.stored(in: directory).sorted(by: { $0.loadedAt < $1.loadedAt }) {
            for gone in cache.insert(loaded, for: loaded.key) {
                _ = DirectoryTree.remove(Self.place(gone.key, directory))
            }
        }
    }

    /// Every loaded extension, the one used last first.
    var loaded: [LoadedExtension] { cache.newestFirst }

    /// Loads an extension. Throws when the registry has none of that name or version, or when what it has is broken.
    func load(_ reference: ExtensionReference) async throws -> Load {
        let key = try await resolve(reference)
        if let hit = cache.use(key), FileManager.default.fileExists(atPath: archive(of: key)) {
            cacheHits += 1
            return Load(loaded: hit, archive: archive(of: key), cached: true)
        }
        if let running = downloads[key] {
            return Load(loaded: try await running.value, archive: archive(of: key), cached: false)
        }
        // Awaited here, and by those who come while it runs.
        let download = Task { try await self.download(key) }
        downloads[key] = download
        defer { downloads[key] = nil }
        let loaded = try await download.value
        return Load(loaded: loaded, archive: archive(of: key), cached: false)
    }

    /// Removes an extension from the cache: one version, or all. Returns how many there were.
    func unload(_ type: ExtensionType, _ name: String, version: String?) -> Int {
        let gone = cache.newestFirst.filter {
            $0.type == type && $0.name == name && (version == nil || $0.version == version)
        }
        for loaded in gone {
            _ = cache.remove(loaded.key)
            discard(loaded)
        }
        return gone.count
    }
}

extension ExtensionLoader {
    private func resolve(_ reference: ExtensionReference) async throws -> ExtensionKey {
        if let version = reference.version {
            return ExtensionKey(type: reference.type, name: reference.name, version: version)
        }
        let tags = try await client.tags(of: Self.repository(reference.type, reference.name))
        guard let latest = VersionOrder.latest(of: tags) else {
            throw PlatformError(
                .notFound, "the registry has no version of the \(reference.type.rawValue) \(reference.name)")
        }
        return ExtensionKey(type: reference.type, name: reference.name, version: latest)
    }

    private func download(_ key: ExtensionKey) async throws -> LoadedExtension {
        let repository = Self.repository(key.type, key.name)
        guard let manifest = try await client.manifest(of: repository, tag: key.version) else {
            throw PlatformError(
                .notFound, "the registry has no \(key.type.rawValue) \(key.name) in version \(key.version)")
        }
        guard let layer = manifest.layers.first, manifest.layers.count == 1 else {
            throw PlatformError(
                .failed, "\(key) has \(manifest.layers.count) layers in the registry; an extension has one")
        }
        let incoming = "\(directory)/incoming/\(UUID().uuidString)"
        defer { _ = DirectoryTree.remove(incoming) }
        try PrivateDirectory.ensure(incoming)
        let archive = "\(incoming)/archive.tar.gz"
        let digest = try await client.download(layer, of: repository, to: archive)
        let content = try await ExtensionArchive.check(archive, is: key)
        let loaded = LoadedExtension(
            type: key.type, name: key.name, version: key.version, description: content.description, checksum: digest,
            size: layer.size, loadedAt: .now())
        try AtomicFile.write(JSONEncoder().encode(loaded), to: "\(incoming)/metadata.json")
        try put(incoming, at: key)
        downloadCount += 1
        for gone in cache.insert(loaded, for: key) { discard(gone) }
        logger.info("extension loaded", metadata: ["extension": "\(key)", "checksum": "\(digest)"])
        return loaded
    }

    private func put(_ incoming: String, at key: ExtensionKey) throws {
        let place = Self.place(key, directory)
        _ = DirectoryTree.remove(place)
        try PrivateDirectory.ensure(place)
        _ = DirectoryTree.remove(place)
        try FileManager.default.moveItem(atPath: incoming, toPath: place)
    }

    private func discard(_ loaded: LoadedExtension) {
        let left = DirectoryTree.remove(Self.place(loaded.key, directory))
        if !left.isEmpty { logger.error("a cached extension cannot be removed", metadata: ["left": "\(left)"]) }
    }

    private func archive(of key: ExtensionKey) -> String { "\(Self.place(key, directory))/archive.tar.gz" }

    private static func place(_ key: ExtensionKey, _ directory: String) -> String {
        "\(directory)/\(key.type.rawValue)/\(key.name)/\(key.version)"
    }

    private static func repository(_ type: ExtensionType, _ name: String) -> String {
        InterfaceProfile.standard.artifacts.repository
            .replacing("{type}", with: type.rawValue).replacing("{name}", with: name)
    }

    private static func stored(in directory: String) -> [LoadedExtension] {
        let manager = FileManager.default
        func names(_ path: String) -> [String] { (try? manager.contentsOfDirectory(atPath: path)) ?? [] }
        return ExtensionType.allCases.flatMap { type in
            names("\(directory)/\(type.rawValue)").flatMap { name in
                names("\(directory)/\(type.rawValue)/\(name)").compactMap { version in
                    let file = "\(directory)/\(type.rawValue)/\(name)/\(version)/metadata.json"
                    return manager.contents(atPath: file).flatMap {
                        try? JSONDecoder().decode(LoadedExtension.self, from: $0)
                    }
                }
            }
        }
    }
}

import PlatformExtensions
import PlatformService

/// What the sources have, remembered for a short while.
actor Catalogue {
    /// Extensions of all sources, and the sources that did not answer.
    struct Found: Sendable {
        var records: [ExtensionRecord] = []
        var problems: [String] = []
    }

    private struct Place: Hashable, Sendable {
        let source: SourceKind
        let id: ExtensionID
    }

    private struct Version: Hashable, Sendable {
        let source: SourceKind
        let key: ExtensionKey
    }

    private let sources: [any PublishingSource]
    private var lists: TimedCache<SourceKind, [ExtensionID]>
    private var versions: TimedCache<Place, [SemanticVersion]>
    private var records: TimedCache<Version, ExtensionRecord?>

    /// The catalogue of those sources, whose descriptions are good for so many seconds.
    init(sources: [any PublishingSource], lifetime: Double) {
        self.sources = sources
        lists = TimedCache(capacity: 10, lifetime: lifetime)
        versions = TimedCache(capacity: 10_000, lifetime: lifetime)
        records = TimedCache(capacity: 10_000, lifetime: lifetime)
    }

    /// How often a description was known, and how often it was asked for.
    var counts: (hits: Int, misses: Int, entries: Int) {
        (
            lists.hits + versions.hits + records.hits, lists.misses + versions.misses + records.misses,
            lists.count + versions.count + records.count
        )
    }

    /// Forgets everything.
    func clear() {
        lists.clear()
        versions.clear()
        records.clear()
    }

    /// The newest version of each extension in each source, by type, name and source, those that the filter wants.
    func newest(_ source: SourceKind?, wanted: @Sendable (ExtensionID) -> Bool) async throws -> (
        keys: [(any PublishingSource, ExtensionKey)], problems: [String]
    ) {
        var keys: [(any PublishingSource, ExtensionKey)] = []
        var problems: [String] = []
        let asked = sources.filter { source == nil || $0.kind == source }
        for source in asked {
            do {
                let ids = try await list(source).filter(wanted)
                let newest = try await mapConcurrently(ids) { id in Self.newest(try await self.versions(of: id, source))
                }
                keys += zip(ids, newest).compactMap { id, version in version.map { (source, ExtensionKey(id, $0)) } }
            } catch let error as PlatformError {
                problems.append("\(source.kind.rawValue): \(error.message)")
            }
        }
        guard problems.count < asked.count || asked.isEmpty else {
            throw PlatformError(.unavailable, problems.joined(separator: "; "))
        }
        keys.sort { ($0.1.id, $0.0.kind.rawValue) < ($1.1.id, $1.0.kind.rawValue) }
        return (keys, problems)
    }

    /// What the sources say of these versions; one that has gone meanwhile is left out.
    func describe(_ keys: [(any PublishingSource, ExtensionKey)]) async throws -> [ExtensionRecord] {
        let pairs = keys.map { (source: $0.0, key: $0.1) }
        return try await mapConcurrently(pairs) { try await self.record(of: $0.key, $0.source) }.compactMap { $0 }
    }

    /// Every version of an extension, the newest first, and the sources that did not answer.
    func versions(of id: ExtensionID, _ source: SourceKind?) async throws -> Found {
        var found = Found()
        let asked = sources.filter { source == nil || $0.kind == source }
        for source in asked {
            do {
                let keys = try await versions(of: id, source).map {
                    (source as any PublishingSource, ExtensionKey(id, $0))
                }
                found.records += try await describe(keys)
            } catch let error as PlatformError {
                found.problems.append("\(source.kind.rawValue): \(error.message)")
            }
        }
        guard found.problems.count < asked.count || asked.isEmpty else {
            throw PlatformError(.unavailable, found.problems.joined(separator: "; "))
        }
        found.records.sort { ($1.key.version, $0.source.rawValue) < ($0.key.version, $1.source.rawValue) }
        return found
    }

    /// The newest release, or the newest pre-release where there is no release.
    private static func newest(_ versions: [SemanticVersion]) -> SemanticVersion? {
        versions.filter(\.isStable).max() ?? versions.max()
    }
}

extension Catalogue {
    private func list(_ source: any PublishingSource) async throws -> [ExtensionID] {
        if let known = lists.value(source.kind, at: .now()) { return known }
        let new = try await source.extensions()
        lists.insert(new, for: source.kind, at: .now())
        return new
    }

    private func versions(of id: ExtensionID, _ source: any PublishingSource) async throws -> [SemanticVersion] {
        let place = Place(source: source.kind, id: id)
        if let known = versions.value(place, at: .now()) { return known }
        let new = try await source.versions(of: id)
        versions.insert(new, for: place, at: .now())
        return new
    }

    private func record(of key: ExtensionKey, _ source: any PublishingSource) async throws -> ExtensionRecord? {
        let version = Version(source: source.kind, key: key)
        if let known = records.value(version, at: .now()) { return known }
        let new = try await source.record(of: key)
        records.insert(new, for: version, at: .now())
        return new
    }
}

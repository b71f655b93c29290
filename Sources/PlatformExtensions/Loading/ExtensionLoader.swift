import FleetSystem
public import Logging
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Loads extensions with what they need: from memory, the local cache, or a source. Nothing is downloaded before somebody asks for it.
public actor ExtensionLoader {
    private let cache: ArchiveCache
    private let sources: [any ExtensionSource]
    private let roots: [String]
    private let file: String
    private var ledger: LoadLedger

    /// A loader that keeps its books in that directory; what an earlier process had loaded is loaded.
    ///
    /// - Parameters:
    ///   - sources: in the order in which they are asked.
    ///   - roots: directories below which a request may name one.
    public init(
        directory: String, sources: [any ExtensionSource], roots: [String], capacity: Int, logger: Logger
    ) throws {
        cache = try ArchiveCache(directory: directory, capacity: capacity, logger: logger)
        self.sources = sources
        self.roots = roots
        file = "\(directory)/loaded.json"
        let content = FileManager.default.contents(atPath: file)
        ledger = try content.map { try JSONDecoder().decode(LoadLedger.self, from: $0) } ?? LoadLedger()
    }

    /// Every loaded extension, the one used last first.
    public var loaded: [LoadedExtension] {
        get async { await cache.archives.compactMap(view) }
    }

    /// What the cache has done, and what it holds.
    public var statistics: CacheStatistics { get async { await cache.statistics } }

    /// The sources that do not answer, in words.
    public func problems() async throws -> [String] {
        try await mapConcurrently(sources) { source -> String? in
            do { try await source.checkHealth() } catch { return "\(source.kind.rawValue): \(words(of: error))" }
            return nil
        }.compactMap { $0 }
    }

    /// Loads an extension and what it needs. Throws, in words, why that cannot be.
    public func load(_ request: LoadRequest) async throws -> Load {
        let plan = try await plan(request)
        var items: [Load.Item] = []
        for key in plan.resolution.order {
            let fetched = try await fetch(key, request)
            ledger.load(key, at: .now())
            guard let view = view(fetched.archive) else { continue }
            let origin = plan.origins[key] ?? fetched.origin
            items.append(Load.Item(loaded: view, path: fetched.path, origin: origin))
        }
        try save()
        // What was asked for needs the others, so it is the last.
        guard let wanted = items.popLast() else {
            throw PlatformError(.conflict, "\(request.reference) was unloaded while it was loaded")
        }
        return Load(wanted: wanted, dependencies: items, resolution: plan.resolution, warnings: plan.problems)
    }

    /// Loads the newest version that the constraint accepts, if that is newer than the one in force.
    ///
    /// Returns the version that was in force before, and what is loaded now. Throws `.notFound` when it is not loaded.
    public func update(
        _ reference: ExtensionReference, source: SourceKind?
    ) async throws -> (previous: ExtensionKey, load: Load?) {
        let previous = try current(reference.id)
        let request = LoadRequest(reference, source: source)
        let newest = try await plan(request).resolution.order.last
        guard let newest, newest.version > previous.version else { return (previous, nil) }
        let exactly = ExtensionReference(reference.id, .exactly(newest.version))
        return (previous, try await load(LoadRequest(exactly, source: source)))
    }

    /// Puts the version in force that was so before. Throws `.conflict` when there is none.
    public func rollback(_ id: ExtensionID) async throws -> (previous: ExtensionKey, load: Load.Item) {
        let undone = try current(id)
        guard let wanted = ledger.previous(id) else {
            throw PlatformError(
                .conflict,
                "\(undone.id) \(undone.version) is the only version that was loaded; there is nothing to go back to")
        }
        let fetched = try await fetch(wanted, LoadRequest(ExtensionReference(id, .exactly(wanted.version))))
        ledger.unload([undone])
        try save()
        guard let view = view(fetched.archive) else {
            throw PlatformError(.conflict, "\(id) was unloaded while it was rolled back")
        }
        return (undone, Load.Item(loaded: view, path: fetched.path, origin: fetched.origin))
    }

    /// Forgets an extension, one version or all, and throws its archives away. Returns how many there were.
    public func unload(_ id: ExtensionID, version: SemanticVersion?) async throws -> Int {
        let gone = ledger.versions(of: id).filter { version == nil || $0.version == version }
        ledger.unload(gone)
        try save()
        _ = try await cache.remove(gone)
        return gone.count
    }

    /// Looks at an extension without loading it: at its archive, and whether what it needs can be had. Throws when a source does not
    /// answer, or has no such version.
    public func validate(_ request: LoadRequest) async throws -> Validation {
        let reference = request.reference
        let versions = try await list(for: reference.id, request).versions(of: reference.id).versions
        guard let version = reference.constraint.newest(of: versions) else {
            throw PlatformError(
                .notFound, "no source has a version of \(reference.id) that will do: \(reference.constraint)")
        }
        let faults = try await faults(of: ExtensionKey(reference.id, version), request)
        guard faults.isEmpty else { return Validation(faults, version) }
        var exactly = request
        exactly.reference = ExtensionReference(reference.id, .exactly(version))
        do { _ = try await plan(exactly) } catch let error as PlatformError where error.kind == .conflict {
            return Validation([error.message], version)
        }
        return Validation([], version)
    }
}

extension ExtensionLoader {
    private func current(_ id: ExtensionID) throws -> ExtensionKey {
        guard let key = ledger.current(id) else { throw PlatformError(.notFound, "the \(id) is not loaded") }
        return key
    }

    private func view(_ archive: CachedArchive) -> LoadedExtension? {
        ledger.time(of: archive.key).map {
            LoadedExtension(archive: archive, loadedAt: $0, isCurrent: ledger.current(archive.key.id) == archive.key)
        }
    }

    private func save() throws { try AtomicFile.write(JSONEncoder().encode(ledger), to: file) }

    /// The sources for one of the extensions of a request: those that were named count for what was asked for, not for its needs.
    private func list(for id: ExtensionID, _ request: LoadRequest) throws -> SourceList {
        guard id == request.reference.id else { return SourceList(sources: sources, isExplicit: false) }
        if let path = request.path {
            return SourceList(sources: [try LocalDirectory(path: path, roots: roots)], isExplicit: true)
        }
        guard let kind = request.source else { return SourceList(sources: sources, isExplicit: false) }
        let named = sources.filter { $0.kind == kind }
        guard !named.isEmpty else {
            throw PlatformError(
                .invalid,
                "source: this platform has no source \(kind.rawValue); it has \(sources.map(\.kind.rawValue).joined(separator: ", "))"
            )
        }
        return SourceList(sources: named, isExplicit: true)
    }

    private func fetch(_ key: ExtensionKey, _ request: LoadRequest) async throws -> FetchedArchive {
        let list = try list(for: key.id, request)
        return try await cache.archive(of: key, from: list.kinds) { try await list.holder(of: key) }
    }

    /// Finds out which versions fit together. Archives are fetched only to learn what they need.
    private func plan(_ request: LoadRequest) async throws -> LoadPlan {
        var resolver = DependencyResolver()
        var problems: [String] = []
        var origins: [ExtensionKey: ArchiveOrigin] = [:]
        while true {
            switch resolver.step(for: [request.reference]) {
            case .findVersions(let id):
                let answer = try await versions(of: id, request)
                resolver.versions[id] = answer.versions
                for problem in answer.problems where !problems.contains(problem) { problems.append(problem) }
            case .findNeeds(let key):
                guard request.withDependencies else {
                    resolver.needs[key] = []
                    continue
                }
                let fetched = try await fetch(key, request)
                origins[key] = fetched.origin
                resolver.needs[key] = try fetched.archive.manifest.needs.map { try $0.reference }
            case .solved(let resolution):
                return LoadPlan(resolution: resolution, problems: problems, origins: origins)
            case .failed(let error):
                guard !problems.isEmpty else { throw error }
                throw PlatformError(
                    .unavailable, "\(error.message); not every source was asked: \(problems.joined(separator: "; "))")
            }
        }
    }

    /// A version that was named exactly and is in the cache is known to exist; no source is asked for it.
    private func versions(of id: ExtensionID, _ request: LoadRequest) async throws -> SourceList.Answer {
        let list = try list(for: id, request)
        if id == request.reference.id, let version = request.reference.constraint.exactVersion,
            await cache.holds(ExtensionKey(id, version), from: list.kinds)
        {
            return SourceList.Answer(versions: [version])
        }
        return try await list.versions(of: id)
    }

    private func faults(of key: ExtensionKey, _ request: LoadRequest) async throws -> [String] {
        let source = try await list(for: key.id, request).holder(of: key)
        let scratch = "\(file).validation-\(UUID().uuidString)"
        defer { _ = DirectoryTree.remove(scratch) }
        do { _ = try await source.download(key, to: scratch) } catch let error as PlatformError
            where error.kind == .failed
        {
            return [error.message]
        }
        return try await ExtensionArchive.faults(of: scratch, being: key)
    }
}

/// Which versions are loaded, and what was met on the way to that.
private struct LoadPlan {
    let resolution: Resolution
    /// Sources that did not answer, in words.
    let problems: [String]
    /// Where the archives came from that had to be fetched to learn what they need.
    let origins: [ExtensionKey: ArchiveOrigin]
}

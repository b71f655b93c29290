import HTTPTypes
import Hummingbird
import InterfaceProfile
import NIOCore
import PlatformExtensions
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The extension registry's routes, at the paths of the standard profile.
struct RegistryRoutes: Sendable {
    typealias Context = ServiceContext

    let sources: [any PublishingSource]
    let catalogue: Catalogue
    let archives: ArchiveCache
    let publisher: Publisher
    let counter = RequestCounter()
    let started = Timestamp.now()
    let paths = InterfaceProfile.standard.extensionRegistry

    /// A router with every route; those that change something stand behind the chain, and are closed without one.
    func router(chain: SecurityChain?) -> Router<Context> {
        let router = Router(context: Context.self)
        router.add(middleware: counter)
        addReads(to: router)
        addStatus(to: router)
        guard let chain else {
            for path in [paths.extensions, paths.clearCache] {
                router.post(RouterPath(path)) { _, _ -> Response in throw Self.isClosed }
            }
            return router
        }
        let group = router.group().add(middleware: chain)
        group.post(path(paths.extensions)) { request, _ in try await publish(request) }
        group.post(path(paths.clearCache)) { _, _ in
            await catalogue.clear()
            let count = try await archives.remove(await archives.archives.map(\.key))
            return try json(["cleared": count])
        }
        return router
    }

    private static var isClosed: PlatformError {
        PlatformError(.forbidden, "this registry has no control center to ask who may do that; it only reads")
    }

    private func path(_ template: String) -> RouterPath { RouterPath(template) }
}

extension RegistryRoutes {
    private func addReads(to router: Router<Context>) {
        router.get(path(paths.extensions)) { request, _ in
            let query = try Self.query(request)
            let (keys, problems) = try await catalogue.newest(query.source) {
                query.type == nil || $0.type == query.type
            }
            let page = Array(keys.dropFirst(query.offset).prefix(query.limit))
            return try json(try await catalogue.describe(page).map(RecordView.init), problems)
        }
        router.get(path(paths.search)) { request, _ in try await search(request) }
        router.get(path(paths.extensionOne)) { request, context in
            let found = try await catalogue.versions(of: try Self.id(context), try Self.source(request))
            // The newest release, else the newest of all.
            guard let record = found.records.first(where: \.key.version.isStable) ?? found.records.first else {
                throw Self.isAbsent(try Self.id(context), found)
            }
            return try json(RecordView(record: record), found.problems)
        }
        router.get(path(paths.versions)) { request, context in
            let found = try await catalogue.versions(of: try Self.id(context), try Self.source(request))
            guard !found.records.isEmpty else { throw Self.isAbsent(try Self.id(context), found) }
            return try json(found.records.map(RecordView.init), found.problems)
        }
        router.get(path(paths.download)) { request, context in try await download(request, context) }
    }

    private func addStatus(to router: Router<Context>) {
        router.get(path(paths.health)) { _, _ in try json(HealthView(try await problems())) }
        router.get(path(paths.ready)) { _, _ in
            let missing = try await problems().compactMap { kind, problem in problem.map { "\(kind.rawValue): \($0)" } }
            guard missing.isEmpty else { throw PlatformError(.unavailable, missing.joined(separator: "; ")) }
            return try json(["status": "ready"])
        }
        router.get(path(paths.metrics)) { _, _ in try await metrics().response }
        router.get(path(paths.cacheStatistics)) { _, _ in
            let counts = await catalogue.counts
            return try json(
                CacheView(
                    archives: await archives.statistics,
                    descriptions: .init(entries: counts.entries, hits: counts.hits, misses: counts.misses)))
        }
    }

    private func search(_ request: Request) async throws -> Response {
        let query = try Self.query(request)
        guard let text = Self.value("q", request)?.lowercased() else {
            throw PlatformError(.invalid, "q: is missing; give a part of a name, a description or a tag")
        }
        let (keys, problems) = try await catalogue.newest(query.source) { query.type == nil || $0.type == query.type }
        let found = try await catalogue.describe(keys).filter { record in
            let words = [record.key.id.name, record.description ?? ""] + record.tags
            return words.contains { $0.lowercased().contains(text) }
        }
        let page = found.dropFirst(query.offset).prefix(query.limit)
        return try json(page.map(RecordView.init), problems)
    }

    private func download(_ request: Request, _ context: Context) async throws -> Response {
        let id = try Self.id(context)
        let constraint = try VersionConstraint(parsing: try context.parameters.require("version"))
        let found = try await catalogue.versions(of: id, try Self.source(request))
        guard let version = constraint.newest(of: found.records.map(\.key.version)),
            let record = found.records.first(where: { $0.key.version == version }),
            let source = sources.first(where: { $0.kind == record.source })
        else { throw Self.isAbsent(id, found) }
        let fetched = try await archives.archive(of: record.key, from: [record.source]) { source }
        await publisher.noteDownload()
        var response = Response(
            status: .ok, headers: [.contentType: "application/octet-stream"],
            body: ResponseBody(contentLength: fetched.archive.size) { writer in
                try await writer.write(FilePieces(path: fetched.path))
                try await writer.finish(nil)
            })
        let file = "\(id.name)-\(version).tar.gz"
        response.headers[.contentDisposition] = "attachment; filename=\"\(file)\""
        if let name = HTTPField.Name(paths.checksumHeader) { response.headers[name] = "\(fetched.archive.checksum)" }
        return response
    }

    private func publish(_ request: Request) async throws -> Response {
        guard let kind = try Self.source(request), let source = sources.first(where: { $0.kind == kind }) else {
            let known = sources.map(\.kind.rawValue).joined(separator: ", ")
            throw PlatformError(.invalid, "source: must be one of \(known)")
        }
        let record = try await publisher.publish(request.body, to: source)
        await catalogue.clear()
        return try json(RecordView(record: record), status: .created)
    }

    private func problems() async throws -> [(SourceKind, String?)] {
        try await mapConcurrently(sources) { source in
            do { try await source.checkHealth() } catch { return (source.kind, words(of: error)) }
            return (source.kind, nil)
        }
    }

    private func metrics() async throws -> PrometheusPage {
        let names = InterfaceProfile.standard.extensionRegistryMetrics
        let (cache, descriptions) = (await archives.statistics, await catalogue.counts)
        var page = PrometheusPage()
        counter.report(to: &page, as: names.requests)
        page.add(
            names.backends, .gauge, "Whether the backend answers.",
            samples: try await problems().map { .init($0.1 == nil ? 1 : 0, labels: [("backend", $0.0.rawValue)]) })
        page.add(names.downloads, .counter, "Archives handed out.", Double(await publisher.downloads))
        page.add(names.published, .counter, "Archives published.", Double(await publisher.published))
        page.add(
            names.archives, .counter, "What answered when an archive was wanted.",
            samples: [("memory", cache.memoryHits), ("disk", cache.diskHits), ("miss", cache.misses)].map {
                .init(Double($0.1), labels: [("level", $0.0)])
            })
        page.add(
            names.descriptions, .counter, "What the cache of descriptions answered.",
            samples: [("hit", descriptions.hits), ("miss", descriptions.misses)].map {
                .init(Double($0.1), labels: [("result", $0.0)])
            })
        page.add(names.uptime, .gauge, "Seconds since the start.", Timestamp.now().seconds(since: started))
        page.addProcess()
        return page
    }
}

extension RegistryRoutes {
    private static func value(_ name: String, _ request: Request) -> String? {
        request.uri.queryParameters[name[...]].map(String.init).flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func query(_ request: Request) throws -> ListQuery { try ListQuery { value($0, request) } }

    private static func source(_ request: Request) throws -> SourceKind? {
        try SourceKind.choice(parsing: value("source", request))
    }

    private static func id(_ context: Context) throws -> ExtensionID {
        try ExtensionID(
            ExtensionType(parsing: try context.parameters.require("type")), try context.parameters.require("name"))
    }

    private static func isAbsent(_ id: ExtensionID, _ found: Catalogue.Found) -> PlatformError {
        guard found.problems.isEmpty else {
            return PlatformError(
                .unavailable,
                "\(id) was not found, but not every backend answers: \(found.problems.joined(separator: "; "))")
        }
        let versions = found.records.map { "\($0.key.version)" }.joined(separator: ", ")
        return PlatformError(
            .notFound,
            versions.isEmpty ? "there is no \(id)" : "there is no such version of \(id); there is \(versions)")
    }

    /// The documented lists are bare values, in no envelope.
    private func json(
        _ value: some Encodable, _ problems: [String] = [], status: HTTPResponse.Status = .ok
    ) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var response = Response(
            status: status, headers: [.contentType: "application/json; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try encoder.encode(value))))
        if !problems.isEmpty, let name = HTTPField.Name(paths.warningHeader) {
            let text = problems.joined(separator: "; ").replacing("\"", with: "'").replacing("\n", with: " ")
            response.headers[name] = "199 - \"\(text)\""
        }
        return response
    }
}

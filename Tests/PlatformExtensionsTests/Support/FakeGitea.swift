import FleetSystem
import FleetTestSupport
import Foundation
import Hummingbird
import Logging

/// The part of Gitea that extensions need, in memory: repositories of one organisation, releases, assets.
final class FakeGitea: Sendable {
    struct Asset: Codable {
        let name: String
        let size: Int
    }

    struct Release: Codable {
        let id: Int
        let tag: String
        let body: String
        let draft: Bool
        let prerelease: Bool
        let publishedAt: String
        let author: [String: String]
        var assets: [Asset]

        enum CodingKeys: String, CodingKey {
            case id, body, draft, prerelease, author, assets
            case tag = "tag_name"
            case publishedAt = "published_at"
        }
    }

    struct State {
        var repositories: [String: [Release]] = [:]
        var files: [String: [UInt8]] = [:]
        var nextID = 1
    }

    static let owner = "extensions"
    static let authorization = "Basic " + Data("admin:secret".utf8).base64EncodedString()
    let state = Locked(State())

    /// Runs one while the body runs; hands out its base URL.
    static func with(_ body: @escaping @Sendable (FakeGitea, String) async throws -> Void) async throws {
        let gitea = FakeGitea()
        let ports = AsyncStream<Int>.makeStream()
        let application = Application(
            router: gitea.router(), configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { ports.continuation.yield($0.localAddress?.port ?? 0) },
            logger: Logger(label: "gitea") { _ in SilentLogs() })
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await application.run() }
            var iterator = ports.stream.makeAsyncIterator()
            guard let port = await iterator.next() else { throw TestServiceError("the fake Gitea did not start") }
            defer { tasks.cancelAll() }
            try await body(gitea, "http://127.0.0.1:\(port)")
        }
    }

    private func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.get(RouterPath("/api/healthz")) { _, _ in #"{"status":"pass"}"# }
        let repository = "/api/v1/repos/\(Self.owner)/:repository"
        router.get(RouterPath("/api/v1/orgs/\(Self.owner)/repos")) { request, _ in
            let names = self.state.withLock { $0.repositories.keys.sorted() }
            return try Self.json(Self.page(names.map { ["name": $0] }, request))
        }
        router.post(RouterPath("/api/v1/orgs/\(Self.owner)/repos")) { request, context in
            let wanted = try await self.body([String: JSONText].self, request, context)
            let name = wanted["name"]?.text ?? ""
            self.state.withLock { $0.repositories[name] = [] }
            return try Self.json(["name": name], status: .created)
        }
        router.get(RouterPath("\(repository)")) { _, context in
            let name = try context.parameters.require("repository")
            guard self.state.withLock({ $0.repositories[name] }) != nil else { throw HTTPError(.notFound) }
            return try Self.json(["name": name])
        }
        addReleases(to: router, repository)
        return router
    }

    private func addReleases(to router: Router<BasicRequestContext>, _ repository: String) {
        router.get(RouterPath("\(repository)/releases")) { request, context in
            try Self.json(Self.page(try self.releases(context), request))
        }
        router.get(RouterPath("\(repository)/releases/tags/:tag")) { _, context in
            let tag = try context.parameters.require("tag").removingPercentEncoding
            guard let release = try self.releases(context).first(where: { $0.tag == tag }) else {
                throw HTTPError(.notFound)
            }
            return try Self.json(release)
        }
        router.post(RouterPath("\(repository)/releases")) { request, context in
            let wanted = try await self.body([String: JSONText].self, request, context)
            let name = try context.parameters.require("repository")
            let tag = wanted["tag_name"]?.text ?? ""
            guard try !self.releases(context).contains(where: { $0.tag == tag }) else {
                throw HTTPError(.conflict)
            }
            let release = self.state.withLock { state in
                state.nextID += 1
                let release = Release(
                    id: state.nextID, tag: tag, body: wanted["body"]?.text ?? "", draft: false,
                    prerelease: wanted["prerelease"]?.text == "true", publishedAt: "2025-10-06T08:30:00Z",
                    author: ["login": "admin"], assets: [])
                state.repositories[name, default: []].append(release)
                return release
            }
            return try Self.json(release, status: .created)
        }
        router.post(RouterPath("\(repository)/releases/:id/assets")) { request, context in
            try await self.attach(request, context)
        }
        router.delete(RouterPath("\(repository)/releases/:id")) { _, context in
            let (name, id) = (try context.parameters.require("repository"), try context.parameters.require("id"))
            self.state.withLock { $0.repositories[name]?.removeAll { "\($0.id)" == id } }
            return HTTPResponse.Status.noContent
        }
        router.get(RouterPath("/\(Self.owner)/:repository/releases/download/:tag/:asset")) { _, context in
            let path = try ["repository", "tag", "asset"].map {
                try context.parameters.require($0).removingPercentEncoding ?? ""
            }.joined(
                separator: "/")
            guard let file = self.state.withLock({ $0.files[path] }) else { throw HTTPError(.notFound) }
            return Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(bytes: file)))
        }
    }

    /// The body's one part lies between the empty line and the last boundary.
    private func attach(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        guard request.headers[.authorization] == Self.authorization else { throw HTTPError(.unauthorized) }
        let (name, id) = (try context.parameters.require("repository"), try context.parameters.require("id"))
        let asset = request.uri.queryParameters["name"].map(String.init) ?? ""
        let data = Data((try await request.body.collect(upTo: 1 << 20)).readableBytesView)
        let boundary = request.headers[.contentType]?.split(separator: "boundary=").last.map(String.init) ?? ""
        guard let start = data.range(of: Data("\r\n\r\n".utf8)),
            let end = data.range(of: Data("\r\n--\(boundary)--".utf8), options: .backwards),
            String(decoding: data[..<start.lowerBound], as: UTF8.self).contains("name=\"attachment\"")
        else { throw HTTPError(.badRequest) }
        let content = Array(data[start.upperBound..<end.lowerBound])
        let stored: Asset? = state.withLock { state in
            guard let index = state.repositories[name]?.firstIndex(where: { "\($0.id)" == id }) else { return nil }
            let stored = Asset(name: asset, size: content.count)
            state.repositories[name]?[index].assets.append(stored)
            state.files["\(name)/\(state.repositories[name]?[index].tag ?? "")/\(asset)"] = content
            return stored
        }
        guard let stored else { throw HTTPError(.notFound) }
        return try Self.json(stored, status: .created)
    }

    private func releases(_ context: BasicRequestContext) throws -> [Release] {
        let name = try context.parameters.require("repository")
        guard let releases = state.withLock({ $0.repositories[name] }) else { throw HTTPError(.notFound) }
        return releases
    }

    private func body<Value: Decodable>(
        _ type: Value.Type, _ request: Request, _ context: BasicRequestContext
    ) async throws -> Value {
        guard request.headers[.authorization] == Self.authorization else { throw HTTPError(.unauthorized) }
        let buffer = try await request.body.collect(upTo: 1 << 20)
        return try JSONDecoder().decode(type, from: Data(buffer.readableBytesView))
    }

    /// Pages of two, whatever was asked for, so that paging is met.
    private static func page<Item>(_ items: [Item], _ request: Request) -> [Item] {
        let page = request.uri.queryParameters["page"].flatMap { Int($0) } ?? 1
        return Array(items.dropFirst((page - 1) * 2).prefix(2))
    }

    private static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try JSONEncoder().encode(value))))
    }

    /// A text, or a boolean as a text.
    struct JSONText: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            text = try (try? container.decode(String.self)) ?? "\(container.decode(Bool.self))"
        }
    }
}

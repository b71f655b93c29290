import InterfaceProfile
import NIOCore
import NIOHTTP1
public import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The part of Gitea's interface that extensions need.
public struct GiteaClient: Sendable {
    /// Larger archives are not attached, in bytes: they are sent from memory.
    static let attachmentLimit = 64 << 20
    private static let pageSize = 50

    /// A release.
    struct Release: Sendable, Decodable {
        struct Author: Sendable, Decodable { let login: String? }

        let id: Int
        let tag: String
        let body: String?
        let isDraft: Bool?
        let publishedAt: String?
        let author: Author?
        let assets: [Asset]?

        enum CodingKeys: String, CodingKey {
            case id, body, author, assets
            case tag = "tag_name"
            case isDraft = "draft"
            case publishedAt = "published_at"
        }

        func asset(_ name: String) -> Asset? { assets?.first { $0.name == name } }
    }

    /// A file of a release.
    struct Asset: Sendable, Decodable {
        let name: String
        let size: Int
    }

    /// User or organisation whose repositories are meant.
    let owner: String
    private let web: WebClient
    private let headers: HTTPHeaders

    /// A client of the Gitea at that URL, for the repositories of one owner. Throws when the URL is none.
    public init(url: String, owner: String, login: Login? = nil) throws(PlatformError) {
        web = try WebClient(url: url, name: "Gitea")
        self.owner = owner
        headers = login.map { .basic($0.username, $0.password) } ?? [:]
    }

    func checkHealth() async throws {
        let answer = try await web.send(.GET, "/api/healthz")
        guard answer.status == 200 else { throw unexpected(answer, "/api/healthz") }
    }

    /// The names of the owner's repositories; none when there is no such owner.
    func repositories() async throws -> [String] {
        struct Repository: Decodable { let name: String }
        let place = percentEncoded(owner)
        if let found = try await pages(Repository.self, "/api/v1/orgs/\(place)/repos") { return found.map(\.name) }
        // An owner that is no organisation is a user.
        return try await (pages(Repository.self, "/api/v1/users/\(place)/repos") ?? []).map(\.name)
    }

    /// The releases of a repository that are no drafts; none when there is no such repository.
    func releases(of repository: String) async throws -> [Release] {
        try await (pages(Release.self, path(repository, "releases")) ?? []).filter { $0.isDraft != true }
    }

    /// One release, nil when there is none.
    func release(_ tag: String, of repository: String) async throws -> Release? {
        let path = path(repository, "releases/tags/\(percentEncoded(tag))")
        let answer = try await web.send(.GET, path, headers: headers)
        if answer.status == 404 { return nil }
        return try decode(Release.self, answer, path, expected: 200)
    }

    func createRelease(
        _ tag: String, of repository: String, text: String?, isPreRelease: Bool
    ) async throws -> Release {
        struct Wanted: Encodable {
            let tag: String
            let text: String
            let isPreRelease: Bool

            enum CodingKeys: String, CodingKey {
                case tag = "tag_name"
                case text = "body"
                case isPreRelease = "prerelease"
            }
        }
        let path = path(repository, "releases")
        let wanted = Wanted(tag: tag, text: text ?? "", isPreRelease: isPreRelease)
        let answer = try await post(path, wanted)
        guard answer.status != 409 else {
            throw PlatformError(.conflict, "Gitea has \(repository) \(tag) already; publish a new version")
        }
        return try decode(Release.self, answer, path, expected: 201)
    }

    func deleteRelease(_ release: Release, of repository: String) async throws {
        let path = path(repository, "releases/\(release.id)")
        let answer = try await web.send(.DELETE, path, headers: headers)
        guard answer.status == 204 else { throw unexpected(answer, path) }
    }

    /// Makes a repository with a first commit, which a release needs, unless it is there.
    func ensureRepository(_ name: String, description: String?) async throws {
        struct Wanted: Encodable {
            let name: String
            let description: String
            let isInitialised = true

            enum CodingKeys: String, CodingKey {
                case name, description
                case isInitialised = "auto_init"
            }
        }
        let known = try await web.send(.GET, path(name, nil), headers: headers)
        if known.status == 200 { return }
        let wanted = Wanted(name: name, description: description ?? "")
        var answer = try await post("/api/v1/orgs/\(percentEncoded(owner))/repos", wanted)
        if answer.status == 404 { answer = try await post("/api/v1/user/repos", wanted) }
        // 409: somebody else was quicker.
        guard [201, 409].contains(answer.status) else { throw unexpected(answer, "a new repository \(name)") }
    }

    /// Adds a file to a release.
    func attach(_ content: [UInt8], as name: String, to release: Release, of repository: String) async throws -> Asset {
        let boundary = "provisioning-\(UUID().uuidString)"
        let head =
            "--\(boundary)\r\nContent-Disposition: form-data; name=\"attachment\"; filename=\"\(name)\"\r\n"
            + "Content-Type: application/octet-stream\r\n\r\n"
        var all = headers
        all.add(name: "Content-Type", value: "multipart/form-data; boundary=\(boundary)")
        let path = path(repository, "releases/\(release.id)/assets?name=\(percentEncoded(name))")
        let body = Array(head.utf8) + content + Array("\r\n--\(boundary)--\r\n".utf8)
        return try decode(
            Asset.self, try await web.send(.POST, path, headers: all, body: .bytes(body)), path, expected: 201)
    }

    /// Where a file of a release can be had.
    func address(of asset: String, tag: String, of repository: String) -> String {
        let place = [owner, repository, "releases", "download", tag, asset].map { percentEncoded($0) }
        return "\(web.url)/\(place.joined(separator: "/"))"
    }

    /// Downloads a file of a release in pieces.
    func download(
        _ asset: String, tag: String, of repository: String, receive: @escaping @Sendable (ByteBuffer) throws -> Void
    ) async throws {
        let address = address(of: asset, tag: tag, of: repository)
        let answer = try await web.get(address, headers: headers, receive: receive)
        guard answer.status == 200 else {
            throw PlatformError(.unavailable, "Gitea at \(web.url) answers \(answer.status) to \(address)")
        }
    }

    /// The content of a small file of a release.
    func text(_ asset: String, tag: String, of repository: String) async throws -> String {
        let address = address(of: asset, tag: tag, of: repository)
        let answer = try await web.send(.GET, address, headers: headers)
        guard answer.status == 200 else { throw unexpected(answer, address) }
        return answer.text
    }
}

extension GiteaClient {
    private func path(_ repository: String, _ rest: String?) -> String {
        "/api/v1/repos/\(percentEncoded(owner))/\(percentEncoded(repository))" + (rest.map { "/\($0)" } ?? "")
    }

    private func post(_ path: String, _ body: some Encodable) async throws -> WebClient.Answer {
        var all = headers
        all.add(name: "Content-Type", value: "application/json")
        return try await web.send(.POST, path, headers: all, body: .bytes(Array(try JSONEncoder().encode(body))))
    }

    /// All pages of a list, nil when there is no such thing.
    private func pages<Item: Decodable>(_ type: Item.Type, _ path: String) async throws -> [Item]? {
        var items: [Item] = []
        var page = 1
        while true {
            let address = "\(path)?page=\(page)&limit=\(Self.pageSize)"
            let answer = try await web.send(.GET, address, headers: headers)
            if answer.status == 404 { return nil }
            let new = try decode([Item].self, answer, address, expected: 200)
            items += new
            // A server may give less in a page than was asked for, so only an empty one is the last.
            if new.isEmpty { return items }
            page += 1
        }
    }

    private func decode<Value: Decodable>(
        _ type: Value.Type, _ answer: WebClient.Answer, _ path: String, expected: Int
    ) throws -> Value {
        guard answer.status == expected else { throw unexpected(answer, path) }
        do { return try JSONDecoder().decode(type, from: Data(answer.body)) } catch {
            throw PlatformError(.failed, "Gitea's answer to \(path) cannot be read: \(error)")
        }
    }

    private func unexpected(_ answer: WebClient.Answer, _ path: String) -> PlatformError {
        let kind: PlatformError.Kind = [401, 403].contains(answer.status) ? .forbidden : .unavailable
        return PlatformError(
            kind, "Gitea at \(web.url) answers \(answer.status) to \(path): \(answer.text.prefix(200))")
    }
}

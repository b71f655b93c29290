import InterfaceProfile
import NIOCore
import NIOHTTP1
public import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A name and its password.
public struct Login: Sendable, Hashable, Decodable, CustomStringConvertible {
    /// The name.
    public let username: String
    /// The password, or a token in its place.
    public let password: String

    /// That login.
    public init(username: String, password: String) {
        self.username = username
        self.password = password
    }

    /// The name alone.
    public var description: String { username }
}

/// Speaks the OCI distribution specification 1.1; every byte is checked against its digest.
public struct OCIClient: Sendable {
    /// What a registry answers to requests that need another token, or a login.
    private static let unauthorized = 401

    let web: WebClient
    private let login: Login?

    /// A client of the registry at that URL, with a login where it wants one. Throws when the URL is none.
    public init(url: String, login: Login? = nil) throws(PlatformError) {
        web = try WebClient(url: url, name: "the OCI registry")
        self.login = login
    }

    /// Throws when the registry does not answer, or not to us.
    public func checkHealth() async throws {
        let answer = try await send(.GET, "/v2/")
        guard answer.status == 200 else { throw unexpected(answer.status, "/v2/") }
    }

    /// Every repository.
    func repositories(pageSize: Int = 1000) async throws -> [String] {
        struct Catalogue: Decodable { let repositories: [String]? }
        return try await pages("/v2/_catalog?n=\(pageSize)") {
            try decode(Catalogue.self, $0, "_catalog").repositories ?? []
        }
    }

    /// The tags of a repository; none when there is no such repository.
    func tags(of repository: String) async throws -> [String] {
        struct Tags: Decodable { let tags: [String]? }
        return try await pages("/v2/\(repository)/tags/list") { try decode(Tags.self, $0, "tags/list").tags ?? [] }
    }

    /// The manifest of a tag, nil when there is none.
    func manifest(of repository: String, tag: String) async throws -> OCIManifest? {
        let path = "/v2/\(repository)/manifests/\(tag)"
        let answer = try await send(.GET, path, ["Accept": InterfaceProfile.standard.artifacts.manifestMediaType])
        if answer.status == 404 { return nil }
        guard answer.status == 200 else { throw unexpected(answer.status, path) }
        let digest = Digest(of: answer.body)
        if let promised = answer.headers.first(name: "Docker-Content-Digest"), promised != digest.description {
            throw PlatformError(
                .failed, "the manifest of \(repository):\(tag) has the digest \(digest), not \(promised)")
        }
        return try decode(OCIManifest.self, answer, path)
    }

    /// Downloads a blob to a file that must not exist. Throws when what comes is not what the descriptor says.
    func download(_ blob: OCIManifest.Descriptor, of repository: String, to path: String) async throws -> Digest {
        guard let wanted = Digest(blob.digest) else {
            throw PlatformError(.failed, "\(repository): \(blob.digest) is no sha256 digest")
        }
        guard (0...archiveLimit).contains(blob.size) else {
            throw PlatformError(.failed, "\(repository): an archive of \(blob.size) bytes is larger than we take")
        }
        let file = try DigestingFile(path: path, limit: blob.size)
        let address = "/v2/\(repository)/blobs/\(wanted)"
        var answer = try await web.get(address, headers: basic) { try file.add($0) }
        if answer.status == Self.unauthorized, let token = try await token(answer.headers) {
            answer = try await web.get(address, headers: token) { try file.add($0) }
        }
        guard answer.status == 200 else { throw unexpected(answer.status, address) }
        let got = try file.finish()
        guard got.digest == wanted, got.size == blob.size else {
            throw PlatformError(
                .failed,
                "\(repository): the archive is \(got.digest) with \(got.size) bytes, not \(wanted) with \(blob.size)")
        }
        return got.digest
    }

    /// Uploads a blob, unless the registry has it.
    func upload(_ body: WebClient.Body, _ digest: Digest, to repository: String) async throws {
        let place = "/v2/\(repository)/blobs/\(digest)"
        if try await send(.HEAD, place).status == 200 { return }
        let begun = try await send(.POST, "/v2/\(repository)/blobs/uploads/")
        guard begun.status == 202, let location = begun.headers.first(name: "Location") else {
            throw unexpected(begun.status, "the upload to \(repository)")
        }
        let target = location + (location.contains("?") ? "&" : "?") + "digest=\(digest)"
        let done = try await send(.PUT, target, ["Content-Type": "application/octet-stream"], body)
        guard done.status == 201 else { throw unexpected(done.status, place) }
    }

    /// Puts a manifest under a tag.
    func put(_ manifest: OCIManifest, to repository: String, tag: String) async throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let path = "/v2/\(repository)/manifests/\(tag)"
        let answer = try await send(
            .PUT, path, ["Content-Type": manifest.mediaType ?? ""], .bytes(Array(try encoder.encode(manifest))))
        guard answer.status == 201 else { throw unexpected(answer.status, path) }
    }
}

extension OCIClient {
    private var basic: HTTPHeaders { login.map { .basic($0.username, $0.password) } ?? [:] }

    private func send(
        _ method: HTTPMethod, _ path: String, _ headers: HTTPHeaders = [:], _ body: WebClient.Body? = nil
    ) async throws -> WebClient.Answer {
        var all = headers
        all.add(contentsOf: basic)
        let answer = try await web.send(method, path, headers: all, body: body)
        guard answer.status == Self.unauthorized, let token = try await token(answer.headers) else { return answer }
        var withToken = headers
        withToken.add(contentsOf: token)
        return try await web.send(method, path, headers: withToken, body: body)
    }

    /// The header with a token of the registry's own service for them (Harbor has one), nil where it names none.
    private func token(_ headers: HTTPHeaders) async throws -> HTTPHeaders? {
        struct Token: Decodable {
            let token: String?
            let accessToken: String?

            enum CodingKeys: String, CodingKey {
                case token
                case accessToken = "access_token"
            }
        }
        guard let challenge = headers.first(name: "WWW-Authenticate").flatMap(BearerChallenge.init) else { return nil }
        let answer = try await web.send(.GET, challenge.url, headers: basic)
        guard answer.status == 200 else {
            throw PlatformError(
                .forbidden,
                "\(web.name) at \(web.url) gives no token to \(login?.username ?? "nobody"): \(answer.status)")
        }
        let token = try decode(Token.self, answer, challenge.url)
        return (token.token ?? token.accessToken).map { ["Authorization": "Bearer \($0)"] }
    }

    /// All pages of a list; a 404 is an empty one.
    private func pages(
        _ first: String, _ read: (WebClient.Answer) throws -> [String]
    ) async throws -> [String] {
        var items: [String] = []
        var next: String? = first
        while let path = next {
            let answer = try await send(.GET, path)
            if answer.status == 404 { return items }
            guard answer.status == 200 else { throw unexpected(answer.status, path) }
            items += try read(answer)
            next = answer.headers.first(name: "Link").flatMap(Self.nextPage)
        }
        return items
    }

    /// `</v2/_catalog?last=b&n=2>; rel="next"`.
    private static func nextPage(_ link: String) -> String? {
        guard link.contains("rel=\"next\""), let open = link.firstIndex(of: "<"), let close = link.firstIndex(of: ">")
        else { return nil }
        return String(link[link.index(after: open)..<close])
    }

    private func decode<Value: Decodable>(
        _ type: Value.Type, _ answer: WebClient.Answer, _ path: String
    ) throws -> Value {
        do { return try JSONDecoder().decode(type, from: Data(answer.body)) } catch {
            throw PlatformError(.failed, "the answer of \(web.name) to \(path) cannot be read: \(error)")
        }
    }

    private func unexpected(_ status: Int, _ path: String) -> PlatformError {
        let kind: PlatformError.Kind =
            switch status {
            case Self.unauthorized, 403: .forbidden
            default: .unavailable
            }
        return PlatformError(kind, "\(web.name) at \(web.url) answers \(status) to \(path)")
    }
}

/// What a registry demands: `Bearer realm="http://…/service/token",service="harbor",scope="repository:a:pull"`.
struct BearerChallenge {
    /// Where a token is given.
    let url: String

    init?(_ header: String) {
        guard header.lowercased().hasPrefix("bearer ") else { return nil }
        var values: [String: String] = [:]
        // Values stand in quotation marks, so every second piece between them is one.
        let pieces = header.dropFirst("bearer ".count).split(separator: "\"", omittingEmptySubsequences: false)
        for index in stride(from: 0, to: pieces.count - 1, by: 2) {
            let name = pieces[index].drop { ", ".contains($0) }.prefix { $0 != "=" }
            values[String(name)] = String(pieces[index + 1])
        }
        guard let realm = values.removeValue(forKey: "realm"), realm.hasPrefix("http") else { return nil }
        let query = values.sorted { $0.key < $1.key }.map { "\($0.key)=\(percentEncoded($0.value))" }
        url = realm + (realm.contains("?") ? "&" : "?") + query.joined(separator: "&")
    }
}

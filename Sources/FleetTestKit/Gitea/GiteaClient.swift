public import FleetHTTP
import InterfaceProfile

/// Gitea's interface, as far as the suites need it; its answers stay JSON.
///
/// Errors as for `JSONClient`.
public struct GiteaClient: Sendable {
    /// Sends anything.
    public let json: JSONClient
    let web: WebClient

    private static let base = "/api/v1"

    /// Names a Gitea; what the client's requests carry says who asks.
    public init(web: WebClient) {
        self.web = web
        json = JSONClient(web: web)
    }

    /// Sends a request below `/api/v1` that must go well.
    @discardableResult
    public func ask(_ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil) async throws -> JSONValue {
        try await json.ask(method, Self.base + path, body)
    }

    /// The status of the answer to a request below `/api/v1`, whatever it is.
    public func status(_ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil) async throws -> Int {
        try await json.status(method, Self.base + path, body)
    }

    /// What the health endpoint says: its status, and the state of each check.
    public func health() async throws -> (status: String, checks: [String: String]) {
        let answer = try await json.ask(.get, "/api/healthz")
        var checks: [String: String] = [:]
        if case .object(let members)? = answer["checks"] {
            for (name, value) in members { checks[name] = value.array?.first?["status"]?.string ?? "" }
        }
        return (try require(answer["status"]?.string, "the status of Gitea"), checks)
    }

    // MARK: Repositories

    /// Makes a repository of the caller's, with a first commit.
    ///
    /// - Returns: what Gitea says of it.
    @discardableResult
    public func createRepository(_ name: String, isPrivate: Bool = true) async throws -> JSONValue {
        try await ask(
            .post, "/user/repos",
            .object([
                "name": .string(name), "private": .bool(isPrivate), "auto_init": true, "default_branch": "main",
            ]))
    }

    /// The content of a file on the default branch; nil when it is not there.
    public func file(_ path: String, of repository: String) async throws -> [UInt8]? {
        let response = try await web.send(.get, "\(Self.base)/repos/\(repository)/raw/\(path)")
        if response.status == 404 { return nil }
        try expectEqual(response.status, 200, "the status of GET \(path)")
        return response.body
    }

    /// The hash of the newest commit of the default branch.
    public func head(of repository: String) async throws -> String {
        let commits = try await ask(.get, "/repos/\(repository)/commits?limit=1")
        return try require(commits.array?.first?["sha"]?.string, "the newest commit of \(repository)")
    }

    // MARK: Releases

    /// Makes a release.
    ///
    /// - Returns: its number.
    public func createRelease(_ tag: String, of repository: String) async throws -> Int {
        let body: JSONValue = .object(["tag_name": .string(tag), "name": .string(tag), "body": "A release of a test"])
        let answer = try await ask(.post, "/repos/\(repository)/releases", body)
        return try require(answer["id"]?.integer, "the number of the release")
    }

    /// Adds a file to a release.
    ///
    /// - Returns: where it is downloaded.
    @discardableResult
    public func attach(
        _ content: [UInt8], as name: String, toRelease id: Int, of repository: String
    ) async throws -> String {
        let form = MultipartForm(field: "attachment", file: name, content: content)
        let path = "\(Self.base)/repos/\(repository)/releases/\(id)/assets?name=\(percentEncoded(name))"
        let response = try await web.send(.post, path, headers: form.headers, body: form.body)
        guard response.status == 201, let answer = JSONValue(bytes: response.body) else {
            throw PlatformRefusal(
                request: response.request, status: response.status,
                message: String(decoding: response.body.prefix(600), as: UTF8.self))
        }
        return try require(answer["browser_download_url"]?.string, "where the asset is downloaded")
    }

    /// What lies at an address of Gitea's, downloads for example.
    public func download(_ address: String) async throws -> WebResponse { try await web.send(.get, address) }

    // MARK: Issues

    /// Makes an issue.
    ///
    /// - Parameter labels: the numbers of its labels.
    /// - Returns: its number.
    public func createIssue(
        _ title: String, body: String = "", labels: [Int] = [], in repository: String
    ) async throws -> Int {
        let answer = try await ask(
            .post, "/repos/\(repository)/issues",
            .object([
                "title": .string(title), "body": .string(body), "labels": .array(labels.map(JSONValue.integer)),
            ]))
        return try require(answer["number"]?.integer, "the number of the issue")
    }

    /// Closes an issue.
    public func closeIssue(_ number: Int, in repository: String) async throws {
        try await ask(.patch, "/repos/\(repository)/issues/\(number)", .object(["state": "closed"]))
    }

    /// Makes a label.
    ///
    /// - Returns: its number.
    public func createLabel(_ name: String, in repository: String) async throws -> Int {
        let answer = try await ask(
            .post, "/repos/\(repository)/labels", .object(["name": .string(name), "color": "#aa0000"]))
        return try require(answer["id"]?.integer, "the number of the label")
    }
}

extension TestContext {
    /// Gitea, as the environment's own user.
    public var gitea: GiteaClient { get throws { GiteaClient(web: try ownerWeb("gitea")) } }

    /// The name of the environment's own user of Gitea.
    public var giteaOwner: String { get throws { try credential("gitea", "username") } }

    /// Gitea, as somebody else.
    public func gitea(as user: GiteaUser) throws -> GiteaClient {
        GiteaClient(
            web: WebClient(
                base: try endpoint("gitea", "url"), log: log,
                authorization: Authorization.basic(user.name, user.password)))
    }

    /// Gitea, as nobody.
    public var giteaAsNobody: GiteaClient { get throws { GiteaClient(web: try web("gitea")) } }

    /// Makes a repository with a name of its own, which is removed after the test.
    ///
    /// - Parameter suffix: what its name ends with.
    /// - Returns: `owner/name`.
    public func makeRepository(_ stem: String, suffix: String = "", isPrivate: Bool = true) async throws -> String {
        let gitea = try gitea
        let name = unique(stem) + suffix
        let repository = "\(try giteaOwner)/\(name)"
        await cleanup("delete repository \(repository)") {
            let status = try await gitea.status(.delete, "/repos/\(repository)")
            try expectContains([204, 404], status, "the statuses of the removal of a repository")
        }
        try await gitea.createRepository(name, isPrivate: isPrivate)
        return repository
    }

    /// Makes a user of Gitea with a name of its own, who is removed after the test with all that is his.
    public func makeGiteaUser(_ stem: String) async throws -> GiteaUser {
        let gitea = try gitea
        let user = GiteaUser(name: unique(stem), password: "\(UInt64.random(in: 1 ... .max))-Aa1")
        await cleanup("delete user \(user.name) of Gitea") {
            let status = try await gitea.status(.delete, "/admin/users/\(user.name)?purge=true")
            try expectContains([204, 404], status, "the statuses of the removal of a user")
        }
        try await gitea.ask(
            .post, "/admin/users",
            .object([
                "username": .string(user.name), "password": .string(user.password), "must_change_password": false,
                "email": .string("\(user.name)@example.org"),
            ]))
        return user
    }
}

/// A user of Gitea that a test made. Its description leaves the password out.
public struct GiteaUser: Hashable, Sendable, CustomStringConvertible {
    /// The name.
    public let name: String
    let password: String

    /// The name alone.
    public var description: String { name }
}

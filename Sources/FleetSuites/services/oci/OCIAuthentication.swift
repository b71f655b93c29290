import FleetHTTP
import FleetModel
import FleetTestKit
import InterfaceProfile

extension OCITests {
    static let authentication = test(
        "services/oci/authentication", "Authentication", modes: .from(.enterprise), estimate: 2
    ) { context in
        let harbor = try context.harbor
        let base = try context.endpoint("harbor", "url")
        let (closed, open) = (context.unique("closed"), context.unique("open"))
        let layer = Array("a layer of \(closed)".utf8)
        try await context.step("a project for members, and one for everybody, with an artifact each") {
            for (project, isPublic) in [(closed, false), (open, true)] {
                await context.cleanup("delete project \(project)") {
                    _ = try await harbor.deleteRepository("demo", in: project)
                    _ = try await harbor.deleteProject(project)
                }
                try await harbor.createProject(project, isPublic: isPublic)
                try await harbor.registry.pushArtifact(
                    layer, layerMediaType: context.profile.artifacts.layerMediaType,
                    artifactType: context.profile.artifacts.artifactType, annotations: [:], to: "\(project)/demo",
                    tag: "1.0.0")
            }
        }
        let challenge = try await context.step("who comes without credentials is told where to get a token") {
            let response = try await context.web("harbor").send(.get, "/v2/")
            try expectEqual(response.status, 401, "the status of GET /v2/")
            let words = try require(response.headers["WWW-Authenticate"], "the field WWW-Authenticate")
            return try require(BearerChallenge(words), "realm and service in “\(words)”")
        }
        try await context.step("a wrong password gets neither in nor a token") {
            let user = try context.credential("harbor", "username")
            let wrong = Authorization.basic(user, context.unique("wrong"))
            let web = WebClient(base: base, log: context.log, authorization: wrong)
            try expectEqual(try await web.send(.get, "/v2/").status, 401, "the status of GET /v2/")
            let path = challenge.path(scope: "repository:\(closed)/demo:pull")
            try expectEqual(try await web.send(.get, path).status, 401, "the status of the request for a token")
        }
        let owner = try context.ownerWeb("harbor")
        try await context.step("a token for pulling pulls, and does not push") {
            let token = try await challenge.token(for: "repository:\(closed)/demo:pull", from: owner)
            let registry = RegistryClient(web: client(context, base, token))
            let content = try await registry.pullBlob(Digest(of: layer), from: "\(closed)/demo")
            try expectEqual(content, layer, "the layer")
            try await expectRegistryRefusal("a push with it", statuses: [401, 403]) {
                try await registry.pushBlob(Array("new".utf8), to: "\(closed)/demo")
            }
        }
        try await context.step("a token for one repository opens no other") {
            let token = try await challenge.token(for: "repository:\(open)/demo:pull,push", from: owner)
            try await expectRegistryRefusal("the repository of another project", statuses: [401, 403, 404]) {
                let registry = RegistryClient(web: client(context, base, token))
                _ = try await registry.pullManifest("1.0.0", from: "\(closed)/demo")
            }
        }
        try await context.step("nobody in particular may pull what is public, and nothing else") {
            let nobody = try context.web("harbor")
            let token = try await challenge.token(for: "repository:\(open)/demo:pull,push", from: nobody)
            let registry = RegistryClient(web: client(context, base, token))
            _ = try await registry.pullManifest("1.0.0", from: "\(open)/demo")
            try await expectRegistryRefusal("a push by nobody", statuses: [401, 403]) {
                try await registry.pushBlob(Array("new".utf8), to: "\(open)/demo")
            }
            let path = challenge.path(scope: "repository:\(closed)/demo:pull")
            let answer = try await nobody.send(.get, path)
            guard let closedToken = JSONValue(bytes: answer.body)?["token"]?.string else { return }
            try await expectRegistryRefusal("what is for members", statuses: [401, 403, 404]) {
                _ = try await RegistryClient(web: client(context, base, closedToken))
                    .pullManifest("1.0.0", from: "\(closed)/demo")
            }
        }
        try await context.step("a token that somebody made up is refused") {
            try await expectRegistryRefusal("a forged token", statuses: [401]) {
                let forged = "eyJhbGciOiJub25lIn0.eyJhY2Nlc3MiOltdfQ."
                _ = try await RegistryClient(web: client(context, base, forged))
                    .pullManifest("1.0.0", from: "\(closed)/demo")
            }
        }
    }

    private static func client(_ context: TestContext, _ base: String, _ token: String) -> WebClient {
        WebClient(base: base, log: context.log, authorization: Authorization.bearer(token))
    }
}

/// Where a registry's tokens come from: `Bearer realm="…",service="…"`.
struct BearerChallenge: Sendable {
    private let realm: String
    private let service: String

    /// Reads the field `WWW-Authenticate`; nil when it names no realm.
    init?(_ text: String) {
        func value(_ name: String) -> String? {
            guard let start = text.firstRange(of: "\(name)=\"") else { return nil }
            return text[start.upperBound...].split(separator: "\"", maxSplits: 1).first.map(String.init)
        }
        guard text.lowercased().hasPrefix("bearer "), let realm = value("realm"), let service = value("service") else {
            return nil
        }
        self.realm = realm
        self.service = service
    }

    /// The address of a request for a token.
    func path(scope: String) -> String {
        "\(realm)?service=\(percentEncoded(service))&scope=\(percentEncoded(scope))"
    }

    /// A token, for whoever the client is.
    func token(for scope: String, from web: WebClient) async throws -> String {
        let response = try await web.send(.get, path(scope: scope))
        try expectEqual(response.status, 200, "the status of the request for a token")
        return try require(JSONValue(bytes: response.body)?["token"]?.string, "the token")
    }
}

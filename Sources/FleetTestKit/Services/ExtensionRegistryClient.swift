import FleetHTTP
public import InterfaceProfile

/// The extension registry's interface, with types. Errors as for `OrchestratorClient`.
public struct ExtensionRegistryClient: Sendable {
    private let web: WebClient
    private let profile: InterfaceProfile

    /// Names the registry; what the client's requests carry says who asks.
    public init(web: WebClient, profile: InterfaceProfile = .standard) {
        self.web = web
        self.profile = profile
    }

    /// The environment's registry, asked by the service account, who may publish.
    public init(_ context: TestContext) async throws {
        let session = try await context.automation.session(context)
        self.init(web: try context.web("extension-registry", as: session), profile: context.profile)
    }

    /// The newest versions of all extensions, with the members that the registry states.
    public func list(type: String? = nil, source: String? = nil) async throws -> [JSONValue] {
        let options = [type.map { "type=\($0)" }, source.map { "source=\($0)" }, "limit=1000"].compactMap(\.self)
        let answer = try await call(.get, "\(profile.extensionRegistry.extensions)?\(options.joined(separator: "&"))")
        return try answer.elements(try answer.payload())
    }

    /// The versions of an extension, the newest first; empty when there is none.
    public func versions(type: String, name: String) async throws -> [String] {
        do {
            let answer = try await call(.get, filledPath(profile.extensionRegistry.versions, type, name))
            return try answer.elements(try answer.payload()).map { $0.string ?? $0["version"]?.string ?? "" }
        } catch let refusal as PlatformRefusal where refusal.status == 404 {
            return []
        }
    }

    /// The archive of a version, of `latest`, or of the newest that a constraint accepts; its digest is verified.
    public func download(
        type: String, name: String, version: String, filePath: String = #filePath, line: Int = #line
    ) async throws -> [UInt8] {
        let path = filledPath(profile.extensionRegistry.download, type, name, version)
        let response = try await web.send(.get, path)
        guard response.status == 200 else {
            _ = try Answer(response: response, profile: profile).payload()
            throw InterfaceNotFound(path: response.request)
        }
        try expectEqual(
            response.headers[profile.extensionRegistry.checksumHeader], Digest(of: response.body).description,
            "the digest that the registry states", filePath: filePath, line: line)
        return response.body
    }

    /// Publishes an archive.
    ///
    /// - Parameter source: `oci` or `gitea`.
    public func publish(_ archive: [UInt8], to source: String) async throws {
        let response = try await web.send(
            .post, "\(profile.extensionRegistry.extensions)?source=\(source)",
            headers: ["Content-Type": "application/octet-stream"], body: archive)
        _ = try Answer(response: response, profile: profile).payload()
    }

    private func call(_ method: HTTPMethod, _ path: String) async throws -> Answer {
        let response = try await web.send(method, path)
        let answer = Answer(response: response, profile: profile)
        if response.status == 404, !answer.isPlatformError { throw InterfaceNotFound(path: response.request) }
        return answer
    }
}

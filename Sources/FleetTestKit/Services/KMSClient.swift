import FleetHTTP
public import InterfaceProfile

/// An SSH key as the KMS has it. Its description leaves the private key out.
public struct StoredSSHKey: Hashable, Sendable, CustomStringConvertible {
    /// Its name.
    public let name: String
    /// The number of this version, from 1.
    public let version: Int
    /// The public key, as one line.
    public let publicKey: String
    /// The private key; nil where it is not shown.
    public let privateKey: String?

    init(_ value: JSONValue, _ answer: Answer) throws {
        let names = answer.profile.kmsFields
        name = try answer.text(value, names.name)
        publicKey = try answer.text(value, names.publicKey)
        privateKey = value[names.privateKey]?.string
        guard let number = value[names.version]?.integer else {
            // Not the answer itself: it may hold a private key.
            throw UnexpectedAnswer(
                request: answer.response.request, reason: "there is no number “\(names.version)”", body: "withheld")
        }
        version = number
    }

    /// Names the key and its version.
    public var description: String { "version \(version) of \(name)" }
}

/// The interface of the KMS service, with types. Errors as for `OrchestratorClient`.
public struct KMSClient: Sendable {
    /// The requests themselves.
    public let web: WebClient
    /// Paths and names.
    public let profile: InterfaceProfile

    /// Names the service; what the client's requests carry says who asks.
    public init(web: WebClient, profile: InterfaceProfile) {
        self.web = web
        self.profile = profile
    }

    /// Stores a key pair as version 1, or has the KMS make one.
    public func storeSSHKey(_ name: String, _ pair: (privateKey: String, publicKey: String)? = nil) async throws
        -> StoredSSHKey
    {
        var body = members(pair)
        body[profile.kmsFields.name] = .string(name)
        return try key(try await call(.post, profile.kms.sshKeys, .object(body)))
    }

    /// A key with its private part: of one version, or the newest.
    public func sshKey(_ name: String, version: Int? = nil) async throws -> StoredSSHKey {
        let query = version.map { "?version=\($0)" } ?? ""
        return try key(try await call(.get, filledPath(profile.kms.sshKey, name) + query))
    }

    /// Makes the next version: of a pair that somebody brings, or a new one.
    public func rotateSSHKey(_ name: String, _ pair: (privateKey: String, publicKey: String)? = nil) async throws
        -> StoredSSHKey
    {
        try key(try await call(.post, filledPath(profile.kms.rotateSSHKey, name), .object(members(pair))))
    }

    /// The names of all keys.
    public func sshKeys() async throws -> [String] {
        let answer = try await call(.get, profile.kms.sshKeys)
        return try answer.elements(try answer.payload()).compactMap(\.string)
    }

    /// Removes a key with all its versions; false when there is none.
    @discardableResult
    public func removeSSHKey(_ name: String) async throws -> Bool {
        do {
            _ = try await call(.delete, filledPath(profile.kms.sshKey, name)).payload()
            return true
        } catch let refusal as PlatformRefusal where refusal.status == 404 {
            return false
        }
    }

    private func members(_ pair: (privateKey: String, publicKey: String)?) -> [String: JSONValue] {
        guard let pair else { return [:] }
        let names = profile.kmsFields
        return [names.privateKey: .string(pair.privateKey), names.publicKey: .string(pair.publicKey)]
    }

    private func key(_ answer: Answer) throws -> StoredSSHKey { try StoredSSHKey(try answer.payload(), answer) }

    // A 404 that is not the platform's own word means that nothing is there.
    func call(_ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil) async throws -> Answer {
        let response = try await web.send(method, path, body: body)
        let answer = Answer(response: response, profile: profile)
        if response.status == 404, !answer.isPlatformError { throw InterfaceNotFound(path: response.request) }
        return answer
    }
}

/// What OpenBao itself says, asked past the platform with the environment's token: the second witness of the KMS.
public struct OpenBaoClient: Sendable {
    let json: JSONClient
    let mount: String
    let transit: String

    /// Names the server and the paths of its engines KV v2 and transit; nothing is sent yet.
    public init(json: JSONClient, mount: String, transit: String) {
        self.json = json
        self.mount = mount
        self.transit = transit
    }

    /// The paths of all secrets of the engine KV v2 below a path, which is empty or ends with `/`.
    public func secrets(below folder: String = "") async throws -> [String] {
        var paths: [String] = []
        for name in try await names("\(mount)/metadata/\(folder)") {
            let path = folder + name
            paths += name.hasSuffix("/") ? try await secrets(below: path) : [path]
        }
        return paths
    }

    /// The names of all keys of the engine transit.
    public func keys() async throws -> [String] { try await names("\(transit)/keys") }

    // OpenBao says 404 where there is nothing to list.
    private func names(_ path: String) async throws -> [String] {
        do {
            let answer = try await json.ask(.get, "/v1/\(path)?list=true")
            return (answer["data", "keys"]?.array ?? []).compactMap(\.string)
        } catch let refusal as PlatformRefusal where refusal.status == 404 {
            return []
        }
    }

    /// A version of a secret of the engine KV v2, the newest unless one is named, with its number; nil when there is none.
    public func secret(_ path: String, version: Int? = nil) async throws -> (data: JSONValue, version: Int)? {
        let query = version.map { "?version=\($0)" } ?? ""
        do {
            let answer = try await json.ask(.get, "/v1/\(mount)/data/\(path)\(query)")
            let data = try require(answer["data", "data"], "the data of \(path)")
            return (data, try require(answer["data", "metadata", "version"]?.integer, "the version of \(path)"))
        } catch let refusal as PlatformRefusal where refusal.status == 404 {
            return nil
        }
    }

    /// The newest version of a key of the engine transit.
    public func newestVersion(ofKey name: String) async throws -> Int {
        let answer = try await json.ask(.get, "/v1/\(transit)/keys/\(name)")
        return try require(answer["data", "latest_version"]?.integer, "the newest version of \(name)")
    }

    /// The number of the newest version of a secret; nil when there is none.
    public func newestVersion(of path: String) async throws -> Int? {
        do {
            return try await json.ask(.get, "/v1/\(mount)/metadata/\(path)")["data", "current_version"]?.integer
        } catch let refusal as PlatformRefusal where refusal.status == 404 {
            return nil
        }
    }
}

extension TestContext {
    /// The KMS service, as somebody who has logged in.
    public func kms(as session: Session) throws -> KMSClient {
        KMSClient(web: try web("kms", as: session), profile: profile)
    }

    /// OpenBao, past the platform.
    public func openBao() throws -> OpenBaoClient {
        let web = WebClient(
            base: try endpoint("openbao", "url"), log: log,
            authorization: Authorization.bearer(try credential("openbao", "token")))
        return OpenBaoClient(
            json: JSONClient(web: web), mount: try endpoint("openbao", "kv"),
            transit: try endpoint("openbao", "transit"))
    }
}

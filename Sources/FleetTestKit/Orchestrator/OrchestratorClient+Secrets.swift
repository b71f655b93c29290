import FleetHTTP
import InterfaceProfile

/// A dynamic secret, or a temporal SSH key. Its description leaves the credentials out.
public struct SecretInfo: Hashable, Sendable, CustomStringConvertible {
    /// Its id.
    public let id: String
    /// How far it is, as the platform spells it.
    public let status: String
    /// When it ends, as RFC 3339 in UTC.
    public let expiresAt: String
    /// The public key, where it is a key pair.
    public let publicKey: String?
    /// The servers that a temporal key was let into.
    public let servers: [String]
    /// What opens something; nil where it is not shown.
    public let credentials: [String: String]?

    init(_ value: JSONValue, _ answer: Answer) throws {
        let names = answer.profile.secretFields
        id = try Self.text(value, names.id, answer)
        status = try Self.text(value, names.status, answer)
        expiresAt = try Self.text(value, names.expiresAt, answer)
        publicKey = value[names.publicKey]?.string
        servers = (value[names.servers]?.array ?? []).compactMap(\.string)
        guard case .object(let members)? = value[names.credentials] else {
            credentials = nil
            return
        }
        credentials = members.compactMapValues(\.string)
    }

    // Not the answer itself in the error: it may hold credentials.
    private static func text(_ value: JSONValue, _ name: String, _ answer: Answer) throws -> String {
        guard let text = value[name]?.string else {
            throw UnexpectedAnswer(
                request: answer.response.request, reason: "there is no string “\(name)”", body: "withheld")
        }
        return text
    }

    /// Id and state.
    public var description: String { "the secret \(id), \(status)" }
}

extension OrchestratorClient {
    /// Makes a secret of a type, such as `aws`, for so many seconds.
    public func makeSecret(_ type: String, seconds: Int) async throws -> SecretInfo {
        try await secret(
            .post, profile.secrets.generate,
            [profile.secretFields.type: .string(type), profile.secretFields.ttl: .integer(seconds)])
    }

    /// One secret; its credentials only for who made it.
    public func secret(_ id: String) async throws -> SecretInfo {
        try await secret(.get, filledPath(profile.secrets.secret, id))
    }

    /// Gives a secret a new time, in seconds from now.
    public func renewSecret(_ id: String, seconds: Int) async throws -> SecretInfo {
        try await secret(
            .post, filledPath(profile.secrets.renew, id), [profile.secretFields.ttl: .integer(seconds)])
    }

    /// Ends a secret.
    @discardableResult
    public func revokeSecret(_ id: String) async throws -> SecretInfo {
        try await secret(.post, filledPath(profile.secrets.revoke, id), [:])
    }

    /// All secrets that the caller may see, without credentials.
    public func secrets() async throws -> [SecretInfo] {
        let answer = try await call(.get, profile.secrets.list)
        return try answer.elements(try answer.payload()).map { try SecretInfo($0, answer) }
    }

    /// Makes a temporal SSH key for so many seconds.
    public func makeTemporalKey(seconds: Int) async throws -> SecretInfo {
        try await secret(.post, profile.secrets.generateKey, [profile.secretFields.ttl: .integer(seconds)])
    }

    /// One temporal key; its credentials only for who made it.
    public func temporalKey(_ id: String) async throws -> SecretInfo {
        try await secret(.get, filledPath(profile.secrets.key, id))
    }

    /// Lets a temporal key into a server of the provider for this host.
    @discardableResult
    public func deployTemporalKey(_ id: String, to server: String) async throws -> SecretInfo {
        try await secret(
            .post, filledPath(profile.secrets.deployKey, id), [profile.secretFields.server: .string(server)])
    }

    /// Ends a temporal key and takes it off its servers.
    @discardableResult
    public func revokeTemporalKey(_ id: String) async throws -> SecretInfo {
        try await secret(.post, filledPath(profile.secrets.revokeKey, id), [:])
    }

    private func secret(
        _ method: HTTPMethod, _ path: String, _ body: [String: JSONValue]? = nil
    ) async throws -> SecretInfo {
        let answer = try await call(method, path, body: body.map { .object($0) }, missing: .noObject)
        return try SecretInfo(try answer.payload(), answer)
    }
}

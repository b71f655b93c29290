import FleetHTTP
public import InterfaceProfile

/// The control center's interface, with types: logins, second factors, users and service accounts.
///
/// Errors as for `OrchestratorClient`.
public struct ControlCenterClient: Sendable {
    let web: WebClient
    /// Paths, names and spellings.
    public let profile: InterfaceProfile

    /// Names the control center; what the client's requests carry says who asks.
    public init(web: WebClient, profile: InterfaceProfile = .standard) {
        self.web = web
        self.profile = profile
    }

    // MARK: Sessions

    /// Logs somebody in.
    ///
    /// - Parameter code: the six digits of a second factor, for those who have one.
    public func login(_ user: String, _ password: String, code: String? = nil) async throws -> Session {
        let names = profile.controlCenterFields
        var body: [String: JSONValue] = [names.username: .string(user), names.password: .string(password)]
        if let code { body[names.code] = .string(code) }
        return try Session(try await call(.post, profile.controlCenter.login, .object(body)))
    }

    /// Takes a refresh token for a new pair.
    public func refresh(_ token: String) async throws -> Session {
        let body: JSONValue = .object([profile.controlCenterFields.refreshToken: .string(token)])
        return try Session(try await call(.post, profile.controlCenter.refresh, body))
    }

    /// Ends the session of the caller.
    public func logout() async throws { _ = try await call(.post, profile.controlCenter.logout).payload() }

    /// Who the caller is.
    public func identity() async throws -> IdentityInfo {
        let answer = try await call(.get, profile.controlCenter.identity)
        return try IdentityInfo(try answer.payload(), answer)
    }

    // MARK: The caller's second factor

    /// Makes a second factor for the caller.
    public func enrol() async throws -> OneTimePassword {
        let answer = try await call(.post, profile.controlCenter.enrolMFA)
        let secret = try answer.text(try answer.payload(), profile.controlCenterFields.secret)
        return try require(OneTimePassword(base32: secret), "a secret in base32 in the answer")
    }

    /// Shows a code of it: from now on it counts.
    public func verify(_ code: String) async throws {
        _ = try await call(.post, profile.controlCenter.verifyMFA, .object(["code": .string(code)])).payload()
    }

    /// The states of the caller's second factors: `pending` until the first code was shown, then `active`.
    public func factors() async throws -> [String] {
        let answer = try await call(.get, profile.controlCenter.factors)
        return try answer.elements(try answer.payload()).map { try answer.text($0, "status") }
    }

    /// Takes the second factor of somebody who has lost it.
    public func takeSecondFactor(from user: String) async throws {
        _ = try await call(.delete, filledPath(profile.controlCenter.userMFA, user)).payload()
    }

    // MARK: Users

    /// Makes a user.
    public func createUser(
        _ name: String, password: String, roles: [String], workspace: String? = nil
    ) async throws {
        let names = profile.controlCenterFields
        var body: [String: JSONValue] = [
            names.username: .string(name), names.password: .string(password),
            names.roles: .array(roles.map(JSONValue.string)),
        ]
        if let workspace { body[names.workspace] = .string(workspace) }
        _ = try await call(.post, profile.controlCenter.users, .object(body)).payload()
    }

    /// The names of all users.
    public func users() async throws -> [String] {
        let answer = try await call(.get, profile.controlCenter.users)
        return try answer.elements(try answer.payload()).map {
            try answer.text($0, profile.controlCenterFields.username)
        }
    }

    /// Changes members of a user, such as `locked`.
    public func changeUser(_ name: String, _ members: [String: JSONValue]) async throws {
        _ = try await call(.patch, filledPath(profile.controlCenter.user, name), .object(members)).payload()
    }

    /// Removes a user; false when there is none.
    @discardableResult
    public func removeUser(_ name: String) async throws -> Bool {
        try await removed(filledPath(profile.controlCenter.user, name))
    }

    /// Makes a service account; returns its secret.
    public func createServiceAccount(_ name: String, roles: [String]) async throws -> String {
        let names = profile.controlCenterFields
        let body: JSONValue = .object(["name": .string(name), names.roles: .array(roles.map(JSONValue.string))])
        let answer = try await call(.post, profile.controlCenter.serviceAccounts, body)
        return try answer.text(try answer.payload(), names.secret)
    }

    /// A new secret for a service account.
    public func rotateServiceAccount(_ name: String) async throws -> String {
        let answer = try await call(.post, filledPath(profile.controlCenter.rotateServiceAccount, name))
        return try answer.text(try answer.payload(), profile.controlCenterFields.secret)
    }

    /// Removes a service account; false when there is none.
    @discardableResult
    public func removeServiceAccount(_ name: String) async throws -> Bool {
        try await removed(filledPath(profile.controlCenter.serviceAccount, name))
    }

    private func removed(_ path: String) async throws -> Bool {
        do {
            _ = try await call(.delete, path).payload()
            return true
        } catch let refusal as PlatformRefusal where refusal.status == 404 {
            return false
        }
    }

    // A 404 that is not the platform's own word means that nothing is there.
    private func call(_ method: HTTPMethod, _ path: String, _ body: JSONValue? = nil) async throws -> Answer {
        let response = try await web.send(method, path, body: body)
        let answer = Answer(response: response, profile: profile)
        if response.status == 404, !answer.isPlatformError { throw InterfaceNotFound(path: response.request) }
        return answer
    }
}

/// A login: two tokens. Its description leaves them out.
public struct Session: Hashable, Sendable, CustomStringConvertible {
    /// The access token.
    public let token: String
    /// What a new pair is had for.
    public let refreshToken: String
    /// Seconds that the access token is good.
    public let expiresIn: Int

    init(_ answer: Answer) throws {
        let (value, names) = (try answer.payload(), answer.profile.controlCenterFields)
        // What goes wrong here must not show the answer, which holds tokens.
        token = try require(value[names.token]?.string, "“\(names.token)” in the answer to a login")
        refreshToken = try require(
            value[names.refreshToken]?.string, "“\(names.refreshToken)” in the answer to a login")
        expiresIn = try require(value[names.expiresIn]?.integer, "“\(names.expiresIn)” in the answer to a login")
    }

    /// The value of the field `Authorization`.
    public var authorization: String { Authorization.bearer(token) }

    /// What the access token says: its middle part (RFC 7519), not verified.
    public var claims: JSONValue {
        get throws { try Session.claims(of: token) }
    }

    /// What a token says, not verified.
    public static func claims(of token: String) throws -> JSONValue { try part(1, of: token) }

    /// The head of a token: how it is signed, and with which key.
    public static func head(of token: String) throws -> JSONValue { try part(0, of: token) }

    private static func part(_ index: Int, of token: String) throws -> JSONValue {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        try expectEqual(parts.count, 3, "the number of parts of a token")
        let bytes = try require(Base64URL.bytes(of: parts[index]), "base64url in part \(index) of a token")
        return try require(JSONValue(bytes: bytes), "JSON in part \(index) of a token")
    }

    /// Says nothing of the tokens.
    public var description: String { "a login that is good for \(expiresIn) s" }
}

public import JWTKit

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What stands in a token of the platform. The platform's pages name the checks, not the members; these are ours.
public struct TokenClaims: JWTPayload, Hashable {
    /// What a token is good for.
    public enum Kind: String, Sendable, Codable {
        /// Shown with every request.
        case access
        /// Good for one new pair of tokens, at the service that issued it.
        case refresh
    }

    /// User or service account.
    public var sub: String
    /// Who issued it.
    public var iss: String
    /// Whom it is for.
    public var aud: String
    /// Unix time after which it is void.
    public var exp: Int
    /// Unix time of its making.
    public var iat: Int
    /// Unix time before which it is void.
    public var nbf: Int
    /// Its own id, for revocation.
    public var jti: String
    /// Roles of the user.
    public var roles: [Role]
    /// Teams beside those of the roles.
    public var teams: [Team]
    /// The one workspace that the user is bound to, if any.
    public var workspace: String?
    /// Whether the user showed a second factor.
    public var mfaVerified: Bool
    /// Access or refresh.
    public var tokenType: Kind
    /// Whether the user is a program.
    public var serviceAccount: Bool

    enum CodingKeys: String, CodingKey, CaseIterable {
        case sub, iss, aud, exp, iat, nbf, jti, roles, teams, workspace
        case mfaVerified = "mfa_verified"
        case tokenType = "token_type"
        case serviceAccount = "service_account"
    }

    /// Claims for that principal, good from `now` for so many seconds.
    public init(
        _ principal: Principal, kind: Kind, issuer: String, audience: String, id: String, now: Timestamp, seconds: Int
    ) {
        let time = Int(now.date.timeIntervalSince1970.rounded(.down))
        (sub, iss, aud, jti, tokenType) = (principal.name, issuer, audience, id, kind)
        (iat, nbf, exp) = (time, time, time + seconds)
        roles = principal.roles.sorted { $0.rawValue < $1.rawValue }
        teams = principal.teams.sorted { $0.rawValue < $1.rawValue }
        workspace = principal.workspace
        mfaVerified = principal.mfaVerified
        serviceAccount = principal.isServiceAccount
    }

    /// Whom the claims name.
    public var principal: Principal {
        Principal(
            name: sub, roles: Set(roles), teams: Set(teams), workspace: workspace, mfaVerified: mfaVerified,
            isServiceAccount: serviceAccount)
    }

    /// Only the signature is JWTKit's business: `check` says in words what else is wrong.
    public func verify(using algorithm: some JWTAlgorithm) async throws {}

    /// Throws `.unauthorised` with the reason unless the token is of that kind, issuer and audience, and valid now.
    public func check(kind: Kind, issuer: String, audience: String, now: Timestamp) throws {
        let time = now.date.timeIntervalSince1970
        if let reason = reason(kind, issuer, audience, time) {
            throw PlatformError(.unauthorised, "the token does not hold: \(reason)")
        }
    }

    private func reason(_ kind: Kind, _ issuer: String, _ audience: String, _ time: Double) -> String? {
        if tokenType != kind { return "it is a token for \(tokenType.rawValue)" }
        if iss != issuer { return "another issuer" }
        if aud != audience { return "another audience" }
        if time >= Double(exp) { return "it has expired" }
        if time < Double(nbf) { return "it is not valid yet" }
        return nil
    }
}

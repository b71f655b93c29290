import JWTKit
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The API server's own tokens (HS256), given to whom the control center knows. A token names a session and means nothing
/// without it: who the caller is, is what the control center says of the session now.
struct TokenDesk: Sendable {
    private static let issuer = "provisioning-api-server"

    let keys: JWTKeyCollection
    let center: CenterClient
    let verifier: TokenVerifier
    let sessions: Sessions
    let tokenSeconds: Int
    let refreshSeconds: Int

    /// Gives tokens to whom the control center lets in.
    func logIn(_ body: Data) async throws -> Tokens {
        let theirs = try await center.logIn(body)
        let principal = try await verifier.principal(of: theirs.access)
        let id = Self.random()
        let ids = Self.ids(of: id)
        try await sessions.begin(id, owner: principal.name, theirs, refreshID: ids.refresh)
        return try await tokens(principal, ids)
    }

    /// Takes a refresh token, which is good once, for a new pair, and renews the session at the control center with it.
    func refresh(_ token: String) async throws -> Tokens {
        let claims = try await verified(token, .refresh)
        let id = Self.session(of: claims)
        let ids = Self.ids(of: id)
        let theirs = try await sessions.refresh(id, shown: claims.jti, next: ids.refresh)
        return try await tokens(try await verifier.principal(of: theirs.access), ids)
    }

    /// Who an access token names, with the rights that he has now.
    func principal(of token: String) async throws -> Principal {
        try await verifier.principal(of: try await session(of: token).token())
    }

    /// The session that an access token names, which may have ended.
    func session(of token: String) async throws -> CallerSession {
        CallerSession(id: Self.session(of: try await verified(token, .access)), sessions: sessions)
    }

    private func verified(_ token: String, _ kind: TokenClaims.Kind) async throws -> TokenClaims {
        guard let claims = try? await keys.verify(token, as: TokenClaims.self) else {
            throw PlatformError(.unauthorised, "the token does not hold: its signature is not the API server's")
        }
        try claims.check(kind: kind, issuer: Self.issuer, audience: Self.issuer, now: .now())
        return claims
    }

    private func tokens(_ principal: Principal, _ ids: (access: String, refresh: String)) async throws -> Tokens {
        func token(_ kind: TokenClaims.Kind, _ id: String, _ seconds: Int) async throws -> String {
            try await keys.sign(
                TokenClaims(
                    principal, kind: kind, issuer: Self.issuer, audience: Self.issuer, id: id, now: .now(),
                    seconds: seconds))
        }
        return Tokens(
            user: principal, token: try await token(.access, ids.access, tokenSeconds),
            refreshToken: try await token(.refresh, ids.refresh, refreshSeconds), expiresIn: tokenSeconds)
    }
}

/// The id of a token names its session: `SESSION.RANDOM`.
extension TokenDesk {
    private static func ids(of session: String) -> (access: String, refresh: String) {
        ("\(session).\(random())", "\(session).\(random())")
    }

    private static func session(of claims: TokenClaims) -> String { String(claims.jti.prefix { $0 != "." }) }

    private static func random() -> String { UUID().uuidString.lowercased() }
}

/// The documented answer to a login.
struct Tokens: Encodable, Sendable {
    /// To whom; not in the answer.
    let user: Principal
    let token: String
    let refreshToken: String
    let expiresIn: Int

    enum CodingKeys: String, CodingKey {
        case token
        case refreshToken = "refresh_token"
        case expiresIn = "expires_in"
    }
}

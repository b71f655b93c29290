import Crypto
import InterfaceProfile
import JWTKit
import PlatformPostgres
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The API server's own tokens (HS256), given to whom the control center knows.
struct TokenDesk: Sendable {
    private static let issuer = "provisioning-api-server"

    let keys: JWTKeyCollection
    let center: ServiceClient
    let pool: PostgresPool
    let tokenSeconds: Int
    let refreshSeconds: Int

    /// A desk that signs with that key.
    init(key: SymmetricKey, center: ServiceClient, pool: PostgresPool, settings: APIServerSettings) async {
        keys = JWTKeyCollection()
        await keys.add(hmac: HMACKey(key: key), digestAlgorithm: .sha256)
        self.center = center
        self.pool = pool
        tokenSeconds = settings.tokenHours * 3600
        refreshSeconds = settings.refreshHours * 3600
    }

    /// Gives tokens to whom the control center lets in. Its session is ended at once: our tokens stand alone.
    func logIn(_ body: Data) async throws -> Tokens {
        let paths = InterfaceProfile.standard.controlCenter
        let reply = try await center.send("POST", paths.login, body: body)
        switch reply.status {
        case 200: break
        case 400: throw PlatformError(.invalid, Self.words(reply))
        case 401: throw PlatformError(.unauthorised, Self.words(reply))
        case 403: throw PlatformError(.forbidden, Self.words(reply))
        case 429: throw PlatformError(.tooManyRequests(retryAfter: 1), Self.words(reply))
        default: throw PlatformError(.unavailable, "the control center answered \(reply.status): \(Self.words(reply))")
        }
        let login = try JSONDecoder().decode(Enveloped<Login>.self, from: reply.body).data
        _ = try await center.send("POST", paths.logout, headers: [("Authorization", "Bearer \(login.token)")])
        return try await tokens(for: login.user.principal)
    }

    /// Takes a refresh token for a new pair; it is good once.
    func refresh(_ token: String) async throws -> Tokens {
        let claims = try await verified(token, .refresh)
        let rows = try await pool.query(
            """
            INSERT INTO api_server.used_tokens VALUES ($1, to_timestamp($2::bigint)) ON CONFLICT DO NOTHING RETURNING id
            """, [claims.jti, "\(claims.exp)"])
        guard !rows.isEmpty else {
            throw PlatformError(.unauthorised, "the refresh token was used before; log in again")
        }
        return try await tokens(for: claims.principal)
    }

    /// Whom an access token names.
    func principal(of token: String) async throws -> Principal { try await verified(token, .access).principal }

    private func verified(_ token: String, _ kind: TokenClaims.Kind) async throws -> TokenClaims {
        guard let claims = try? await keys.verify(token, as: TokenClaims.self) else {
            throw PlatformError(.unauthorised, "the token does not hold: its signature is not the API server's")
        }
        try claims.check(kind: kind, issuer: Self.issuer, audience: Self.issuer, now: .now())
        return claims
    }

    private func tokens(for principal: Principal) async throws -> Tokens {
        func token(_ kind: TokenClaims.Kind, _ seconds: Int) async throws -> String {
            try await keys.sign(
                TokenClaims(
                    principal, kind: kind, issuer: Self.issuer, audience: Self.issuer, id: UUID().uuidString,
                    now: .now(), seconds: seconds))
        }
        return Tokens(
            token: try await token(.access, tokenSeconds), refreshToken: try await token(.refresh, refreshSeconds),
            expiresIn: tokenSeconds)
    }

    private static func words(_ reply: ServiceClient.Reply) -> String {
        (try? JSONDecoder().decode(JSONValue.self, from: reply.body))?["error"].text ?? "status \(reply.status)"
    }
}

/// The documented answer to a login.
struct Tokens: Encodable, Sendable {
    let token: String
    let refreshToken: String
    let expiresIn: Int

    enum CodingKeys: String, CodingKey {
        case token
        case refreshToken = "refresh_token"
        case expiresIn = "expires_in"
    }
}

/// What the control center answers, as far as we look.
private struct Login: Decodable, Sendable {
    struct User: Decodable, Sendable {
        let username: String
        let roles: [Role]
        let teams: [Team]
        let workspace: String?
        let hasMFA: Bool
        let isServiceAccount: Bool

        enum CodingKeys: String, CodingKey {
            case username, roles, teams, workspace
            case hasMFA = "mfa_enabled"
            case isServiceAccount = "service_account"
        }

        /// Who has a second factor has just shown it.
        var principal: Principal {
            Principal(
                name: username, roles: Set(roles), teams: Set(teams), workspace: workspace, mfaVerified: hasMFA,
                isServiceAccount: isServiceAccount)
        }
    }

    let token: String
    let user: User
}

import JWTKit

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Checks the control center's access tokens at other services: signature by its published keys, issuer, audience, time,
/// kind, revocation.
///
/// Keys are asked for again when a signature does not fit (at most every five seconds), revocations every second: so
/// long a revoked token can still pass. When the control center has not answered for half a minute, nobody passes.
public actor TokenVerifier {
    /// Issuer of the control center's tokens.
    public static let issuer = "provisioning-control-center"
    /// Audience of the control center's tokens: every service of the platform.
    public static let audience = "provisioning-platform"

    private let client: ServiceClient
    private let keysPath: String
    private let revocationsPath: String
    private var keys: JWTKeyCollection?
    private var keysFetched = Timestamp(.distantPast)
    private var revoked: Set<String> = []
    private var revocationsFetched = Timestamp(.distantPast)

    /// A verifier that asks the control center at that base URL, at its paths for keys and revocations.
    public init(controlCenter url: String, keysPath: String, revocationsPath: String) {
        client = ServiceClient(url)
        self.keysPath = keysPath
        self.revocationsPath = revocationsPath
    }

    /// The caller that the token names. Throws `.unauthorised` with the reason when it does not hold, `.unavailable` when
    /// it cannot be checked.
    public func principal(of token: String) async throws -> Principal {
        let claims = try await verified(token)
        try claims.check(kind: .access, issuer: Self.issuer, audience: Self.audience, now: .now())
        try await refreshRevocations()
        guard !revoked.contains(claims.jti) else { throw PlatformError(.unauthorised, "the token was revoked") }
        return claims.principal
    }

    /// Throws `.unavailable` when the control center does not answer.
    public func checkHealth() async throws { _ = try await fetchKeys() }

    private func verified(_ token: String) async throws -> TokenClaims {
        if let keys, let claims = try? await keys.verify(token, as: TokenClaims.self) { return claims }
        if keys == nil || Timestamp.now().seconds(since: keysFetched) > 5 { keys = try await fetchKeys() }
        guard let claims = try? await keys?.verify(token, as: TokenClaims.self) else {
            throw PlatformError(.unauthorised, "the token does not hold: its signature is not the control center's")
        }
        return claims
    }

    private func fetchKeys() async throws -> JWTKeyCollection {
        let set = try await client.get(keysPath, as: JWKS.self)
        let collection = JWTKeyCollection()
        for key in set.keys where key.algorithm == .rs256 { try await collection.add(jwk: key) }
        keysFetched = .now()
        return collection
    }

    private func refreshRevocations() async throws {
        let age = Timestamp.now().seconds(since: revocationsFetched)
        guard age > 1 else { return }
        do {
            revoked = try await client.get(revocationsPath, as: Enveloped<Set<String>>.self).data
            revocationsFetched = .now()
        } catch  where age < 30 {
            // A short absence of the control center does not stop everybody.
        }
    }
}

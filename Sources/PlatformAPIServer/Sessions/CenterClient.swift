import InterfaceProfile
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A pair of the control center's tokens.
struct CenterTokens: Sendable, Codable, Hashable {
    let access: String
    /// Good once.
    let refresh: String
    /// When the access token is to be replaced: somewhat before it expires.
    let renewal: Timestamp
}

/// The control center, as far as its users log in there through us.
struct CenterClient: Sendable {
    private let client: ServiceClient
    private let paths = InterfaceProfile.standard.controlCenter

    init(_ url: String) { client = ServiceClient(url) }

    /// Logs in with the body that a caller sent. Throws what the control center says when it refuses.
    func logIn(_ body: Data) async throws -> CenterTokens { try await tokens(paths.login, body) }

    /// Takes a refresh token for a new pair. Throws `.unauthorised` when the session has ended there.
    func refresh(_ token: String) async throws -> CenterTokens {
        try await tokens(paths.refresh, try JSONEncoder().encode(["refresh_token": token]))
    }

    /// Ends the session of an access token, if that still holds.
    func logOut(_ token: String) async throws {
        _ = try await client.send("POST", paths.logout, headers: [("Authorization", "Bearer \(token)")])
    }

    private func tokens(_ path: String, _ body: Data) async throws -> CenterTokens {
        let start = Timestamp.now()
        let reply = try await client.send("POST", path, body: body)
        guard reply.status == 200 else { throw Self.refusal(reply) }
        let answer = try JSONDecoder().decode(Enveloped<Pair>.self, from: reply.body).data
        return CenterTokens(
            access: answer.token, refresh: answer.refreshToken,
            renewal: start.advanced(seconds: Double(answer.expiresIn) * 0.9 - 1))
    }

    private static func refusal(_ reply: ServiceClient.Reply) -> PlatformError {
        let answer = (try? JSONDecoder().decode(JSONValue.self, from: reply.body)) ?? .null
        let words = answer["error"].text ?? "status \(reply.status)"
        return switch reply.status {
        case 400: PlatformError(.invalid, words)
        case 401: PlatformError(.unauthorised, words)
        case 403: PlatformError(.forbidden, words)
        case 429: PlatformError(.tooManyRequests(retryAfter: 1), words)
        default: PlatformError(.unavailable, "the control center answered \(reply.status): \(words)")
        }
    }
}

/// What the control center answers, as far as we look.
private struct Pair: Decodable, Sendable {
    let token: String
    let refreshToken: String
    let expiresIn: Int

    enum CodingKeys: String, CodingKey {
        case token
        case refreshToken = "refresh_token"
        case expiresIn = "expires_in"
    }
}

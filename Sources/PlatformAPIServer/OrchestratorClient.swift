import InterfaceProfile
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Calls the orchestrator as the API server's service account.
actor OrchestratorClient {
    private let orchestrator: ServiceClient
    private let center: ServiceClient
    private let username: String
    private let password: String
    private var token: String?

    init(_ settings: APIServerSettings) {
        orchestrator = ServiceClient(settings.orchestrator, timeout: 30)
        center = ServiceClient(settings.controlCenter)
        username = settings.username
        password = settings.password
    }

    /// Sends a request and returns the envelope's `data`. Throws what the orchestrator said when it refuses.
    func call(_ method: String, _ path: String, _ body: JSONValue? = nil) async throws -> JSONValue {
        let content = try body.map { try JSONEncoder().encode($0) }
        var reply = try await send(method, path, content)
        if reply.status == 401 {
            // Fifteen minutes are over, or the control center has revoked the token.
            token = nil
            reply = try await send(method, path, content)
        }
        let answer = (try? JSONDecoder().decode(JSONValue.self, from: reply.body)) ?? .null
        if (200..<300).contains(reply.status) { return answer["data"] }
        let words = answer["error"].text ?? "status \(reply.status)"
        switch reply.status {
        case 400: throw PlatformError(.invalid, words)
        case 403: throw PlatformError(.forbidden, "the orchestrator refuses: \(words)")
        case 404: throw PlatformError(.notFound, words)
        case 409: throw PlatformError(.conflict, words)
        default: throw PlatformError(.unavailable, "the orchestrator answered \(reply.status): \(words)")
        }
    }

    /// Throws when the orchestrator or the login there does not work.
    func checkHealth() async throws { _ = try await call("GET", InterfaceProfile.standard.paths.identity) }

    private func send(_ method: String, _ path: String, _ body: Data?) async throws -> ServiceClient.Reply {
        let token = try await validToken()
        return try await orchestrator.send(method, path, body: body, headers: [("Authorization", "Bearer \(token)")])
    }

    private func validToken() async throws -> String {
        if let token { return token }
        let path = InterfaceProfile.standard.controlCenter.login
        let body = ["username": username, "password": password]
        let new = try await center.call("POST", path, body, as: Enveloped<JSONValue>.self).data["token"].text
        guard let new else { throw PlatformError(.unavailable, "the control center gave no token") }
        token = new
        return new
    }
}

import InterfaceProfile
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Calls the orchestrator, which decides for itself what the one may do in whose name it is called.
struct OrchestratorClient: Sendable {
    private let client: ServiceClient

    init(_ url: String) { client = ServiceClient(url, timeout: 30) }

    /// Sends a request and returns the envelope's `data`. Throws what the orchestrator said when it refuses; `.unavailable`
    /// means that nothing has been done, and that it may be tried again.
    func call(
        _ method: String, _ path: String, _ body: JSONValue? = nil, as caller: some TokenSource
    ) async throws -> JSONValue {
        let content = try body.map { try JSONEncoder().encode($0) }
        var token = try await caller.token()
        var reply = try await send(method, path, content, token)
        if reply.status == 401 {
            // The token's time was over on the way, or the control center has revoked it.
            token = try await caller.token(instead: token)
            reply = try await send(method, path, content, token)
        }
        let answer = (try? JSONDecoder().decode(JSONValue.self, from: reply.body)) ?? .null
        if (200..<300).contains(reply.status) { return answer["data"] }
        let words = answer["error"].text ?? "status \(reply.status)"
        switch reply.status {
        case 400: throw PlatformError(.invalid, words)
        case 401: throw PlatformError(.unauthorised, words)
        case 403: throw PlatformError(.forbidden, "the orchestrator refuses: \(words)")
        case 404: throw PlatformError(.notFound, words)
        case 409: throw PlatformError(.conflict, words)
        case 429, 503: throw PlatformError(.unavailable, "the orchestrator answered \(reply.status): \(words)")
        default: throw PlatformError(.failed, "the orchestrator answered \(reply.status): \(words)")
        }
    }

    private func send(
        _ method: String, _ path: String, _ body: Data?, _ token: String
    ) async throws -> ServiceClient.Reply {
        do {
            return try await client.send(method, path, body: body, headers: [("Authorization", "Bearer \(token)")])
        } catch let error as PlatformError where method != "GET" {
            throw PlatformError(.failed, "nobody knows whether the orchestrator does it: \(error.message)")
        }
    }
}

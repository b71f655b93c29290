import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// As whom the orchestrator is called.
protocol TokenSource: Sendable {
    /// A token of the control center that holds, and is not the one that was refused.
    func token(instead refused: String?) async throws -> String
}

extension TokenSource {
    /// A token that holds.
    func token() async throws -> String { try await token(instead: nil) }
}

/// A caller, with his own rights.
struct CallerSession: TokenSource {
    let id: String
    let sessions: Sessions

    func token(instead refused: String?) async throws -> String { try await sessions.token(of: id, instead: refused) }

    /// Ends it, here and at the control center.
    func end() async throws { try await sessions.end(id) }
}

/// The API server's own account, for what it does by itself: readiness, following operations, facts of workspaces.
actor ServiceAccount: TokenSource {
    private let center: CenterClient
    private let username: String
    private let password: String
    private var current: String?

    init(_ settings: APIServerSettings, center: CenterClient) {
        self.center = center
        username = settings.username
        password = settings.password
    }

    func token(instead refused: String?) async throws -> String {
        if let current, current != refused { return current }
        let body = try JSONEncoder().encode(["username": username, "password": password])
        do {
            let new = try await center.logIn(body).access
            current = new
            return new
        } catch let error as PlatformError {
            // Callers have nothing to do with it.
            throw PlatformError(.unavailable, "the service account \(username) cannot log in: \(error.message)")
        }
    }
}

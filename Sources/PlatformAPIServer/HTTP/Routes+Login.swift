import Hummingbird
import InterfaceProfile
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Routes {
    /// Login, refresh, logout, and who the caller is.
    func addLogin(to router: Router<Context>) {
        router.post(path(paths.login)) { request, context in
            let login = try await body(JSONValue.self, request, context)
            return try await audited("login", login["username"].text, context) {
                try await desk.logIn(try JSONEncoder().encode(login))
            }
        }
        router.post(path(paths.refresh)) { request, context in
            guard let token = try await body(JSONValue.self, request, context)["refresh_token"].text else {
                throw PlatformError(.invalid, "refresh_token: is missing")
            }
            return try await audited("refresh", nil, context) { try await desk.refresh(token) }
        }
        router.post(path(paths.logout)) { request, _ in
            try await session(request).end()
            return try APIAnswer.bare(["status": "logged out"])
        }
        router.get(path(paths.identity)) { _, context in
            let caller = try context.caller()
            return try APIAnswer.bare(
                Identity(
                    username: caller.name, roles: caller.roles.map(\.rawValue).sorted(),
                    permissions: policy.permissions(of: caller.roles)))
        }
    }

    /// The chain knows nobody at these paths, so they record for themselves who it was.
    private func audited(
        _ action: String, _ name: String?, _ context: Context, _ body: () async throws -> Tokens
    ) async throws -> Response {
        var event = AuditEvent(action: action, kind: .session, address: context.remoteAddress?.ipAddress)
        event.user = name
        do {
            let tokens = try await body()
            event.name(tokens.user)
            try await audit.record(event)
            return try APIAnswer.bare(tokens)
        } catch {
            event.status = Answer.failure(error).status.code
            event.reason = words(of: error)
            try await audit.record(event)
            throw error
        }
    }
}

private struct Identity: Encodable, Sendable {
    let username: String
    let roles: [String]
    let permissions: [String]
}

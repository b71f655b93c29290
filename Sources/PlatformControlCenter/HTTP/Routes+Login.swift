import Hummingbird
import InterfaceProfile
import JWTKit
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Routes {
    /// Login, refresh, logout, and what other services need to check tokens.
    func addLogin(to router: Router<Context>) {
        router.post(path(paths.login)) { request, context in
            let login = try await body(Login.self, request, context)
            return try await audited("login", login.username, context) {
                try await desk.logIn(login.username, password: login.password, code: login.code)
            }
        }
        router.post(path(paths.refresh)) { request, context in
            let token = try await body(Refresh.self, request, context).token
            return try await audited("refresh", nil, context) { try await desk.refresh(token) }
        }
        router.post(path(paths.logout)) { request, _ in
            try await desk.sessions.end(access: try await desk.principal(of: try bearer(request)).id)
            return try Answer.data("logged out")
        }
        router.get(path(paths.identity)) { _, context in
            try Answer.data(IdentityView(try context.caller(), policy))
        }
        router.get(path(paths.keys)) { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/json; charset=utf-8"],
                body: .init(byteBuffer: ByteBuffer(bytes: try JSONEncoder().encode(desk.key.published))))
        }
        router.get(path(paths.revocations)) { _, _ in try Answer.data(try await desk.sessions.revoked()) }
    }

    /// The chain knows nobody at these paths, so they record for themselves who it was.
    private func audited(
        _ action: String, _ name: String?, _ context: Context, _ body: () async throws -> LoginDesk.Tokens
    ) async throws -> Response {
        var event = AuditEvent(action: action, kind: .session, address: context.remoteAddress?.ipAddress)
        event.user = name
        do {
            let tokens = try await body()
            event.name(tokens.user.principal(mfaVerified: false))
            try await audit.record(event)
            return try Answer.data(TokensView(tokens))
        } catch {
            event.status = Answer.failure(error).status.code
            event.reason = words(of: error)
            try await audit.record(event)
            throw error
        }
    }
}

private struct Login: Decodable, Sendable {
    let username: String
    let password: String
    let code: String?

    enum CodingKeys: String, CodingKey {
        case username, password
        case code = "mfa_code"
    }
}

private struct Refresh: Decodable, Sendable {
    let token: String
    enum CodingKeys: String, CodingKey { case token = "refresh_token" }
}

/// The answer to a login or a refresh.
private struct TokensView: Encodable, Sendable {
    let token: String
    let refreshToken: String
    let expiresIn: Int
    let user: UserView

    enum CodingKeys: String, CodingKey {
        case token, user
        case refreshToken = "refresh_token"
        case expiresIn = "expires_in"
    }

    init(_ tokens: LoginDesk.Tokens) {
        token = tokens.access
        refreshToken = tokens.refresh
        expiresIn = tokens.expiresIn
        user = UserView(tokens.user)
    }
}

/// Who asks.
private struct IdentityView: Encodable, Sendable {
    let username: String
    let roles: [String]
    let teams: [String]
    let permissions: [String]
    let workspace: String?
    let mfaVerified: Bool
    let isServiceAccount: Bool

    enum CodingKeys: String, CodingKey {
        case username, roles, teams, permissions, workspace
        case mfaVerified = "mfa_verified"
        case isServiceAccount = "service_account"
    }

    init(_ caller: Principal, _ policy: Policy) {
        username = caller.name
        roles = caller.roles.map(\.rawValue).sorted()
        teams = caller.allTeams.map(\.rawValue).sorted()
        permissions = policy.permissions(of: caller.roles)
        workspace = caller.workspace
        mfaVerified = caller.mfaVerified
        isServiceAccount = caller.isServiceAccount
    }
}

import Crypto
import NIOPosix
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Where people and programs show who they are, and get tokens.
struct LoginDesk: Sendable {
    let users: UserStore
    let sessions: SessionStore
    let failures: FailureStore
    let key: SigningKey
    let mfaKey: SymmetricKey
    /// Deriving a password's key takes long; two threads do it, so that guessing cannot take the machine.
    let threads: NIOThreadPool
    /// What a name that nobody has is checked against, so that it takes as long as any other.
    let decoy: PasswordHash
    let accessSeconds: Int
    let refreshSeconds: Int
    let turns = Turns()

    /// A pair of tokens.
    struct Tokens: Sendable {
        let access: String
        let refresh: String
        let user: User
        let expiresIn: Int
    }

    /// Checks a login. Throws `.unauthorised` in the same words whatever was wrong, `.tooManyRequests` for a name that is
    /// locked out, `.forbidden` for a locked account whose password was right.
    func logIn(_ name: String, password: String, code: String?) async throws -> Tokens {
        try await turns.inTurn(name) { try await check(name, password: password, code: code) }
    }

    /// Throws `.tooManyRequests` for a name that is locked out.
    func refuseBlocked(_ name: String) async throws {
        guard let seconds = try await failures.blockedSeconds(name) else { return }
        throw PlatformError(.tooManyRequests(retryAfter: max(1, seconds)), "too many wrong logins; wait \(seconds) s")
    }

    private func check(_ name: String, password: String, code: String?) async throws -> Tokens {
        try await refuseBlocked(name)
        let user = try await users.find(name)
        let kept = user?.password ?? decoy
        let isRight = try await threads.runIfActive { try kept.matches(password) }
        guard let user, isRight else { return try await refuse(name) }
        guard !user.isLocked else { throw PlatformError(.forbidden, "the account is locked") }
        var hasShownMFA = false
        if user.hasMFA {
            guard let code, !code.isEmpty else {
                throw PlatformError(.unauthorised, "a second factor is needed: send mfa_code")
            }
            guard try await use(code, of: user) else { return try await refuse(name) }
            hasShownMFA = true
        }
        try await failures.forget(name)
        let pair = pair(session: Self.random())
        try await sessions.begin(user.name, mfa: hasShownMFA, pair)
        return try await sign(pair, user, mfa: hasShownMFA)
    }

    private func refuse(_ name: String) async throws -> Tokens {
        try await failures.count(name)
        throw PlatformError(.unauthorised, "user name, password or code is wrong")
    }

    /// Takes a refresh token for a new pair. Throws `.unauthorised` when it does not hold; one that was used before ends
    /// its whole session.
    func refresh(_ token: String) async throws -> Tokens {
        let claims = try await key.verified(token)
        try claims.check(
            kind: .refresh, issuer: TokenVerifier.issuer, audience: TokenVerifier.audience, now: .now())
        guard let id = SessionStore.RefreshID(claims.jti), let user = try await users.find(claims.sub), !user.isLocked
        else { throw PlatformError(.unauthorised, "the session has ended; log in again") }
        let pair = pair(session: id.session)
        switch try await sessions.refresh(id, of: user.name, pair) {
        case .renewed(let mfa): return try await sign(pair, user, mfa: mfa)
        case .reused:
            throw PlatformError(.unauthorised, "the refresh token was used before; its session has ended, log in again")
        case .ended: throw PlatformError(.unauthorised, "the session has ended; log in again")
        }
    }

    /// Who an access token of ours names, and its id.
    func principal(of token: String) async throws -> (Principal, id: String) {
        let claims = try await key.verified(token)
        try claims.check(kind: .access, issuer: TokenVerifier.issuer, audience: TokenVerifier.audience, now: .now())
        guard try await sessions.isGood(access: claims.jti) else {
            throw PlatformError(.unauthorised, "the token was revoked")
        }
        return (claims.principal, claims.jti)
    }

    private func pair(session: String) -> SessionStore.Pair {
        SessionStore.Pair(
            access: Self.random(), refresh: .init(session: session, random: Self.random()),
            accessSeconds: accessSeconds, refreshSeconds: refreshSeconds)
    }

    private func sign(_ pair: SessionStore.Pair, _ user: User, mfa: Bool) async throws -> Tokens {
        let principal = user.principal(mfaVerified: mfa)
        let now = Timestamp.now()
        func claims(_ kind: TokenClaims.Kind, _ id: String, _ seconds: Int) -> TokenClaims {
            TokenClaims(
                principal, kind: kind, issuer: TokenVerifier.issuer, audience: TokenVerifier.audience, id: id, now: now,
                seconds: seconds)
        }
        return Tokens(
            access: try await key.sign(claims(.access, pair.access, pair.accessSeconds)),
            refresh: try await key.sign(claims(.refresh, pair.refresh.text, pair.refreshSeconds)), user: user,
            expiresIn: pair.accessSeconds)
    }

    private static func random() -> String { UUID().uuidString.lowercased() }
}

/// The second factor.
extension LoginDesk {
    /// Makes a secret for a user, which counts as soon as he has shown a code of it.
    func enrol(_ name: String) async throws -> TOTP {
        guard try await !users.user(name).hasMFA else {
            throw PlatformError(.conflict, "there is a second factor already; disable it first")
        }
        let totp = TOTP.random()
        try await users.enrol(name, secret: try seal(totp))
        return totp
    }

    /// Uses a code of the user's secret; false when it is wrong or was used before.
    func use(_ code: String, of user: User) async throws -> Bool {
        guard let sealed = user.mfaSecret else {
            throw PlatformError(.conflict, "there is no second factor; enrol one")
        }
        let now = Timestamp.now().date.timeIntervalSince1970
        guard let step = try open(sealed).step(of: code, at: now, after: user.mfaStep) else { return false }
        return try await users.useMFA(user.name, step: step)
    }

    /// The secret as it is kept: encrypted with a key that is not in the database.
    func seal(_ totp: TOTP) throws -> String {
        guard let box = try AES.GCM.seal(totp.secret, using: mfaKey).combined else {
            throw PlatformError(.failed, "a second factor cannot be kept")
        }
        return box.base64EncodedString()
    }

    private func open(_ sealed: String) throws -> TOTP {
        guard let data = Data(base64Encoded: sealed) else {
            throw PlatformError(.failed, "a stored second factor cannot be read")
        }
        return TOTP(secret: try AES.GCM.open(try AES.GCM.SealedBox(combined: data), using: mfaKey))
    }
}

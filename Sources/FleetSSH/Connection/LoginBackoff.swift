/// What refused logins cost at one server. Events in, what to do out; times are since the start of the process.
///
/// Since OpenSSH 9.8 a server locks an address out that fails too often: 5 s for each failure (`PerSourcePenalties` in
/// sshd_config(5)). The same is paid here before the server asks for it.
struct LoginPenalty {
    /// What is offered to whom: the same again would be refused again.
    struct Login: Hashable {
        let user: String
        let keys: [String]
    }

    enum Verdict: Equatable {
        case go
        /// Not before so much time has passed.
        case wait(Duration)
        /// It was refused a while ago, with this error.
        case refused(SSHError, ago: Duration)
    }

    private var pausedUntil = Duration.zero
    private var refusals: [Login: (error: SSHError, time: Duration)] = [:]

    /// So long a refused login is not tried again, and nothing waits longer.
    static let longest = Duration.seconds(60)

    /// Whether a login may be tried now.
    func verdict(on login: Login, now: Duration) -> Verdict {
        if let refusal = refusals[login], now - refusal.time < Self.longest {
            return .refused(refusal.error, ago: now - refusal.time)
        }
        return now < pausedUntil ? .wait(pausedUntil - now) : .go
    }

    /// The server has refused a login.
    mutating func refused(_ login: Login, _ error: SSHError, pause: Duration, now: Duration) {
        refusals = refusals.filter { now - $0.value.time < Self.longest }
        refusals[login] = (error, now)
        pausedUntil = min(max(pausedUntil, now) + pause, now + Self.longest)
    }

    /// The server has accepted a login: it does not mind us.
    mutating func accepted(_ login: Login) {
        pausedUntil = .zero
        refusals[login] = nil
    }
}

/// Keeps this program from hammering servers that have refused a login.
actor LoginBackoff {
    /// What all connections of the process share.
    static let shared = LoginBackoff()

    private let start = ContinuousClock.now
    private var penalties: [String: LoginPenalty] = [:]

    /// Runs a login when the server at the address may be asked, and takes note of the answer.
    nonisolated func guarding<Value: Sendable>(
        _ target: SSHTarget, _ keys: LoginKeys, at address: String,
        _ body: () async throws(SSHError) -> Value
    ) async throws(SSHError) -> Value {
        let pause = target.timeouts.afterRefusal
        guard pause > .zero else { return try await body() }
        let login = LoginPenalty.Login(user: target.user, keys: keys.keys.map(\.name))
        try await admit(login, target, at: address)
        do throws(SSHError) {
            let value = try await body()
            await accepted(login, at: address)
            return value
        } catch {
            if error.code == .loginDenied { await refused(login, error, pause: pause, at: address) }
            throw error
        }
    }

    /// Waits as long as it takes; cancelling the task ends that.
    private func admit(_ login: LoginPenalty.Login, _ target: SSHTarget, at address: String) async throws(SSHError) {
        while true {
            switch penalties[address, default: LoginPenalty()].verdict(on: login, now: start.duration(to: .now)) {
            case .go: return
            case .wait(let time):
                do { try await Task.sleep(for: time) } catch { throw .cancelled(.connect, target: target) }
            case .refused(let error, let ago):
                throw error.repeated(for: target, ago: ago)
            }
        }
    }

    private func accepted(_ login: LoginPenalty.Login, at address: String) {
        penalties[address]?.accepted(login)
    }

    private func refused(_ login: LoginPenalty.Login, _ error: SSHError, pause: Duration, at address: String) {
        penalties[address, default: LoginPenalty()]
            .refused(login, error, pause: pause, now: start.duration(to: .now))
    }
}

extension SSHError {
    /// The same for another connection, which was not even tried.
    fileprivate func repeated(for target: SSHTarget, ago: Duration) -> SSHError {
        SSHError(
            code: code, stage: stage, target: target.name,
            message: message + " (\(ago.components.seconds) s ago, and servers lock out who asks again so soon)",
            advice: advice)
    }
}

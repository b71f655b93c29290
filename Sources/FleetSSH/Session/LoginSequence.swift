/// The way from an open TCP connection to a logged-in session. Events in, the next thing to do out.
struct LoginSequence {
    /// How the login stands.
    enum State {
        case awaitingBanner
        case exchangingKeys
        /// The key is being appended to known_hosts.
        case rememberingHostKey(HostKey)
        /// Offering the key with this index.
        case loggingIn(key: Int)
        /// The server takes the key with this index, and an ssh-agent makes its signature.
        case signing(key: Int)
        case loggedIn
        case failed
    }

    /// What the shell does next.
    enum Action {
        /// Go on with what the stage needs when there is more input.
        case goOn
        case remember(HostKey)
        case offerKey(Int)
        /// Have an ssh-agent sign with this key.
        case sign(Int)
        case succeed
        case fail(SSHError)
        case nothing
    }

    let target: SSHTarget
    let knownHosts: KnownHosts
    /// Their names.
    let keys: [String]
    /// What the user should know when none is accepted.
    private(set) var remarks: [String]
    /// True for keys that this library can sign only in a way that most servers refuse.
    private let isOutdated: [Bool]
    private(set) var state = State.awaitingBanner

    init(target: SSHTarget, knownHosts: KnownHosts, keys: LoginKeys, signsRSA: Bool = SSHLibrary.signsRSA) {
        self.target = target
        self.knownHosts = knownHosts
        self.keys = keys.keys.map(\.name)
        isOutdated = keys.keys.map { $0.kind == "ssh-rsa" && !signsRSA }
        remarks = keys.remarks
    }

    /// The stage that an error now belongs to.
    var stage: SSHError.Stage {
        switch state {
        case .awaitingBanner: .banner
        case .exchangingKeys: .keyExchange
        case .rememberingHostKey: .hostKey
        case .loggingIn, .signing, .loggedIn, .failed: .login
        }
    }

    /// How long the present stage may take; nil when nothing is awaited, or when the agent's own limit holds.
    var limit: Duration? {
        switch state {
        case .awaitingBanner: target.timeouts.banner
        case .exchangingKeys, .rememberingHostKey: target.timeouts.keyExchange
        case .loggingIn: target.timeouts.login
        case .signing, .loggedIn, .failed: nil
        }
    }

    /// The server has sent its first line.
    mutating func bannerArrived() -> Action {
        guard case .awaitingBanner = state else { return .nothing }
        state = .exchangingKeys
        return .goOn
    }

    /// Keys are exchanged and the server has shown its own.
    mutating func keysExchanged(hostKey: HostKey) -> Action {
        switch state {
        case .awaitingBanner, .exchangingKeys: return judge(hostKey, knownHosts.verdict(on: hostKey))
        case .rememberingHostKey, .loggingIn, .signing, .loggedIn, .failed: return .nothing
        }
    }

    private mutating func judge(_ key: HostKey, _ verdict: KnownHosts.Verdict) -> Action {
        switch (verdict, target.knownHosts.unknownHost) {
        case (.known, _): return offer(0)
        case (.unknown, .acceptNew):
            state = .rememberingHostKey(key)
            return .remember(key)
        case (.unknown, .refuse), (.changed, _), (.revoked, _):
            return fail(.refused(key, because: verdict, policy: target.knownHosts, target: target))
        }
    }

    /// The key was appended to the file, or it turned out that the file knows the host by now.
    mutating func remembered(_ result: Result<KnownHosts.Verdict, SSHError>) -> Action {
        guard case .rememberingHostKey(let key) = state else { return .nothing }
        switch result {
        case .success(.known): return offer(0)
        case .success(let verdict):
            return fail(.refused(key, because: verdict, policy: target.knownHosts, target: target))
        case .failure(let error): return fail(error)
        }
    }

    /// The server has answered the key that was offered.
    mutating func keyAnswered(accepted: Bool) -> Action {
        guard case .loggingIn(let key) = state else { return .nothing }
        if accepted {
            state = .loggedIn
            return .succeed
        }
        return offer(key + 1)
    }

    /// The server takes the key that was offered, and a signature is needed.
    mutating func signatureWanted() -> Action {
        guard case .loggingIn(let key) = state else { return .nothing }
        state = .signing(key: key)
        return .sign(key)
    }

    /// The agent has signed, or not, for this reason; then libssh2 gives the key up by itself.
    mutating func signatureAnswered(_ failure: String?) -> Action {
        guard case .signing(let key) = state else { return .nothing }
        if let failure { remarks.append(failure) }
        state = .loggingIn(key: key)
        return .goOn
    }

    /// A server counts every refused key (MaxAuthTries 6) and ends the connection, so five are enough.
    private static let mostKeys = 5

    private mutating func offer(_ key: Int) -> Action {
        guard key < min(keys.count, Self.mostKeys) else { return fail(denied) }
        state = .loggingIn(key: key)
        return .offerKey(key)
    }

    private var denied: SSHError {
        var remarks = remarks
        if keys.count > Self.mostKeys {
            remarks.append("\(keys.count - Self.mostKeys) more were not tried, because servers hang up after six")
        }
        return .loginDenied(
            keys: Array(keys.prefix(Self.mostKeys)), isOutdated: isOutdated.prefix(Self.mostKeys).contains(true),
            remarks: remarks, target: target)
    }

    /// The stage has used up its time.
    mutating func timeIsUp() -> Action {
        guard let limit else { return .nothing }
        return fail(.timedOut(stage, after: limit, target: target))
    }

    /// The connection ended.
    mutating func connectionEnded(_ reason: EndReason) -> Action { fail(.lost(stage, reason, target: target)) }

    /// The two sides cannot agree on how to speak.
    mutating func nothingInCommon(_ gaps: [ServerProposal.Gap]) -> Action {
        fail(.nothingInCommon(gaps, target: target))
    }

    /// libssh2 gave up.
    mutating func libraryFailed(_ failure: LibraryFailure) -> Action {
        guard case .loggingIn(let key) = state, failure.isUnusableKey else {
            return fail(.library(failure, stage, target: target))
        }
        return fail(
            SSHError(
                code: .keyFile, stage: .login, target: target.name,
                message: "the key \(keys[key]) cannot be used: \(failure.description)",
                advice: "Make an ed25519 key: `ssh-keygen -t ed25519`, and add it to authorized_keys there."))
    }

    private mutating func fail(_ error: SSHError) -> Action {
        switch state {
        case .loggedIn, .failed: return .nothing
        case .awaitingBanner, .exchangingKeys, .rememberingHostKey, .loggingIn, .signing:
            state = .failed
            return .fail(error)
        }
    }
}

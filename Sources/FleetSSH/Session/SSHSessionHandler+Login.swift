internal import Logging
internal import NIOCore
internal import NIOPosix

/// The shell of the login: does what the `LoginSequence` says.
extension SSHSessionHandler {
    /// Lets the login advance; true when it came to another stage.
    func advanceLogin(_ sequence: LoginSequence) -> Bool {
        var sequence = sequence
        let action: LoginSequence.Action
        switch sequence.state {
        case .awaitingBanner, .exchangingKeys: action = shakeHands(&sequence)
        case .loggingIn(let key): action = offer(key, &sequence)
        case .rememberingHostKey, .signing, .loggedIn, .failed: return false
        }
        if case .nothing = action { return false }
        guard case .loggingIn = phase else { return false }
        phase = .loggingIn(sequence)
        perform(action)
        return true
    }

    private func shakeHands(_ sequence: inout LoginSequence) -> LoginSequence.Action {
        switch engine.handshake() {
        case .again: return noteBanner(&sequence)
        case .done:
            guard let hostKey = engine.hostKey else {
                return sequence.libraryFailed(LibraryFailure(code: 0, text: "the server showed no host key"))
            }
            return sequence.keysExchanged(hostKey: hostKey)
        case .failed(let failure): return giveUp(failure, &sequence)
        }
    }

    private func offer(_ key: Int, _ sequence: inout LoginSequence) -> LoginSequence.Action {
        switch keys[key].source {
        case .file(let key) where key.isSlow:
            logInElsewhere(with: key)
            return .nothing
        case .file(let key): return judge(engine.logIn(user: target.user, with: key), &sequence)
        case .agent(let identity, _):
            let order = signatureOrder ?? SignatureOrder(blob: identity.blob)
            signatureOrder = order
            let progress = engine.logIn(user: target.user, with: order)
            if case .again = progress, case .wanted = order.state { return sequence.signatureWanted() }
            return judge(progress, &sequence)
        }
    }

    /// What became of the key that is being offered.
    func judge(_ progress: Progress<Bool>, _ sequence: inout LoginSequence) -> LoginSequence.Action {
        switch progress {
        case .again: return .nothing
        case .done(let accepted): return sequence.keyAnswered(accepted: accepted)
        case .failed(let failure): return giveUp(failure, &sequence)
        }
    }

    /// Has the agent sign what libssh2 waits for; the client has a time limit.
    private func askAgent(_ key: Int) {
        guard let order = signatureOrder, case .wanted(let data) = order.state,
            case .agent(let identity, let agent) = keys[key].source
        else { return }
        stageTimer?.cancel()
        agent.signature(of: data, with: identity, on: eventLoop, limit: target.timeouts.login)
            .assumeIsolated().whenComplete { result in
                guard case .loggingIn(var sequence) = self.phase else { return }
                let action: LoginSequence.Action
                switch result {
                case .success(let signature):
                    order.state = .made(signature)
                    action = sequence.signatureAnswered(nil)
                case .failure(let error):
                    order.state = .impossible
                    action = sequence.signatureAnswered("the ssh-agent at \(agent.path): \(error)")
                }
                self.phase = .loggingIn(sequence)
                self.perform(action)
                self.turn()
            }
    }

    private func giveUp(_ failure: LibraryFailure, _ sequence: inout LoginSequence) -> LoginSequence.Action {
        noteBanner(&sequence)
        if let action = disagreement(&sequence) { return action }
        // What speaks something else is known by its words, whether or not it has hung up.
        let isForeign = engine.firstLine.map { !$0.hasPrefix("SSH-") } ?? false
        return engine.isConnected && !isForeign
            ? sequence.libraryFailed(failure) : sequence.connectionEnded(endReason)
    }

    /// The two sides may have failed because there is nothing that both can do.
    func disagreement(_ sequence: inout LoginSequence) -> LoginSequence.Action? {
        guard case .exchangingKeys = sequence.state, case let gaps = engine.gaps, !gaps.isEmpty else { return nil }
        return sequence.nothingInCommon(gaps)
    }

    /// The banner may come together with what ends the login, which then belongs to the stage after it.
    @discardableResult
    func noteBanner(_ sequence: inout LoginSequence) -> LoginSequence.Action {
        engine.firstLine?.hasPrefix("SSH-") == true ? sequence.bannerArrived() : .nothing
    }

    /// Does what the sequence wants done.
    func perform(_ action: LoginSequence.Action) {
        switch action {
        case .nothing: break
        case .goOn: startStageTimer()
        case .offerKey(let key):
            signatureOrder = nil
            loan.somethingNew()
            // All keys together have one limit, but for the time that somebody else takes to sign.
            if key == 0 { startStageTimer() }
        case .sign(let key): askAgent(key)
        case .remember(let hostKey): remember(hostKey)
        case .succeed:
            stageTimer?.cancel()
            keys = []
            signatureOrder = nil
            phase = .ready
            logger.debug("logged in", metadata: ["target": "\(target.name)"])
            loggedIn.succeed()
        case .fail(let error): fail(error)
        }
    }

    private func remember(_ hostKey: HostKey) {
        let trust = trust
        let target = target
        NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop) {
            Result { () throws(SSHError) in try trust.remember(hostKey, of: target) }
        }.assumeIsolated().whenComplete { result in
            guard case .loggingIn(var sequence) = self.phase else { return }
            let verdict = (try? result.get()) ?? .failure(.closed(.hostKey, target: self.target))
            let action = sequence.remembered(verdict)
            self.phase = .loggingIn(sequence)
            self.logger.notice(
                "host key added to known_hosts",
                metadata: ["target": "\(target.name)", "key": "\(hostKey.fingerprint)"])
            self.perform(action)
            self.turn()
        }
    }

    /// Starts the time limit of the stage that has begun.
    func startStageTimer() {
        stageTimer?.cancel()
        guard case .loggingIn(let sequence) = phase, let limit = sequence.limit else { return }
        stageTimer = eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limit)) {
            guard case .loggingIn(var sequence) = self.phase else { return }
            let action = sequence.timeIsUp()
            self.phase = .loggingIn(sequence)
            self.perform(action)
        }
    }
}

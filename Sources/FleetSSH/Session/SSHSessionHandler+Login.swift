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
        case .rememberingHostKey, .loggedIn, .failed: return false
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
        switch engine.logIn(user: target.user, with: keys[key]) {
        case .again: return .nothing
        case .done(let accepted): return sequence.keyAnswered(accepted: accepted)
        case .failed(let failure): return giveUp(failure, &sequence)
        }
    }

    private func giveUp(_ failure: LibraryFailure, _ sequence: inout LoginSequence) -> LoginSequence.Action {
        noteBanner(&sequence)
        // What speaks something else is known by its words, whether or not it has hung up.
        let isForeign = engine.firstLine.map { !$0.hasPrefix("SSH-") } ?? false
        return engine.isConnected && !isForeign
            ? sequence.libraryFailed(failure) : sequence.connectionEnded(endReason)
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
            // All keys together have one limit.
            if key == 0 { startStageTimer() }
        case .remember(let hostKey): remember(hostKey)
        case .succeed:
            stageTimer?.cancel()
            keys = []
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

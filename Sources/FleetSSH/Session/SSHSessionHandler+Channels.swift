internal import NIOCore

/// Opening channels one after the other, and orders for those that are open.
extension SSHSessionHandler {
    /// Asks for a channel. The consumer is told of every end, also of one before the beginning.
    func request(_ request: ChannelRequest) {
        eventLoop.preconditionInEventLoop()
        switch phase {
        case .ended(let error): request.fail(error ?? .closed(.channel, target: target))
        case .loggingIn: request.fail(.closed(.channel, target: target))
        case .ready:
            openings.append(request)
            limitOpening(of: request)
            turn()
        }
    }

    /// Gives a request up, whatever has become of it.
    func abort(_ request: ChannelRequest, _ error: SSHError) {
        eventLoop.preconditionInEventLoop()
        request.fail(error)
        turn()
    }

    /// Advances the opening that libssh2 is at, or begins the next; true when something moved.
    func advanceOpening() throws(LibraryFailure) -> Bool {
        openings.removeAll { $0.opening == nil }
        guard let request = currentOpening() else { return false }
        do {
            switch request.opening {
            case .waiting:
                request.moved(to: .opening)
                limitOpening(of: request)
                return true
            case .opening: return try advanceOpen(request)
            case .starting(let handle): return try advanceStart(request, handle)
            case nil: return false
            }
        } catch {
            guard error.concernsChannelOnly else { throw error }
            if isPutOff(request, error) { return true }
            if case .starting(let handle) = request.opening { discard(handle, of: request, error) }
            request.didFailToOpen(.refused(channel: request.kind.name, error, target: target))
            return true
        }
    }

    /// The one that is under way must be finished first; else the first that may begin.
    private func currentOpening() -> ChannelRequest? {
        if let underWay = openings.first(where: { !$0.isWaiting }) { return underWay }
        let mayStart = !commandsArePaused && openCommands < turns.limit
        return openings.first { !$0.kind.isCommand || mayStart }
    }

    private var openCommands: Int { channels.count { $0.kind.isCommand } }

    /// Whether a command that the server has no room for gets another turn.
    private func isPutOff(_ request: ChannelRequest, _ failure: LibraryFailure) -> Bool {
        guard case .pending(.opening) = request.state, request.kind.isCommand, failure.meansNoRoom else { return false }
        switch turns.refused(open: openCommands) {
        case .giveUp: return false
        case .wait: break
        case .tryAgain(let pause):
            commandsArePaused = true
            // A session that has ended by then has no openings left.
            eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(pause)) {
                self.commandsArePaused = false
                self.turn()
            }
        }
        request.moved(to: .waiting)
        return true
    }

    private func advanceOpen(_ request: ChannelRequest) throws(LibraryFailure) -> Bool {
        let progress =
            switch request.kind {
            case .command: engine.openCommandChannel()
            case .tunnel(let host, let port): engine.openTunnelChannel(host: host, port: port)
            }
        guard let handle = try progress.value else { return false }
        if request.kind.isCommand {
            turns.started()
            request.moved(to: .starting(handle))
        } else {
            didOpen(request, handle)
        }
        return true
    }

    private func advanceStart(_ request: ChannelRequest, _ handle: EngineChannel) throws(LibraryFailure) -> Bool {
        guard case .command(let command) = request.kind, try handle.start(command: command).isDone else { return false }
        didOpen(request, handle)
        return true
    }

    private func didOpen(_ request: ChannelRequest, _ handle: EngineChannel) {
        // Whoever gave the request up has been told already.
        let consumer = request.isAbandoned ? IgnoringConsumer() : request.consumer
        if let tunnel = consumer as? TunnelConsumer {
            tunnel.onReady = { [weak self] in self?.turn() }
        }
        let channel = SessionChannel(kind: request.kind, target: target, handle: handle, consumer: consumer)
        channels.append(channel)
        request.didOpen(channel)
    }

    /// A channel whose command was refused is still open and must be closed in order.
    private func discard(_ handle: EngineChannel, of request: ChannelRequest, _ failure: LibraryFailure) {
        let channel = SessionChannel(kind: request.kind, target: target, handle: handle, consumer: IgnoringConsumer())
        channel.close(.refused(channel: request.kind.name, failure, target: target))
        channels.append(channel)
    }

    /// Limits the wait for the server's answer.
    ///
    /// A command that waits for its turn waits for other commands, and these have limits of their own. But behind an
    /// opening that the server never answers nothing moves, not even when it was given up: so then the wait counts.
    private func limitOpening(of request: ChannelRequest) {
        let limit = target.timeouts.channel
        request.setOpeningTimer(
            eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(limit)) {
                if request.isWaiting, self.openings.allSatisfy(\.isWaiting) {
                    self.limitOpening(of: request)
                } else {
                    self.abort(request, .timedOut(.channel, after: limit, target: self.target))
                }
            })
    }
}

/// Takes what arrives on a channel that nobody wants any more.
final class IgnoringConsumer: ChannelConsumer {
    let isReady = true
    func receive(_ bytes: ByteBuffer, from stream: EngineChannel.Stream) {}
    func inboundEnded() {}
    func ended(_ result: Result<SSHCommandExit, SSHError>) {}
}

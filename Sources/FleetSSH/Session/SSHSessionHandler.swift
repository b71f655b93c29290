internal import Logging
internal import NIOCore

/// The session of one connection: feeds the engine with what the network brings, lets every channel have its turn, and
/// sends what the engine wants to send. Everything happens on the channel's event loop.
final class SSHSessionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase {
        case loggingIn(LoginSequence)
        case ready
        case ended(SSHError?)
    }

    let target: SSHTarget
    let eventLoop: any EventLoop
    let logger: Logger
    let engine: SessionEngine
    let trust: KnownHostsFile
    /// Kept when the login is done, one way or the other.
    let loggedIn: EventLoopPromise<Void>
    /// Kept when the session is over: nil when our side ended it.
    let ended: EventLoopPromise<SSHError?>
    var phase: Phase
    /// Let go of as soon as the login is over.
    var keys: [LoginKey]
    /// The signature that libssh2 awaits from an ssh-agent.
    var signatureOrder: SignatureOrder?
    var loan = EngineLoan()
    var stageTimer: Scheduled<Void>?
    var context: ChannelHandlerContext?
    var openings: [ChannelRequest] = []
    var channels: [SessionChannel] = []
    var turns = CommandTurns()
    var commandsArePaused = false
    private var isTurning = false
    private var turnIsWanted = false
    private var outputLimitWasHit = false
    private var lastSystemError: String?

    /// How many bytes may wait between engine and socket before channels stop writing.
    private static let outputLimit = 256 * 1024
    /// How many bytes may wait for libssh2 while no channel is there to take them off the wire.
    private static let inputLimit = 1024 * 1024

    init(
        target: SSHTarget, knownHosts: KnownHosts, keys: LoginKeys, eventLoop: any EventLoop, logger: Logger
    ) throws(LibraryFailure) {
        self.target = target
        self.eventLoop = eventLoop
        self.logger = logger
        self.keys = keys.keys
        engine = try SessionEngine(eventLoop: eventLoop)
        engine.prefer(hostKeyKinds: knownHosts.preferredKinds)
        trust = KnownHostsFile(policy: target.knownHosts)
        loggedIn = eventLoop.makePromise()
        ended = eventLoop.makePromise()
        phase = .loggingIn(LoginSequence(target: target, knownHosts: knownHosts, keys: keys))
    }

    // MARK: Events of the network

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { begin() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        if loan.inputEnded {
            // The engine is away and could not be told; nobody waits for its return.
            fail(.lost(stage, lastSystemError.map { .system($0) } ?? .unknown, target: target))
        } else {
            fail(.closed(stage, target: target), isOurs: true)
        }
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        begin()
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if loan.isLent { return loan.hold(unwrapInboundIn(data)) }
        loan.somethingNew()
        engine.receive(unwrapInboundIn(data))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        turn()
        if (loan.isLent ? loan.heldBytes : engine.inputBytes) > Self.inputLimit {
            fail(
                .library(LibraryFailure(code: 0, text: "the server sends what nobody asked for"), stage, target: target)
            )
        }
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { turn() }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        lastSystemError = (error as? IOError).map { String(describing: $0) } ?? String(describing: error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if loan.isLent { loan.holdEnd() } else { inputEnded() }
        context.fireChannelInactive()
    }

    func inputEnded() {
        // What came before the end still counts: a command's status, the server's reason. libssh2 hands out nothing
        // more once it has met the end, so it gets to see that only afterwards.
        turn()
        engine.endInput()
        turn()
        if loan.isLent { loan.holdEnd() } else { connectionEnded() }
    }

    private func begin() {
        guard stageTimer == nil, case .loggingIn = phase else { return }
        startStageTimer()
        turn()
    }

    /// Why the connection ended, as far as anybody said.
    var endReason: EndReason {
        if let reason = engine.disconnectReason { return .server(reason) }
        if let line = engine.firstLine, !line.hasPrefix("SSH-") { return .server(line) }
        return lastSystemError.map { .system($0) } ?? .unknown
    }

    private func connectionEnded() {
        if case .loggingIn(var sequence) = phase {
            noteBanner(&sequence)
            let action = disagreement(&sequence) ?? sequence.connectionEnded(endReason)
            phase = .loggingIn(sequence)
            perform(action)
        } else {
            fail(.lost(stage, endReason, target: target))
        }
    }

    /// The stage that an error of the session belongs to.
    var stage: SSHError.Stage {
        if case .loggingIn(let sequence) = phase { return sequence.stage }
        return .command
    }

    // MARK: Turns

    /// Lets everything advance until nothing moves, then sends. Called on every event, from inside itself too.
    func turn() {
        eventLoop.preconditionInEventLoop()
        turnIsWanted = true
        guard !isTurning, !loan.isLent else { return }
        isTurning = true
        defer { isTurning = false }
        while turnIsWanted {
            turnIsWanted = false
            while advance() {}
            if !loan.isLent { flush() }
        }
        continueLater()
    }

    /// One round over everything; true when something moved.
    private func advance() -> Bool {
        switch phase {
        case .loggingIn(let sequence): return advanceLogin(sequence)
        case .ended: return false
        case .ready: break
        }
        do {
            var progressed = try advanceOpening()
            for channel in channels {
                progressed = try channel.advance(mayWrite: mayWrite) || progressed
            }
            channels.removeAll(where: \.isFreed)
            return progressed
        } catch {
            if engine.isConnected {
                fail(.library(error, stage, target: target))
            } else {
                connectionEnded()
            }
            return false
        }
    }

    private func mayWrite() -> Bool {
        guard engine.outputBytes < Self.outputLimit else {
            outputLimitWasHit = true
            return false
        }
        return context?.channel.isWritable == true
    }

    private func flush() {
        guard let context, let bytes = engine.takeOutput() else { return }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
    }

    /// A channel that stopped at the output limit goes on after the other connections of the loop had their turn; one
    /// that stopped for the socket goes on when the socket is writable, one at its window when that opens.
    private func continueLater() {
        guard outputLimitWasHit else { return }
        outputLimitWasHit = false
        eventLoop.assumeIsolated().execute { self.turn() }
    }

    // MARK: End

    /// Ends the session: everybody who waits gets the error, the handles are freed, the connection is closed.
    func fail(_ error: SSHError, isOurs: Bool = false) {
        if case .ended = phase { return }
        let wasLoggingIn = if case .loggingIn = phase { true } else { false }
        phase = .ended(isOurs ? nil : error)
        keys = []
        signatureOrder = nil
        stageTimer?.cancel()
        for opening in openings { opening.didFailToOpen(error) }
        openings.removeAll()
        for channel in channels { channel.sessionEnded(error) }
        channels.removeAll()
        // While another thread has it, there is no channel, and it is let go of when it is back.
        if !loan.isLent { letEngineGo() }
        if wasLoggingIn { loggedIn.fail(error) }
        ended.succeed(isOurs ? nil : error)
        context?.close(promise: nil)
    }

    /// Says good-bye, as far as somebody still listens, and frees the session.
    func letEngineGo() {
        engine.disconnect()
        flush()
        engine.shutDown()
    }
}

@available(*, unavailable)
extension SSHSessionHandler: Sendable {}

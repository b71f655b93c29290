public import Logging
public import NIOCore

/// One SSH connection to a host, logged in. Any task may use it; its work is done on one event loop.
///
/// While no channel is open, nothing of what the server sends is read: a server with `ClientAliveInterval` then takes
/// the connection for dead. Keep a tunnel open where a connection must live for long.
public final class SSHConnection: Sendable {
    /// Where it leads.
    public let target: SSHTarget
    private let channel: any Channel
    private let handler: NIOLoopBound<SSHSessionHandler>
    private let ended: EventLoopFuture<SSHError?>

    private init(target: SSHTarget, session: OpenSession) {
        self.target = target
        channel = session.channel
        handler = session.handler
        ended = session.ended
    }

    deinit { channel.close(promise: nil) }

    /// Connects and logs in.
    ///
    /// At most six handshakes at once are under way to one address. When a server closes the connection before its
    /// banner, as sshd does when it has too many logins at once, it is tried again after a short, random while.
    /// - Throws: an error that names the stage: resolve, connect, banner, key exchange, host key or login.
    public static func connect(
        to target: SSHTarget, on group: any EventLoopGroup, logger: Logger
    ) async throws(SSHError) -> SSHConnection {
        let session = try await SSHConnector(target: target, group: group, logger: logger).connect()
        return SSHConnection(target: target, session: session)
    }

    /// Has every key opened that a login there would offer and that has a passphrase, and connects to nothing: for
    /// asking before a run begins. What is wrong with a key is said when one connects.
    public static func unlockKeys(of target: SSHTarget, on group: any EventLoopGroup, logger: Logger) async {
        guard target.unlocker != nil else { return }
        if case .jump(let hop) = target.proxy { await unlockKeys(of: hop, on: group, logger: logger) }
        _ = try? await LoginKeys.load(for: target, on: group.any(), logger: logger)
    }

    /// Runs a command and waits for its end. At most eight commands run at once; more wait for their turn.
    ///
    /// - Parameters:
    ///   - command: given to the user's login shell.
    ///   - input: its standard input; EOF follows.
    ///   - outputLimit: bytes that are kept of each of its two streams; the rest is counted and dropped.
    ///   - deadline: how long all of it may take; then the channel is closed. What the command does then is up to it.
    /// - Throws: stage `channel` when it could not be started, else stage `command`. A command that fails does not
    ///   throw: see the result.
    public func execute(
        _ command: String, input: ByteBuffer? = nil, outputLimit: Int = 1024 * 1024, deadline: Duration = .seconds(60)
    ) async throws(SSHError) -> SSHCommandResult {
        let run = try await start(command, outputLimit: outputLimit)
        run.handle.limit(deadline, .command)
        try await run.handle.awaitOpening()
        if let input { run.handle.enqueue(input) }
        run.handle.finishWriting()
        return try await run.handle.value(of: run.result, at: .command)
    }

    /// Asks for a command; the result fails when the command cannot be started.
    func start(
        _ command: String, outputLimit: Int
    ) async throws(SSHError) -> (handle: ChannelHandle, result: EventLoopFuture<SSHCommandResult>) {
        let handler = handler
        let promise = channel.eventLoop.makePromise(of: SSHCommandResult.self)
        let handle = try await onLoop {
            ChannelHandle(
                handler: handler.value, kind: .command(command),
                consumer: CommandCollector(limit: outputLimit, promise: promise))
        }
        return (handle, promise.futureResult)
    }

    /// Opens a tunnel to where the host can reach and makes it a channel; `initialize` adds its handlers.
    func openChannel(
        host: String, port: Int, _ initialize: @escaping @Sendable (TunnelChannel) throws -> Void
    ) async throws {
        let handler = handler
        let handle = try await channel.eventLoop.submit {
            let channel = TunnelChannel(over: self, eventLoop: handler.value.eventLoop)
            do { try initialize(channel) } catch {
                channel.close(promise: nil)
                throw error
            }
            let handle = ChannelHandle(
                handler: handler.value, kind: .tunnel(host: host, port: port), consumer: channel)
            // On the loop and in the same turn: not a byte may come before.
            handle.opened.assumeIsolated().whenSuccess { channel.activate(handle) }
            return handle
        }.get()
        try await handle.awaitOpening()
    }

    /// Opens a tunnel to a port of the host's loopback address 127.0.0.1.
    /// - Throws: stage `channel`, when nobody listens there or the server forbids it.
    public func openTunnel(port: Int) async throws(SSHError) -> SSHTunnel {
        try await openStream(.tunnel(host: "127.0.0.1", port: port))
    }

    /// Starts a command whose standard input and output are a stream of bytes; its standard error is dropped. It counts
    /// as one of the commands that run at once.
    /// - Throws: stage `channel`, when it could not be started.
    public func openStream(command: String) async throws(SSHError) -> SSHTunnel {
        try await openStream(.command(command))
    }

    private func openStream(_ kind: SessionChannel.Kind) async throws(SSHError) -> SSHTunnel {
        let handler = handler
        let (handle, sequence) = try await onLoop {
            let consumer = TunnelConsumer(eventLoop: handler.value.eventLoop)
            let handle = ChannelHandle(
                handler: handler.value, kind: kind, consumer: consumer)
            return (handle, consumer.sequence)
        }
        try await handle.awaitOpening()
        return SSHTunnel(handle: handle, sequence: sequence)
    }

    private func onLoop<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async throws(SSHError) -> Value {
        do { return try await channel.eventLoop.submit(body).get() } catch {
            throw SSHError(wrapping: error, .channel, target: target)
        }
    }

    /// Whether the connection stands, as far as this side knows.
    public var isOpen: Bool { channel.isActive }

    /// Says good-bye and closes. Everybody who waits for a command or a tunnel gets an error with the code `closed`.
    public func close() async {
        let handler = handler
        let target = target
        channel.eventLoop.execute { handler.value.fail(.closed(.command, target: target), isOurs: true) }
        _ = try? await channel.closeFuture.get()
    }

    /// Says good-bye and closes, without waiting for it.
    func closeSoon() {
        let handler = handler
        let target = target
        channel.eventLoop.execute { handler.value.fail(.closed(.command, target: target), isOurs: true) }
    }

    /// Waits until the connection is over: nil when this side closed it, else the reason. A task that is cancelled gets
    /// the code `cancelled`.
    public func waitForClose() async -> SSHError? {
        do { return try await ended.cancellableValue() } catch {
            return SSHError(wrapping: error, .command, target: target)
        }
    }
}

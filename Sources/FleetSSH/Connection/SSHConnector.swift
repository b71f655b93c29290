internal import Logging
internal import NIOCore
internal import NIOPosix

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// The way from a target to a session that is logged in.
struct SSHConnector: Sendable {
    let target: SSHTarget
    let group: any EventLoopGroup
    let logger: Logger

    /// After so many seconds without acknowledgement the system gives the connection up.
    private static let silence = 30

    /// Connects and logs in, in the order of `SSHError.Stage`.
    func connect() async throws(SSHError) -> OpenSession {
        let knownHosts = try await readKnownHosts()
        let keys = try await LoginKeys.load(for: target, on: group.any(), logger: logger)
        let way = try await prepareWay()
        do throws(SSHError) {
            let session = try await connect(by: way, knownHosts: knownHosts, keys: keys)
            bind(way, to: session)
            return session
        } catch {
            await abandon(way)
            throw error
        }
    }

    private func connect(
        by way: SSHWay, knownHosts: KnownHosts, keys: LoginKeys
    ) async throws(SSHError) -> OpenSession {
        let gateName = way.gateName(target)
        var retry = ConnectRetry()
        while true {
            do throws(SSHError) {
                let session = try await HandshakeGate.shared.pass(to: gateName) { () async throws(SSHError) in
                    try await LoginBackoff.shared.guarding(target, keys, at: gateName) { () async throws(SSHError) in
                        try await attempt(way, knownHosts: knownHosts, keys: keys)
                    }
                }
                guard let session else { throw .cancelled(.connect, target: target) }
                return session
            } catch {
                guard let delay = retry.delay(after: error, random: .random(in: 0...1)) else { throw error }
                logger.debug(
                    "closed before the banner, trying again",
                    metadata: ["target": "\(target.name)", "attempt": "\(retry.attempt)"])
                try await pause(for: delay)
            }
        }
    }

    /// The back-off itself; cancelling the task ends it.
    private func pause(for delay: Duration) async throws(SSHError) {
        do { try await Task.sleep(for: delay) } catch { throw .cancelled(.connect, target: target) }
    }

    /// Read where blocking harms nobody.
    private func readKnownHosts() async throws(SSHError) -> KnownHosts {
        let target = target
        do {
            return try await NIOThreadPool.singleton.runIfActive {
                try KnownHostsFile(policy: target.knownHosts).lookUp(target)
            }
        } catch {
            throw SSHError(wrapping: error, .hostKey, target: target)
        }
    }

    private func attempt(
        _ way: SSHWay, knownHosts: KnownHosts, keys: LoginKeys
    ) async throws(SSHError) -> OpenSession {
        let session: OpenSession
        switch way {
        case .addresses(let addresses): session = try await open(addresses, knownHosts: knownHosts, keys: keys)
        case .carrier(let carrier): session = try await open(through: carrier, knownHosts: knownHosts, keys: keys)
        case .command(let command, let start):
            session = try await open(command: command, start: start, knownHosts: knownHosts, keys: keys)
        }
        do {
            try await withTaskCancellationHandler {
                try await session.loggedIn.get()
            } onCancel: {
                session.channel.close(promise: nil)
            }
            return session
        } catch {
            session.channel.close(promise: nil)
            if Task.isCancelled { throw .cancelled(.login, target: target) }
            throw SSHError(wrapping: error, .login, target: target)
        }
    }

    /// Opens the TCP connection: one address after the other, all within the limit of the stage.
    private func open(
        _ addresses: [SocketAddress], knownHosts: KnownHosts, keys: LoginKeys
    ) async throws(SSHError) -> OpenSession {
        let limit = target.timeouts.connect
        var failures: [String] = []
        var timedOut = false
        for address in addresses {
            let dial = Dial()
            let bootstrap = bootstrap(limit: limit / addresses.count, knownHosts: knownHosts, keys: keys, dial: dial)
            do {
                return try await withTaskCancellationHandler {
                    try await bootstrap.connect(to: address).flatMapThrowing { _ in try dial.session() }.get()
                } onCancel: {
                    dial.giveUp()
                }
            } catch ChannelError.connectTimeout {
                timedOut = true
            } catch {
                failures.append("\(address.ipAddress ?? "?"): \(Self.words(error))")
            }
            if Task.isCancelled { throw .cancelled(.connect, target: target) }
        }
        if timedOut && failures.isEmpty { throw .timedOut(.connect, after: limit, target: target) }
        throw SSHError(
            code: .notConnected, stage: .connect, target: target.name,
            message: "no connection could be made: \(failures.joined(separator: "; "))",
            advice: "Check that the machine is up and that its sshd listens on port \(target.port).")
    }

    private static func words(_ error: any Error) -> String {
        guard let error = error as? IOError else { return String(describing: error) }
        switch error.errnoCode {
        case ECONNREFUSED: return "connection refused"
        case EHOSTUNREACH: return "no route to host"
        case ENETUNREACH: return "network unreachable"
        default: return String(describing: error)
        }
    }

    /// A session for a channel of any kind.
    func makeHandler(
        on eventLoop: any EventLoop, knownHosts: KnownHosts, keys: LoginKeys
    ) throws(LibraryFailure) -> SSHSessionHandler {
        try SSHSessionHandler(
            target: target, knownHosts: knownHosts, keys: keys, eventLoop: eventLoop, logger: logger)
    }

    private func bootstrap(
        limit: Duration, knownHosts: KnownHosts, keys: LoginKeys, dial: Dial
    ) -> ClientBootstrap {
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(TimeAmount(limit))
            .channelOption(.socketOption(.so_keepalive), value: 1)
            // libssh2 never asks for it, and without it every command waits for a delayed acknowledgement.
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.writeBufferWaterMark, value: .init(low: 128 * 1024, high: 512 * 1024))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = try makeHandler(on: channel.eventLoop, knownHosts: knownHosts, keys: keys)
                    try channel.pipeline.syncOperations.addHandler(handler)
                    try dial.began(OpenSession(channel: channel, handler: handler))
                }
            }
        #if canImport(Glibc)
            return bootstrap.channelOption(
                ChannelOptions.Types.SocketOption(level: .tcp, name: .init(rawValue: TCP_USER_TIMEOUT)),
                value: Self.silence * 1000)
        #else
            return bootstrap
        #endif
    }
}

internal import NIOCore
internal import NIOPosix

/// How the bytes of a connection travel, settled before the first attempt.
enum SSHWay: Sendable {
    case addresses([SocketAddress])
    /// Through tunnels of this connection, which ends with the session.
    case carrier(SSHConnection)
    case command(String, start: SSHProxyProgram.Start)

    /// What handshakes are counted by: those to one server. Two sshd of one machine count apart.
    func gateName(_ target: SSHTarget) -> String {
        switch self {
        case .addresses(let addresses): "\(addresses.first?.ipAddress ?? target.host) \(target.port)"
        case .carrier(let connection): "\(connection.target.name) \(target.host):\(target.port)"
        case .command(let command, _): command
        }
    }
}

extension SSHConnector {
    /// Prepares the way: addresses are looked up, hosts in between are logged in to.
    func prepareWay() async throws(SSHError) -> SSHWay {
        switch target.proxy {
        case .none: return .addresses(try await HostResolver.resolve(target, on: group.any()))
        case .command(let command, let start): return .command(command, start: start)
        case .jump(let hop):
            do {
                return .carrier(try await SSHConnection.connect(to: hop, on: group, logger: logger))
            } catch {
                throw error.onTheWay(to: target)
            }
        }
    }

    /// Lets the way end with the session.
    func bind(_ way: SSHWay, to session: OpenSession) {
        guard case .carrier(let connection) = way else { return }
        session.channel.closeFuture.whenComplete { _ in connection.closeSoon() }
    }

    /// Lets go of a way that led nowhere.
    func abandon(_ way: SSHWay) async {
        if case .carrier(let connection) = way { await connection.close() }
    }

    /// Opens a session whose bytes travel through a tunnel.
    func open(
        through carrier: SSHConnection, knownHosts: KnownHosts, keys: LoginKeys
    ) async throws(SSHError) -> OpenSession {
        let dial = Dial()
        do {
            try await carrier.openChannel(host: target.host, port: target.port) { channel in
                let handler = try makeHandler(on: channel.eventLoop, knownHosts: knownHosts, keys: keys)
                try channel.pipeline.syncOperations.addHandler(handler)
                try dial.began(OpenSession(channel: channel, handler: handler))
            }
            return try dial.session()
        } catch let error as SSHError {
            guard error.code == .channelRefused || error.code == .forwardingForbidden else {
                throw error.onTheWay(to: target)
            }
            throw SSHError(
                code: .notConnected, stage: .connect, target: target.name,
                message: "\(carrier.target.name) could not reach it: \(error.message)",
                advice: "Check that the host is up, that its name is known there, and AllowTcpForwarding and "
                    + "PermitOpen in the sshd_config(5) of \(carrier.target.host).")
        } catch {
            throw SSHError(wrapping: error, .connect, target: target)
        }
    }

    /// Opens a session whose bytes travel through a program.
    func open(
        command: String, start: @escaping SSHProxyProgram.Start, knownHosts: KnownHosts, keys: LoginKeys
    ) async throws(SSHError) -> OpenSession {
        let program: SSHProxyProgram
        do { program = try start(command) } catch {
            throw SSHError(
                code: .notConnected, stage: .connect, target: target.name,
                message: "the ProxyCommand could not be started: \(error)", advice: "Check it by hand: \(command)")
        }
        let dial = Dial()
        let bootstrap = NIOPipeBootstrap(group: group)
            .channelOption(.writeBufferWaterMark, value: .init(low: 128 * 1024, high: 512 * 1024))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = try makeHandler(on: channel.eventLoop, knownHosts: knownHosts, keys: keys)
                    try channel.pipeline.syncOperations.addHandler(handler)
                    try dial.began(OpenSession(channel: channel, handler: handler))
                }
            }
        do {
            let channel = try await bootstrap.takingOwnershipOfDescriptors(input: program.output, output: program.input)
                .get()
            channel.closeFuture.whenComplete { _ in
                // Ends by itself: `end` kills what does not end in time.
                Task { await program.end() }
            }
            let session = try dial.session()
            try await session.loginOutcome(cancelled: { channel.close(promise: nil) })
            return session
        } catch {
            let verdict = await program.verdict()
            await program.end()
            let failure = SSHError(wrapping: error, .connect, target: target)
            guard let verdict, failure.code == .closedBeforeBanner || failure.code == .connectionLost else {
                throw failure
            }
            throw SSHError(
                code: .notConnected, stage: .connect, target: target.name,
                message: "the ProxyCommand “\(command)” \(verdict)", advice: "Check it by hand.")
        }
    }
}

extension OpenSession {
    /// Waits for the login. A cancelled task closes the channel, which fails the login.
    func loginOutcome(cancelled: @escaping @Sendable () -> Void) async throws {
        try await withTaskCancellationHandler {
            try await loggedIn.get()
        } onCancel: {
            cancelled()
        }
    }
}

extension SSHError {
    /// The same error of a host on the way, told for the host that was meant.
    func onTheWay(to target: SSHTarget) -> SSHError {
        var error = self
        if self.target != target.name { error.target = "\(target.name) by way of \(self.target)" }
        return error
    }
}

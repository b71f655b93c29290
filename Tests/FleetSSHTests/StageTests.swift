import FleetSSH
import FleetSystem
import FleetTestSupport
import NIOCore
import Testing

/// A target on 127.0.0.1 that nobody can log in to; the key file is there, so that it is not what fails.
func withStranger<Result: Sendable>(
    port: Int, timeouts: SSHTimeouts = SSHTimeouts(), _ body: (SSHTarget) async throws -> Result
) async throws -> Result {
    let directory = try TestService.temporaryDirectory("stranger")
    defer { _ = DirectoryTree.remove(directory) }
    try await TestSSHServer.makeKey("ed25519", at: "\(directory)/key")
    return try await body(
        SSHTarget(
            host: "127.0.0.1", port: port, user: "fleet", identityFiles: ["\(directory)/key"],
            knownHosts: KnownHostsPolicy(files: ["\(directory)/known_hosts"]), timeouts: timeouts))
}

@Suite("Stages of a connection", .enabled(if: TestSSHServer.isInstalled, "no sshd here"), .timeLimit(.minutes(2)))
struct StageTests {
    @Test("A name that does not resolve is an error of the stage resolve")
    func unknownName() async throws {
        try await withStranger(port: 22, timeouts: SSHTimeouts(resolve: .seconds(5))) { target in
            var target = target
            target.host = "no-such-host.invalid"
            let named = target
            let error = try await within(.seconds(15), "resolving") { try await connectionError(named) }
            // Where no name server answers, the limit does.
            #expect([.notResolved, .timedOut].contains(error.code))
            #expect(error.stage == .resolve)
            #expect(!error.advice.isEmpty)
        }
    }

    @Test("A name with several addresses is tried at each")
    func localhost() async throws {
        try await withServer { server in
            var target = server.target(knownHosts: try server.file("new"), accepting: .acceptNew)
            target.host = "localhost"
            let connection = try await connect(target)
            #expect(try await connection.execute("true").isSuccess)
            await connection.close()
        }
    }

    @Test("A port where nobody listens is an error of the stage connect")
    func refused() async throws {
        try await withStranger(port: try TestService.freePort()) { target in
            let error = try await connectionError(target)
            #expect(error.code == .notConnected)
            #expect(error.stage == .connect)
            #expect(error.message.contains("connection refused"))
        }
    }

    @Test("A machine that answers nothing at all is given up after the limit of the stage connect")
    func noAnswer() async throws {
        let listener = try FullListener()
        defer { listener.close() }
        try await withStranger(port: listener.port, timeouts: SSHTimeouts(connect: .milliseconds(500))) { target in
            let error = try await within(.seconds(15), "connecting") { try await connectionError(target) }
            #expect(error.code == .timedOut)
            #expect(error.stage == .connect)
        }
    }

    @Test("A server that accepts and says nothing is given up after the limit of the stage banner")
    func silent() async throws {
        try await withTCPServer({ Greeter() }) { server in
            try await withStranger(port: server.port, timeouts: SSHTimeouts(banner: .milliseconds(500))) { target in
                let error = try await within(.seconds(15), "waiting") { try await connectionError(target) }
                #expect(error.code == .timedOut)
                #expect(error.stage == .banner)
                #expect(error.message.contains("limit 0.5 s"))
            }
            #expect(await Waiting.until(within: .seconds(2)) { server.open == 0 })
        }
    }

    @Test("A server that stops after its banner is given up in the stage key exchange")
    func bannerOnly() async throws {
        try await withTCPServer({ Greeter("SSH-2.0-Test\r\n") }) { server in
            try await withStranger(port: server.port, timeouts: SSHTimeouts(keyExchange: .milliseconds(500))) {
                target in
                let error = try await within(.seconds(15), "waiting") { try await connectionError(target) }
                #expect(error.code == .timedOut)
                #expect(error.stage == .keyExchange)
            }
        }
    }

    @Test("A server that speaks something else is named as such, at once")
    func foreign() async throws {
        try await withTCPServer({ Greeter("HTTP/1.1 400 Bad Request\r\n\r\n", hangsUp: true) }) { server in
            try await withStranger(port: server.port) { target in
                let error = try await connectionError(target)
                #expect(error.code == .protocolFailure)
                #expect(error.stage == .banner)
                #expect(error.message.contains("HTTP/1.1 400 Bad Request"))
            }
            #expect(server.accepted == 1)
        }
    }

    @Test("A server that sends garbage after its banner fails the key exchange")
    func garbage() async throws {
        let garbage = "SSH-2.0-Test\r\n" + String(repeating: "garbage ", count: 1000)
        try await withTCPServer({ Greeter(garbage) }) { server in
            try await withStranger(port: server.port) { target in
                let error = try await within(.seconds(15), "failing") { try await connectionError(target) }
                #expect(error.stage == .keyExchange)
            }
        }
    }

    @Test("A server that closes before its banner is tried again, until it lets us in")
    func closedBeforeBanner() async throws {
        try await withServer { server in
            try await withRelay(to: server.port, RelayFault(refusals: 3)) { _, relay in
                var target = server.target(knownHosts: try server.file("new"), accepting: .acceptNew)
                target.port = relay.port
                let connection = try await connect(target)
                #expect(try await connection.execute("true").isSuccess)
                #expect(relay.accepted == 4)
                await connection.close()
            }
        }
    }

    @Test("A server that always closes before its banner is given up after some tries")
    func alwaysClosed() async throws {
        try await withTCPServer({ Greeter(hangsUp: true) }) { server in
            try await withStranger(port: server.port) { target in
                let error = try await within(.seconds(60), "trying") { try await connectionError(target) }
                #expect(error.code == .closedBeforeBanner)
                #expect(error.advice.contains("MaxStartups"))
            }
            #expect(server.accepted == 8)
        }
    }

    @Test("A session survives a line that brings the server's bytes one by one")
    func dripFed() async throws {
        try await withServer { server in
            try await withRelay(to: server.port, RelayFault(piece: 1)) { _, relay in
                var target = server.target(knownHosts: try server.file("new"), accepting: .acceptNew)
                target.port = relay.port
                let connection = try await connect(target)
                let result = try await connection.execute("echo out; echo err >&2; exit 5")
                #expect(result.status == 5)
                #expect(result.standardOutput == ByteBuffer(string: "out\n"))
                #expect(result.standardError == ByteBuffer(string: "err\n"))
                await connection.close()
            }
        }
    }

    @Test("A server that falls silent after any number of bytes is given up in the stage that it had reached")
    func silentAnywhere() async throws {
        let limits = SSHTimeouts(
            banner: .seconds(2), keyExchange: .seconds(2), login: .seconds(2), channel: .seconds(2))
        try await withServer { server in
            let stages = try await failAnywhere(server, limits: limits) {
                RelayFault(silentAfter: $0)
            } check: { error in
                #expect(error.code == .timedOut, "\(error)")
            }
            // On a busy machine some may be given up sooner than they reach it.
            #expect(stages.contains(.keyExchange))
            #expect(stages.allSatisfy { $0 < .channel })
        }
    }

    @Test("A connection that is cut after any number of bytes is an error of the stage that it had reached")
    func cutAnywhere() async throws {
        try await withServer { server in
            let stages = try await failAnywhere(server, limits: SSHTimeouts()) {
                RelayFault(cutAfter: $0)
            } check: { error in
                #expect([.connectionLost, .protocolFailure].contains(error.code), "\(error)")
            }
            #expect(stages == stages.sorted(by: <))
            #expect(Set(stages).isSuperset(of: [.keyExchange, .login]))
        }
    }

    /// Connects over lines that fail after more and more bytes and returns where that ended; the last may let it succeed.
    private func failAnywhere(
        _ server: TestSSHServer, limits: SSHTimeouts, fault: @escaping @Sendable (Int) -> RelayFault,
        check: (SSHError) -> Void
    ) async throws -> [SSHError.Stage] {
        let knownHosts = try server.file("new")
        let errors = try await withThrowingTaskGroup(of: (Int, SSHError?).self) { group in
            for position in stride(from: 50, through: 2450, by: 150) {
                group.addTask {
                    try await withRelay(to: server.port, fault(position)) { _, relay in
                        var target = server.target(knownHosts: knownHosts, accepting: .acceptNew, timeouts: limits)
                        target.port = relay.port
                        do throws(SSHError) {
                            await (try await connect(target)).close()
                            return (position, nil)
                        } catch {
                            return (position, error)
                        }
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.compactMap(\.1)
        }
        for error in errors { check(error) }
        return errors.map(\.stage)
    }
}

extension SSHError.Stage {
    fileprivate static func < (one: Self, other: Self) -> Bool {
        (allCases.firstIndex(of: one) ?? 0) < (allCases.firstIndex(of: other) ?? 0)
    }
}

import FleetSSH
import FleetSystem
import FleetTestSupport
import NIOConcurrencyHelpers
import NIOCore
import Testing

/// Over relays that drip, fall silent, cut and count.
@Suite("Bad lines", .enabled(if: TestSSHServer.isAvailable, "no sshd here"), .timeLimit(.minutes(2)))
struct BadLineTests {
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

    @Test("A slow reader slows the sender down, and gets everything in the end")
    func slowReader() async throws {
        let total = 64 * 1024 * 1024
        let sent = NIOLockedValueBox(0)
        try await withTCPServer({ Fountain(total: total, sent: sent) }) { fountain in
            try await withServer { server in
                try await withRelay(to: server.port) { relay, line in
                    var target = server.target(knownHosts: try server.file("new"), accepting: .acceptNew)
                    target.port = line.port
                    let connection = try await connect(target)
                    let tunnel = try await connection.openTunnel(port: fountain.port)
                    // Nobody reads: the server must stop when the window of 2 MiB and our few pieces are full.
                    var before = -1
                    let stands = await Waiting.until(within: .seconds(20), every: .milliseconds(500)) {
                        defer { before = relay.passed }
                        return before > 1024 * 1024 && before == relay.passed
                    }
                    #expect(stands)
                    #expect(relay.passed < 4 * 1024 * 1024)
                    try await drink(tunnel, total: total)
                    await connection.close()
                }
            }
        }
    }

    /// Reads what a fountain sends, and checks every byte.
    private func drink(_ tunnel: SSHTunnel, total: Int) async throws {
        var position = 0
        for try await var piece in tunnel.inbound {
            while piece.readableBytes > 0 {
                let length = min(piece.readableBytes, Fountain.piece - position % Fountain.piece)
                let byte = UInt8(truncatingIfNeeded: position / Fountain.piece)
                let isRight = piece.readSlice(length: length) == ByteBuffer(repeating: byte, count: length)
                try #require(isRight, "wrong bytes after \(position)")
                position += length
            }
        }
        #expect(position == total)
    }
}

extension SSHError.Stage {
    fileprivate static func < (one: Self, other: Self) -> Bool {
        (allCases.firstIndex(of: one) ?? 0) < (allCases.firstIndex(of: other) ?? 0)
    }
}

import FleetSSH
import FleetSystem
import FleetTestSupport
import NIOConcurrencyHelpers
import NIOCore
import Testing

@Suite("Tunnels", .enabled(if: TestSSHServer.isInstalled, "no sshd here"), .timeLimit(.minutes(2)))
struct TunnelTests {
    /// Reads to the end of the stream, or up to so many bytes.
    private func read(_ tunnel: SSHTunnel, upTo limit: Int = .max) async throws -> ByteBuffer {
        var all = ByteBuffer()
        for try await var piece in tunnel.inbound {
            all.writeBuffer(&piece)
            if all.readableBytes >= limit { break }
        }
        return all
    }

    @Test("A thousand lines come back from an echo in their order, one after the other")
    func thousandLines() async throws {
        try await withTCPServer({ Echo() }) { echo in
            try await withConnection { _, connection in
                let tunnel = try await connection.openTunnel(port: echo.port)
                var inbound = tunnel.inbound.makeAsyncIterator()
                var received = ByteBuffer()
                for number in 0..<1000 {
                    let line = "line \(number)\n"
                    try await tunnel.write(ByteBuffer(string: line))
                    while received.readableBytes < line.utf8.count, var piece = try await inbound.next() {
                        received.writeBuffer(&piece)
                    }
                    #expect(received.readString(length: line.utf8.count) == line)
                }
                await tunnel.close()
            }
        }
    }

    @Test("Much goes through in both directions at once, to the byte")
    func bulk() async throws {
        try await withTCPServer({ Echo() }) { echo in
            try await withConnection(configuration: ["RekeyLimit 1M"]) { _, connection in
                let tunnel = try await connection.openTunnel(port: echo.port)
                let pieces = (0..<200).map { ByteBuffer(repeating: UInt8($0), count: 1 + $0 * 331) }
                let sent = pieces.reduce(into: ByteBuffer()) { all, piece in all.writeImmutableBuffer(piece) }
                try await withThrowingTaskGroup(of: ByteBuffer?.self) { group in
                    group.addTask {
                        for piece in pieces { try await tunnel.write(piece) }
                        tunnel.finishWriting()
                        return nil
                    }
                    group.addTask { try await read(tunnel) }
                    for try await received in group { if let received { #expect(received == sent) } }
                }
            }
        }
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

    @Test("A tunnel that stands still does not hold up the others, nor commands")
    func othersGoOn() async throws {
        let sent = NIOLockedValueBox(0)
        try await withTCPServer({ Fountain(total: 64 * 1024 * 1024, sent: sent) }) { fountain in
            try await withTCPServer({ Sloth() }) { sloth in
                try await withTCPServer({ Echo() }) { echo in
                    try await withConnection { _, connection in
                        let unread = try await connection.openTunnel(port: fountain.port)
                        let blocked = try await connection.openTunnel(port: sloth.port)
                        // Awaited below, after the tunnel was closed.
                        let writer = Task {
                            while true { try await blocked.write(ByteBuffer(repeating: 0, count: 1024 * 1024)) }
                        }
                        let tunnel = try await connection.openTunnel(port: echo.port)
                        let line = ByteBuffer(string: "still here\n")
                        for _ in 0..<50 {
                            try await tunnel.write(line)
                            #expect(try await connection.execute("true", deadline: .seconds(20)).isSuccess)
                        }
                        tunnel.finishWriting()
                        #expect(try await read(tunnel).readableBytes == 50 * line.readableBytes)
                        await blocked.close()
                        let error = try await within(.seconds(15), "the writer") {
                            try await sshError { try await writer.value }
                        }
                        #expect(error.code == .closed)
                        await unread.close()
                    }
                }
            }
        }
    }

    @Test("A port where nobody listens is a refused channel, and the connection lives on")
    func nobodyListens() async throws {
        try await withConnection { _, connection in
            let port = try TestService.freePort()
            let error = try await sshError { try await connection.openTunnel(port: port) }
            #expect(error.code == .channelRefused)
            #expect(error.stage == .channel)
            #expect(error.description.contains("tunnel to port \(port)"))
            #expect(error.advice.contains("running"))
            #expect(try await connection.execute("true").isSuccess)
        }
    }

    @Test("A server that forbids forwarding is a refused channel, with the setting to change")
    func forbidden() async throws {
        try await withTCPServer({ Echo() }) { echo in
            try await withConnection(configuration: ["AllowTcpForwarding no"]) { _, connection in
                let error = try await sshError { try await connection.openTunnel(port: echo.port) }
                #expect(error.code == .channelRefused)
                #expect(error.advice.contains("AllowTcpForwarding"))
            }
        }
    }

    @Test("The other side's end ends the stream; what we write then fails")
    func otherSideCloses() async throws {
        try await withTCPServer({ Greeter("bye", hangsUp: true) }) { server in
            try await withConnection { _, connection in
                let tunnel = try await connection.openTunnel(port: server.port)
                #expect(try await read(tunnel) == ByteBuffer(string: "bye"))
                await tunnel.close()
                let error = try await sshError { try await tunnel.write(ByteBuffer(string: "hello")) }
                #expect(error.code == .closed)
            }
        }
    }

    @Test("A lost connection ends the stream with an error, not as if all had been read")
    func lost() async throws {
        try await withTCPServer({ Greeter("half a message") }) { server in
            try await withConnection { sshd, connection in
                let tunnel = try await connection.openTunnel(port: server.port)
                let error = try await sshError {
                    for try await piece in tunnel.inbound {
                        #expect(piece == ByteBuffer(string: "half a message"))
                        await sshd.killSessions()
                    }
                }
                #expect(error.code == .connectionLost)
                let writing = try await sshError { try await tunnel.write(ByteBuffer(string: "hello")) }
                #expect(writing.code == .connectionLost)
            }
        }
    }

    @Test("A hundred tunnels share one connection")
    func hundred() async throws {
        try await withTCPServer({ Echo() }) { echo in
            try await withConnection { _, connection in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<100 {
                        group.addTask {
                            let tunnel = try await connection.openTunnel(port: echo.port)
                            try await tunnel.write(ByteBuffer(string: "number \(number)"))
                            tunnel.finishWriting()
                            #expect(try await read(tunnel) == ByteBuffer(string: "number \(number)"))
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(echo.accepted == 100)
                #expect(await Waiting.until(within: .seconds(5)) { echo.open == 0 })
            }
        }
    }

    @Test("A tunnel that nobody holds any more closes itself")
    func dropped() async throws {
        try await withTCPServer({ Greeter() }) { server in
            try await withConnection { _, connection in
                for _ in 0..<5 { _ = try await connection.openTunnel(port: server.port) }
                #expect(server.accepted == 5)
                #expect(await Waiting.until(within: .seconds(5)) { server.open == 0 })
            }
        }
    }
}

import FleetSSH
import FleetTestSupport
import NIOCore
import NIOPosix
import Testing

@Suite("Tunnels", .enabled(if: TestSSHServer.isAvailable, "no sshd here"), .timeLimit(.minutes(2)))
struct TunnelTests {
    @Test("A thousand lines come back in order")
    func lines() async throws {
        try await withPeer(.echo) { peer, tunnel in
            let expected = (0..<1000).map { "line \($0)\n" }.joined()
            async let writing: Void = {
                for number in 0..<1000 { try await tunnel.write(ByteBuffer(string: "line \(number)\n")) }
                tunnel.finishWriting()
            }()
            var received = ByteBuffer()
            for try await piece in tunnel.inbound { received.writeImmutableBuffer(piece) }
            try await writing
            #expect(String(buffer: received) == expected)
        }
    }

    @Test("Large blocks come back whole")
    func blocks() async throws {
        try await withPeer(.echo) { _, tunnel in
            let block = ByteBuffer(bytes: (0..<1_000_003).map { UInt8(truncatingIfNeeded: $0 &* 31) })
            async let writing: Void = {
                for _ in 0..<20 { try await tunnel.write(block) }
                tunnel.finishWriting()
            }()
            var received = ByteBuffer()
            for try await piece in tunnel.inbound { received.writeImmutableBuffer(piece) }
            try await writing
            #expect(received.readableBytes == 20 * 1_000_003)
            while let piece = received.readSlice(length: block.readableBytes) { try #require(piece == block) }
        }
    }

    @Test("A reader that stands still slows the sender down, and other channels go on")
    func slowReader() async throws {
        try await withPeer(.flood(bytes: 64_000_000)) { peer, tunnel in
            // The flood stands still when all buffers on the way are full: kernel, sshd, window, ours.
            let settled = try await peer.waitUntilStill()
            #expect(settled < 32_000_000)
            var count = 0
            for try await piece in tunnel.inbound { count += piece.readableBytes }
            #expect(count == 64_000_000)
        }
    }

    @Test("A peer that does not read slows the writer down; cancelling the write ends the tunnel")
    func slowPeer() async throws {
        try await withPeer(.silent) { peer, tunnel in
            let written = Counter()
            // Awaited at the end of the test.
            let writer = Task {
                while true {
                    try await tunnel.write(ByteBuffer(repeating: 1, count: 65_536))
                    await written.add(65_536)
                }
            }
            let settled = try await written.waitUntilStill()
            #expect(settled < 32_000_000)
            writer.cancel()
            let error = try await failure { try await writer.value }
            #expect(error.code == .cancelled)
            #expect(try await failure { try await tunnel.write(ByteBuffer(string: "x")) }.code == .cancelled)
        }
    }

    @Test("A hundred tunnels on one connection carry their own bytes")
    func manyTunnels() async throws {
        try await withConnection { _, connection in
            let peer = try await Peer.start(.echo)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        let tunnel = try await connection.openTunnel(port: peer.port)
                        let text = "this is \(number)"
                        try await tunnel.write(ByteBuffer(string: text))
                        tunnel.finishWriting()
                        var received = ByteBuffer()
                        for try await piece in tunnel.inbound { received.writeImmutableBuffer(piece) }
                        #expect(String(buffer: received) == text)
                        await tunnel.close()
                    }
                }
                try await group.waitForAll()
            }
            await peer.stop()
        }
    }

    @Test("A port on which nobody listens and a forbidden tunnel are errors of the stage channel")
    func refused() async throws {
        let port = try TestPorts.free()
        try await withConnection { _, connection in
            let error = try await failure { _ = try await connection.openTunnel(port: port) }
            #expect(error.code == .channelRefused)
            #expect(error.message.contains("connect failed"))
        }
        try await withConnection(configuration: ["AllowTcpForwarding no"]) { _, connection in
            let error = try await failure { _ = try await connection.openTunnel(port: port) }
            #expect(error.code == .forwardingForbidden)
            #expect(error.advice.contains("AllowTcpForwarding"))
            #expect(try await connection.execute("true").isSuccess, "commands still run")
        }
    }

    @Test("What was written before close arrives")
    func writtenBeforeClose() async throws {
        try await withPeer(.collect) { peer, tunnel in
            try await tunnel.write(ByteBuffer(repeating: 7, count: 300_000))
            await tunnel.close()
            #expect(try await peer.collected() == 300_000)
        }
    }

    @Test("A lost connection ends the reader with an error")
    func lostConnection() async throws {
        try await withConnection { server, connection in
            let peer = try await Peer.start(.silent)
            let tunnel = try await connection.openTunnel(port: peer.port)
            // Awaited at the end of the test.
            let reader = Task { for try await _ in tunnel.inbound {} }
            await server.killSessions()
            #expect(try await failure { try await reader.value }.code == .connectionLost)
            await peer.stop()
        }
    }

    @Test("A tunnel that nobody holds any more closes itself")
    func letGo() async throws {
        try await withConnection { _, connection in
            let peer = try await Peer.start(.collect)
            do {
                let tunnel = try await connection.openTunnel(port: peer.port)
                try await tunnel.write(ByteBuffer(string: "12345"))
            }
            #expect(try await peer.collected() == 5)
            await peer.stop()
        }
    }

    private func withPeer(
        _ behaviour: Peer.Behaviour, _ body: (Peer, SSHTunnel) async throws -> Void
    ) async throws {
        try await withConnection { _, connection in
            let peer = try await Peer.start(behaviour)
            let tunnel = try await connection.openTunnel(port: peer.port)
            try await body(peer, tunnel)
            await tunnel.close()
            await peer.stop()
        }
    }
}

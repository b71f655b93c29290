import FleetSSH
import FleetTestSupport
import NIOCore
import NIOPosix
import Testing

/// What lines and windows do. A server that stops in each stage of the handshake is in `StageLimitTests` and
/// `BadLineTests`. The table is in docs/SECURITY.md.
@Suite("Matrix: lines and windows", .timeLimit(.minutes(3)))
struct LineMatrixTests {
    static let programs = KeyMatrixTests.programs

    /// Through a relay that makes every round trip last 200 ms.
    private func withSlowConnection(
        _ program: TestSSHServer.Program, _ body: (TestSSHServer, SSHConnection) async throws -> Void
    ) async throws {
        try await withServer(program) { server in
            try await withRelay(to: server.port, RelayFault(delay: .milliseconds(100))) { _, relay in
                var target = server.target(knownHosts: try server.file("new"), accepting: .acceptNew)
                target.port = relay.port
                let connection = try await connect(target)
                try await body(server, connection)
                await connection.close()
            }
        }
    }

    @Test("200 ms of latency: commands, an upload and an echo all work", arguments: programs)
    func latency(program: TestSSHServer.Program) async throws {
        try await withSlowConnection(program) { server, connection in
            #expect(try await connection.execute("exit 3").status == 3)
            let file = try server.file("large", String(repeating: "0123456789abcdef", count: 65_536))
            let sum = try await server.sha256(file)
            try await connection.upload(file: file, to: "\(server.home)/copy", sha256: sum, mode: 0o600)
            #expect(try await server.sha256("\(server.home)/copy") == sum)
            let peer = try await Peer.start(.echo)
            let tunnel = try await connection.openTunnel(port: peer.port)
            async let writing: Void = {
                for number in 0..<200 { try await tunnel.write(ByteBuffer(string: "line \(number)\n")) }
                tunnel.finishWriting()
            }()
            var received = ByteBuffer()
            for try await piece in tunnel.inbound { received.writeImmutableBuffer(piece) }
            try await writing
            #expect(String(buffer: received) == (0..<200).map { "line \($0)\n" }.joined())
            await peer.stop()
        }
    }

    @Test("200 ms of latency: a stream to us fills the window instead of waiting for each packet")
    func throughput() async throws {
        try await withSlowConnection(.openSSH) { _, connection in
            let start = ContinuousClock.now
            let result = try await connection.execute(
                "head -c 16777216 /dev/zero", outputLimit: 1 << 25, deadline: .seconds(60))
            #expect(result.standardOutput.readableBytes == 16_777_216)
            // Packet by packet it would take 100 s, with a window of 2 MiB it takes 2.
            #expect(ContinuousClock.now - start < .seconds(20))
        }
    }

    @Test("A command that reads nothing for a while shuts the window; other channels go on", arguments: programs)
    func commandStands(program: TestSSHServer.Program) async throws {
        try await withConnection(program) { _, connection in
            let input = ByteBuffer(repeating: 0x61, count: 8_000_000)
            async let slow = connection.execute("sleep 2; wc -c", input: input, deadline: .seconds(40))
            for _ in 0..<5 { #expect(try await connection.execute("true").isSuccess) }
            let output = try await slow.standardOutput
            #expect(String(buffer: output).filter(\.isNumber) == "8000000")
        }
    }

    @Test("A tunnel whose other end reads nothing for a while gets everything in the end", arguments: programs)
    func tunnelStands(program: TestSSHServer.Program) async throws {
        try await withConnection(program) { _, connection in
            let peer = try await Peer.start(.collectLater(.seconds(2)))
            let tunnel = try await connection.openTunnel(port: peer.port)
            async let writing: Void = {
                for _ in 0..<160 { try await tunnel.write(ByteBuffer(repeating: 1, count: 100_000)) }
                tunnel.finishWriting()
            }()
            for _ in 0..<5 { #expect(try await connection.execute("true").isSuccess) }
            try await writing
            #expect(try await peer.collected() == 16_000_000)
            await tunnel.close()
            await peer.stop()
        }
    }

    @Test("Keys that change in the middle of an upload and of tunnels lose nothing")
    func rekeying() async throws {
        try await withConnection(configuration: ["RekeyLimit 1M"]) { server, connection in
            let file = server.directory + "/random"
            try await TestSSHServer.run("/bin/sh", ["-c", "head -c 12000000 /dev/urandom > '\(file)'"])
            let sum = try await server.sha256(file)
            let peer = try await Peer.start(.echo)
            let tunnel = try await connection.openTunnel(port: peer.port)
            let block = ByteBuffer(bytes: (0..<500_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
            async let uploading: Void = connection.upload(
                file: file, to: "\(server.home)/copy", sha256: sum, mode: 0o600)
            async let writing: Void = {
                for _ in 0..<10 { try await tunnel.write(block) }
                tunnel.finishWriting()
            }()
            var received = ByteBuffer()
            for try await piece in tunnel.inbound { received.writeImmutableBuffer(piece) }
            try await writing
            try await uploading
            #expect(received.readableBytes == 5_000_000)
            while let piece = received.readSlice(length: block.readableBytes) { try #require(piece == block) }
            #expect(try await server.sha256("\(server.home)/copy") == sum)
            await peer.stop()
        }
    }
}

internal import ArgumentParser
internal import FleetSSH
internal import NIOCore

@testable internal import FleetCoordinator

/// Round trips and throughput of lines through a tunnel to a server that echoes.
struct TunnelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "tunnel")

    @OptionGroup var server: ServerOptions
    @Option(help: "The port of the server that echoes.") var echo: Int
    @Option var roundTrips = 2_000
    @Option var lines = 50_000
    @Option(help: "Bytes of a line.") var size = 240

    struct Figures: Encodable {
        var p50: Double
        var p99: Double
        var linesPerSecond: Double
    }

    func run() async throws {
        let connection = try await server.connect()
        // The coordinator's own view of a tunnel, used where the coordinator uses it.
        let tunnel = SSHDuplex(try await connection.openTunnel(port: echo))
        let figures = try await withTaskExecutorPreference(tunnel.executor) { try await measure(tunnel) }
        await connection.close()
        try JSON.print(figures)
    }

    private func measure(_ tunnel: SSHDuplex) async throws -> Figures {
        let reader = EchoReader(tunnel)
        let line = ByteBuffer(repeating: UInt8(ascii: "x"), count: size)
        var times: [Double] = []
        for turn in -100..<roundTrips {
            let begin = ContinuousClock.now
            try await tunnel.write(line)
            try await reader.read(size)
            // The first ones warm both sides up.
            if turn >= 0 { times.append((ContinuousClock.now - begin).inSeconds) }
        }
        times.sort()
        let rate = try await pipelined(tunnel, reader)
        await tunnel.close()
        return Figures(p50: times[times.count / 2], p99: times[times.count * 99 / 100], linesPerSecond: rate)
    }

    /// Lines a second, when all are on their way at once, each written by itself.
    private func pipelined(_ tunnel: SSHDuplex, _ reader: EchoReader) async throws -> Double {
        let line = ByteBuffer(repeating: UInt8(ascii: "x"), count: size)
        let lines = lines
        let begin = ContinuousClock.now
        async let written: Void = { for _ in 0..<lines { try await tunnel.write(line) } }()
        try await reader.read(lines * size)
        try await written
        return Double(lines) / (ContinuousClock.now - begin).inSeconds
    }
}

/// Counts the bytes that come back.
struct EchoReader {
    struct Ended: Error {}

    let stream: SSHDuplex

    init(_ stream: SSHDuplex) { self.stream = stream }

    /// Returns when so many more bytes have arrived; what is read is a whole number of lines in the end.
    func read(_ count: Int) async throws {
        var missing = count
        while missing > 0 {
            guard let bytes = try await stream.read() else { throw Ended() }
            missing -= bytes.readableBytes
        }
    }
}

import FleetSSH
import FleetTestSupport
import NIOCore
import NIOPosix
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Time limits of the stages", .enabled(if: TestSSHServer.isAvailable, "no ssh-keygen here"))
struct StageLimitTests {
    private static func limits(_ limit: Duration) -> SSHTimeouts {
        SSHTimeouts(connect: limit, banner: limit, keyExchange: limit)
    }

    /// Connects to a port with a key that is good, and returns the error.
    private func error(
        host: String = "127.0.0.1", port: Int, limit: Duration = .seconds(10)
    ) async throws -> SSHError {
        let directory = try TestFiles.makeDirectory(prefix: "fleet-ssh")
        defer { TestFiles.remove(directory) }
        try await TestSSHServer.keygen("ed25519", directory + "/key")
        let target = SSHTarget(
            host: host, port: port, user: "nobody", identityFiles: [directory + "/key"],
            knownHosts: KnownHostsPolicy(files: [directory + "/hosts"]), timeouts: Self.limits(limit))
        let start = ContinuousClock.now
        let error = try await connectionFailure(target)
        #expect(ContinuousClock.now - start < .seconds(30))
        #expect(!error.advice.isEmpty)
        return error
    }

    /// Accepts connections, says something and then nothing.
    private func withMute(saying text: String, closing: Bool = false, _ body: (Int) async throws -> Void) async throws {
        let listener = try await ServerBootstrap(group: loops)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Mute(text: text, closing: closing))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            try await body(try #require(listener.localAddress?.port))
            try await listener.close()
        } catch {
            try? await listener.close()
            throw error
        }
    }

    @Test("A name without address is an error of the stage resolve")
    func resolve() async throws {
        let error = try await error(host: "no-such-host.invalid", port: 22)
        #expect(error.stage == .resolve)
    }

    @Test("A port that refuses is an error of the stage connect")
    func refused() async throws {
        let error = try await error(port: try TestPorts.free())
        #expect(error.stage == .connect)
        #expect(error.code == .notConnected)
        #expect(error.message.contains("refused"))
    }

    @Test("A server whose queue is full hangs in connect")
    func hangsInConnect() async throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        let bound = ClientlessListener.fill(listener)
        defer { bound.fillers.forEach { close($0) } }
        let error = try await error(port: bound.port, limit: .milliseconds(500))
        #expect(error.stage == .connect)
        #expect(error.code == .timedOut)
    }

    @Test("A server that accepts and says nothing is an error of the stage banner")
    func silent() async throws {
        try await withMute(saying: "") { port in
            let error = try await error(port: port, limit: .milliseconds(500))
            #expect(error.stage == .banner)
            #expect(error.code == .timedOut)
        }
    }

    @Test("A server that stops after its banner is an error of the stage key exchange")
    func bannerOnly() async throws {
        try await withMute(saying: "Welcome!\r\nSSH-2.0-Mute\r\n") { port in
            let error = try await error(port: port, limit: .milliseconds(500))
            #expect(error.stage == .keyExchange)
            #expect(error.code == .timedOut)
        }
    }

    @Test("A server that speaks another language and hangs up is an error of the stage banner, with its words")
    func hangsUp() async throws {
        try await withMute(saying: "421 Too many friends\r\n", closing: true) { port in
            let error = try await error(port: port)
            #expect(error.stage == .banner)
            #expect(error.code == .protocolFailure)
            #expect(error.message.contains("Too many friends"))
        }
    }

    @Test("A server that hangs up without a word is tried again before it is an error of the stage banner")
    func hangsUpSilently() async throws {
        try await withMute(saying: "", closing: true) { port in
            let error = try await error(port: port)
            #expect(error.stage == .banner)
            #expect(error.code == .closedBeforeBanner)
        }
    }

    @Test("A server that sends rubbish after its banner is an error of the stage key exchange")
    func rubbish() async throws {
        try await withMute(saying: "SSH-2.0-Mute\r\n" + String(repeating: "\u{ff}\u{1}", count: 5000)) { port in
            let error = try await error(port: port)
            #expect(error.stage == .keyExchange)
            #expect(error.code == .protocolFailure)
        }
    }

    @Test("A server that hangs up in the middle of the key exchange is told as such")
    func hangsUpInKeyExchange() async throws {
        try await withMute(saying: "SSH-2.0-Mute\r\n", closing: true) { port in
            let error = try await error(port: port)
            #expect(error.stage == .keyExchange)
            #expect(error.code == .connectionLost)
        }
    }
}

/// A listener that never accepts, with its queue filled.
private enum ClientlessListener {
    static func fill(_ listener: Int32) -> (port: Int, fillers: [Int32]) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        var fillers: [Int32] = []
        withUnsafeMutableBytes(of: &address) { bytes in
            guard let pointer = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return }
            _ = bind(listener, pointer, length)
            _ = listen(listener, 0)
            _ = getsockname(listener, pointer, &length)
            for _ in 0..<3 {
                let filler = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
                _ = connect(filler, pointer, length)
                fillers.append(filler)
            }
        }
        return (Int(UInt16(bigEndian: address.sin_port)), fillers)
    }
}

private final class Mute: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let text: String
    private let closing: Bool

    init(text: String, closing: Bool) {
        self.text = text
        self.closing = closing
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if closing { context.close(promise: nil) }
    }
}

import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A TCP server on a free port of 127.0.0.1 that does the same to every connection.
final class TCPServer: Sendable {
    private let channel: any Channel
    private let connections: NIOLockedValueBox<[any Channel]>

    var port: Int { channel.localAddress?.port ?? 0 }
    /// How many connections there were.
    var accepted: Int { connections.withLockedValue { $0.count } }
    /// How many of them are still open.
    var open: Int { connections.withLockedValue { $0.count(where: \.isActive) } }

    private init(channel: any Channel, connections: NIOLockedValueBox<[any Channel]>) {
        self.channel = channel
        self.connections = connections
    }

    /// Starts one; `handler` is asked for each connection.
    static func start(_ handler: @escaping @Sendable () -> any ChannelHandler & Sendable) async throws -> TCPServer {
        let connections = NIOLockedValueBox<[any Channel]>([])
        let channel = try await ServerBootstrap(group: loops)
            .serverChannelOption(.backlog, value: 128)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { child in
                connections.withLockedValue { $0.append(child) }
                return child.pipeline.addHandler(handler())
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return TCPServer(channel: channel, connections: connections)
    }

    /// Ends all connections at once and lets the server go on.
    func cut() {
        for connection in connections.withLockedValue({ $0 }) { connection.close(promise: nil) }
    }

    func stop() async {
        try? await channel.close()
        for connection in connections.withLockedValue({ $0 }) { try? await connection.close() }
    }
}

/// Runs a body with a server, and ends the server whatever happens.
func withTCPServer<Result: Sendable>(
    _ handler: @escaping @Sendable () -> any ChannelHandler & Sendable, _ body: (TCPServer) async throws -> Result
) async throws -> Result {
    let server = try await TCPServer.start(handler)
    do {
        let result = try await body(server)
        await server.stop()
        return result
    } catch {
        await server.stop()
        throw error
    }
}

/// Says something at the start, then nothing more; may hang up.
final class Greeter: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let words: String
    private let hangsUp: Bool

    init(_ words: String = "", hangsUp: Bool = false) {
        self.words = words
        self.hangsUp = hangsUp
    }

    func channelActive(context: ChannelHandlerContext) {
        if !words.isEmpty { context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: words)), promise: nil) }
        if hangsUp { context.close(promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed { context.close(promise: nil) }
    }
}

/// Sends everything back, and its end after the other's end.
final class Echo: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.writeAndFlush(data, promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event as? ChannelEvent == .inputClosed else { return }
        // Closing drops what has not been written: so this comes after it.
        let last = context.writeAndFlush(wrapOutboundOut(ByteBuffer()))
        last.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
    }
}

/// Sends so many bytes as fast as they are taken, then its end. The byte at position n is n / 65536, its low bits.
final class Fountain: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    static let piece = 65536
    private let total: Int
    private let sent: NIOLockedValueBox<Int>

    /// `sent` counts the bytes that the system has taken or that are about to be.
    init(total: Int, sent: NIOLockedValueBox<Int>) {
        self.total = total
        self.sent = sent
    }

    func channelActive(context: ChannelHandlerContext) { pour(context) }

    func channelWritabilityChanged(context: ChannelHandlerContext) { pour(context) }

    private func pour(_ context: ChannelHandlerContext) {
        while context.channel.isWritable {
            let position = sent.withLockedValue { $0 }
            guard position < total else { return }
            let piece = ByteBuffer(repeating: UInt8(truncatingIfNeeded: position / Self.piece), count: Self.piece)
            sent.withLockedValue { $0 += Self.piece }
            let written = context.writeAndFlush(wrapOutboundOut(piece))
            // Closing drops what has not been written.
            if position + Self.piece >= total {
                written.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
            }
        }
    }
}

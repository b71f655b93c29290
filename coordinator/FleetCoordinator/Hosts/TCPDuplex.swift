import FleetNIO
import NIOCore
import NIOPosix

/// A TCP connection to this machine's loopback address as a stream of bytes.
struct TCPDuplex: ByteDuplex {
    private let channel: any Channel
    private let handler: NIOLoopBound<PullHandler>

    /// Connects to a port of the loopback address.
    static func connect(port: Int, on group: any EventLoopGroup) async throws -> TCPDuplex {
        let bootstrap = ClientBootstrap(group: group)
            .channelOption(.autoRead, value: false)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(PullHandler(channel.eventLoop))
                }
            }
        let channel = try await bootstrap.connect(host: "127.0.0.1", port: port).get()
        let handler = try await channel.eventLoop.submit {
            NIOLoopBound(
                try channel.pipeline.syncOperations.handler(type: PullHandler.self), eventLoop: channel.eventLoop)
        }.get()
        return TCPDuplex(channel: channel, handler: handler)
    }

    func read() async throws -> ByteBuffer? {
        try await closingWhenCancelled { try await channel.eventLoop.flatSubmit { handler.value.pull() }.get() }
    }

    func write(_ bytes: ByteBuffer) async throws {
        try await closingWhenCancelled { try await channel.writeAndFlush(bytes) }
    }

    /// A future does not hear of cancellation; closing the channel ends whatever waits for it.
    private func closingWhenCancelled<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        try await withTaskCancellationHandler(operation: body) { channel.close(promise: nil) }
    }

    func close() async {
        // A second close is no error worth telling.
        try? await channel.close()
    }

    var executor: (any TaskExecutor)? { EventLoopExecutor(channel.eventLoop) }
}

/// Reads from the socket only when somebody asks, so that a slow reader slows the sender down.
private final class PullHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private enum State {
        case idle(received: ByteBuffer?)
        case waiting(EventLoopPromise<ByteBuffer?>)
        case ended(received: ByteBuffer?, (any Error)?)
    }

    private let loop: any EventLoop
    private var state = State.idle(received: nil)
    private var context: ChannelHandlerContext?

    init(_ loop: any EventLoop) { self.loop = loop }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        end(nil)
        self.context = nil
    }

    /// The next bytes; nil at the end of the stream. What arrived before the end is still there when the channel is gone.
    func pull() -> EventLoopFuture<ByteBuffer?> {
        switch state {
        case .idle(let received?):
            state = .idle(received: nil)
            return loop.makeSucceededFuture(received)
        case .idle(nil):
            let promise = loop.makePromise(of: ByteBuffer?.self)
            state = .waiting(promise)
            context?.read()
            return promise.futureResult
        case .waiting:
            preconditionFailure("a stream has one reader at a time")
        case .ended(let received?, let error):
            state = .ended(received: nil, error)
            return loop.makeSucceededFuture(received)
        case .ended(nil, let error?):
            return loop.makeFailedFuture(error)
        case .ended(nil, nil):
            return loop.makeSucceededFuture(nil)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        switch state {
        case .waiting(let promise):
            state = .idle(received: nil)
            promise.succeed(bytes)
        case .idle(var received):
            if received?.writeBuffer(&bytes) == nil { received = bytes }
            state = .idle(received: received)
        case .ended: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if case .waiting = state { context.read() }
    }

    func channelInactive(context: ChannelHandlerContext) { end(nil) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(error)
        context.close(promise: nil)
    }

    private func end(_ error: (any Error)?) {
        switch state {
        case .idle(let received): state = .ended(received: received, error)
        case .waiting(let promise):
            state = .ended(received: nil, error)
            if let error { promise.fail(error) } else { promise.succeed(nil) }
        case .ended: break
        }
    }
}

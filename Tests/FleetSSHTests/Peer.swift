import FleetSystem
import FleetTestSupport
import NIOCore
import NIOPosix

/// A number that several tasks change.
actor Counter {
    private(set) var value = 0
    func add(_ amount: Int) { value += amount }

    /// Waits until the number has not changed for 300 ms; fails after 20 s.
    func waitUntilStill() async throws -> Int {
        var last = -1
        let isStill = await Waiting.until(within: .seconds(20), every: .milliseconds(300)) {
            let now = value
            defer { last = now }
            return now > 0 && now == last
        }
        guard isStill else { throw TestSSHServer.Failure(description: "still moving after 20 s") }
        return last
    }
}

/// A TCP server on loopback to which tunnels lead.
final class Peer: Sendable {
    enum Behaviour: Sendable {
        /// Sends back what it gets.
        case echo
        /// Accepts and never reads.
        case silent
        /// Sends so many bytes, then ends.
        case flood(bytes: Int)
        /// Reads to the end and counts.
        case collect
        /// The same, but reads nothing at first.
        case collectLater(TimeAmount)
    }

    let port: Int
    private let listener: any Channel
    private let counter: Counter
    private let collected: EventLoopPromise<Int>

    private init(listener: any Channel, counter: Counter, collected: EventLoopPromise<Int>) {
        port = listener.localAddress?.port ?? 0
        self.listener = listener
        self.counter = counter
        self.collected = collected
    }

    static func start(_ behaviour: Behaviour) async throws -> Peer {
        let counter = Counter()
        let collected = loops.any().makePromise(of: Int.self)
        let listener = try await ServerBootstrap(group: loops)
            .serverChannelOption(.backlog, value: 256)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        PeerHandler(behaviour: behaviour, counter: counter, collected: collected))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return Peer(listener: listener, counter: counter, collected: collected)
    }

    func stop() async {
        try? await listener.close()
        // Nobody may wait any more; a promise must be kept all the same.
        collected.succeed(0)
    }

    /// How many bytes were written to the kernel when that no longer moves.
    func waitUntilStill() async throws -> Int { try await counter.waitUntilStill() }

    /// How many bytes the first connection brought until its end.
    func collected() async throws -> Int { try await collected.futureResult.get() }
}

private final class PeerHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var behaviour: Peer.Behaviour
    private let counter: Counter
    private let collected: EventLoopPromise<Int>
    private var received = 0
    private var left = 0

    init(behaviour: Peer.Behaviour, counter: Counter, collected: EventLoopPromise<Int>) {
        self.behaviour = behaviour
        self.counter = counter
        self.collected = collected
    }

    func channelActive(context: ChannelHandlerContext) {
        guard case .flood(let bytes) = behaviour else { return }
        left = bytes
        send(context)
    }

    /// Writes the next piece when the last one is in the kernel.
    private func send(_ context: ChannelHandlerContext) {
        let count = min(left, 65_536)
        guard count > 0 else {
            context.close(mode: .output, promise: nil)
            return
        }
        left -= count
        let written = context.writeAndFlush(wrapOutboundOut(ByteBuffer(repeating: 0, count: count)))
        written.assumeIsolated().whenSuccess {
            let counter = self.counter
            // Nobody awaits it: the test polls the number.
            Task { await counter.add(count) }
            self.send(context)
        }
    }

    /// Reading is asked for by hand, so that "silent" really leaves the bytes in the kernel.
    func read(context: ChannelHandlerContext) {
        switch behaviour {
        case .silent: break
        case .collectLater(let pause) where received == 0:
            let channel = context.channel
            behaviour = .collect
            // Ends with the connection at the latest: a closed channel reads nothing.
            context.eventLoop.scheduleTask(in: pause) { channel.read() }
        case .collect, .collectLater, .echo, .flood: context.read()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        received += bytes.readableBytes
        if case .echo = behaviour { context.write(wrapOutboundOut(bytes), promise: nil) }
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event as? ChannelEvent == .inputClosed else { return }
        // Closing drops what is still to be written, so it must come after the last write.
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { _ in
            context.close(mode: .output, promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) { collected.succeed(received) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// What a relay between a client and an sshd does to the bytes of the server.
struct RelayFault: Sendable {
    /// The largest piece that it sends at once.
    var piece = Int.max
    /// After so many bytes nothing more of the server gets through.
    var silentAfter = Int.max
    /// After so many bytes it hangs up.
    var cutAfter = Int.max
    /// How late everything arrives, in each direction.
    var delay = TimeAmount.zero
    /// So many connections are closed at once, before they reach the server.
    var refusals = 0
}

/// A bad line to an sshd.
final class Relay: Sendable {
    private struct State {
        var fault: RelayFault
        var refused = 0
        var passed = 0
    }

    fileprivate let serverPort: Int
    private let state: NIOLockedValueBox<State>

    init(to port: Int, _ fault: RelayFault = RelayFault()) {
        serverPort = port
        state = NIOLockedValueBox(State(fault: fault))
    }

    /// From now on nothing of the server gets through.
    func freeze() { state.withLockedValue { $0.fault.silentAfter = 0 } }

    /// How many bytes of the server have got through, on all connections.
    var passed: Int { state.withLockedValue { $0.passed } }

    fileprivate func count(_ bytes: Int) { state.withLockedValue { $0.passed += bytes } }

    fileprivate var fault: RelayFault { state.withLockedValue { $0.fault } }

    fileprivate func refuses() -> Bool {
        state.withLockedValue { state in
            defer { state.refused += 1 }
            return state.refused < state.fault.refusals
        }
    }

    /// The handler for one more connection.
    func handler() -> any ChannelHandler & Sendable { FrontHandler(relay: self) }
}

/// Runs a body with the port of a relay.
func withRelay<Result: Sendable>(
    to port: Int, _ fault: RelayFault = RelayFault(), _ body: (Relay, TCPServer) async throws -> Result
) async throws -> Result {
    let relay = Relay(to: port, fault)
    return try await withTCPServer({ relay.handler() }) { try await body(relay, $0) }
}

/// The end at the client. Reads only while the other end is there to take it.
private final class FrontHandler: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let relay: Relay
    private let back = NIOLockedValueBox<(any Channel)?>(nil)

    init(relay: Relay) { self.relay = relay }

    func channelActive(context: ChannelHandlerContext) {
        if relay.refuses() {
            context.close(promise: nil)
            return
        }
        let front = context.channel
        let relay = relay
        let back = back
        context.channel.setOption(.autoRead, value: false).whenComplete { _ in
            ClientBootstrap(group: front.eventLoop)
                .channelInitializer { $0.pipeline.addHandler(BackHandler(relay: relay, front: front)) }
                .connect(host: "127.0.0.1", port: relay.serverPort)
                .whenComplete { result in
                    guard case .success(let channel) = result else { return front.close(promise: nil) }
                    back.withLockedValue { $0 = channel }
                    front.setOption(.autoRead, value: true).whenComplete { _ in front.read() }
                }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        let back = back
        context.eventLoop.late(relay.fault.delay) {
            back.withLockedValue { $0 }?.writeAndFlush(bytes, promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event as? ChannelEvent == .inputClosed else { return }
        let channel = context.channel
        context.eventLoop.late(relay.fault.delay) { channel.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        back.withLockedValue { $0 }?.close(promise: nil)
    }
}

/// The end at the server.
private final class BackHandler: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let relay: Relay
    private let front: any Channel
    private let passed = NIOLockedValueBox(0)

    init(relay: Relay, front: any Channel) {
        self.relay = relay
        self.front = front
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        let fault = relay.fault
        while bytes.readableBytes > 0 {
            let position = passed.withLockedValue { $0 }
            if position >= fault.silentAfter { return }
            if position >= fault.cutAfter { return front.close(promise: nil) }
            let room = min(fault.piece, fault.silentAfter - position, fault.cutAfter - position)
            guard let piece = bytes.readSlice(length: min(room, bytes.readableBytes)) else { return }
            passed.withLockedValue { $0 += piece.readableBytes }
            relay.count(piece.readableBytes)
            let front = front
            context.eventLoop.late(fault.delay) { front.writeAndFlush(piece, promise: nil) }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        let front = front
        context.eventLoop.late(relay.fault.delay) { front.close(promise: nil) }
    }
}

extension EventLoop {
    /// Does something later; what was asked for first is done first.
    fileprivate func late(_ delay: TimeAmount, _ body: @escaping @Sendable () -> Void) {
        if delay == .zero { body() } else { scheduleTask(in: delay, body) }
    }
}

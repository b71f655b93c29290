internal import NIOCore
internal import NIOPosix

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// Asks an ssh-agent through its socket. Every request has a connection of its own, which the answer ends: an agent
/// that hangs, lies or goes away harms that one request.
struct AgentClient: Hashable, Sendable {
    let path: String

    /// The keys that it holds.
    func identities(on eventLoop: any EventLoop, limit: Duration) -> EventLoopFuture<[AgentIdentity]> {
        ask(.identities, on: eventLoop, limit: limit).flatMapThrowing { try AgentAnswer.identities($0) }
    }

    /// A signature of what libssh2 wants signed, as libssh2 wants it.
    func signature(
        of data: [UInt8], with identity: AgentIdentity, on eventLoop: any EventLoop, limit: Duration
    ) -> EventLoopFuture<[UInt8]> {
        guard let algorithm = LoginRequest.algorithm(of: data) else {
            return eventLoop.makeFailedFuture(AgentFailure("what is to be signed is no login"))
        }
        let request = AgentRequest.signature(
            blob: identity.blob, data: data, flags: AgentRequest.flags(for: algorithm))
        return ask(request, on: eventLoop, limit: limit).flatMapThrowing {
            try AgentAnswer.signature($0, algorithm: algorithm)
        }
    }

    /// Sends one request; the body of the answer, or an `AgentFailure`.
    func ask(_ request: AgentRequest, on eventLoop: any EventLoop, limit: Duration) -> EventLoopFuture<[UInt8]> {
        let promise = eventLoop.makePromise(of: [UInt8].self)
        let timer = eventLoop.scheduleTask(in: TimeAmount(limit)) { promise.fail(AgentFailure.late(limit)) }
        let connection = ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(limit))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        AgentExchange(request: request, promise: promise))
                }
            }
            .connect(unixDomainSocketPath: path)
        connection.whenFailure { promise.fail(AgentFailure(Self.words($0))) }
        // However it ends, nothing of it stays.
        promise.futureResult.whenComplete { _ in
            timer.cancel()
            connection.whenSuccess { $0.close(promise: nil) }
        }
        return promise.futureResult
    }

    private static func words(_ error: any Error) -> String {
        switch error {
        case let error as IOError: "it cannot be reached: \(String(cString: strerror(error.errnoCode)))"
        case ChannelError.connectTimeout(_): "it did not accept the connection"
        default: "it cannot be reached: \(error)"
        }
    }
}

extension AgentClient {
    /// The agent that a target names; nil when it names none.
    init?(_ agent: SSHIdentityAgent) {
        switch agent {
        case .none: return nil
        case .path(let path): self.path = HomeDirectory.expand(path)
        case .environment:
            guard let path = getenv("SSH_AUTH_SOCK").map({ String(cString: $0) }), !path.isEmpty else { return nil }
            self.path = path
        }
    }
}

/// The part of a login that is signed (RFC 4252, section 7).
enum LoginRequest {
    /// The name of the signature algorithm in it.
    static func algorithm(of data: [UInt8]) -> String? {
        var reader = WireReader(data)
        // Session id, message, user, service, method, "with signature", algorithm.
        guard reader.string() != nil, reader.skip([50]), reader.string() != nil, reader.string() != nil,
            reader.string() != nil, reader.skip([1]), let name = reader.string()
        else { return nil }
        return String(decoding: name, as: UTF8.self)
    }
}

/// One request and its answer on one connection.
private final class AgentExchange: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let request: AgentRequest
    private let promise: EventLoopPromise<[UInt8]>
    private var received = ByteBuffer()

    init(request: AgentRequest, promise: EventLoopPromise<[UInt8]>) {
        self.request = request
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(request.bytes), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received.writeImmutableBuffer(unwrapInboundIn(data))
        guard let length = received.getInteger(at: received.readerIndex, as: UInt32.self) else { return }
        if length == 0 { return finish(context, .failure(.nonsense)) }
        if length > AgentAnswer.mostBytes { return finish(context, .failure(.oversize)) }
        if let body = received.getBytes(at: received.readerIndex + 4, length: Int(length)) {
            finish(context, .success(body))
        }
    }

    func channelInactive(context: ChannelHandlerContext) { promise.fail(AgentFailure.closed) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish(context, .failure(AgentFailure("its connection broke: \(error)")))
    }

    private func finish(_ context: ChannelHandlerContext, _ result: Result<[UInt8], AgentFailure>) {
        switch result {
        case .success(let body): promise.succeed(body)
        case .failure(let failure): promise.fail(failure)
        }
        context.close(promise: nil)
    }
}

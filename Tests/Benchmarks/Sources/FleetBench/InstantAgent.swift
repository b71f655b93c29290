internal import FleetModel
internal import FleetProtocol
internal import NIOCore

@testable internal import FleetCoordinator

/// A host whose agent lives in this process and passes every test at once.
struct InstantTransport: AgentTransport {
    let identity: SessionIdentity

    func prepare() async throws(LinkError) {}

    func launch(_ order: LaunchOrder) async throws(LinkError) -> AgentAddress {
        AgentAddress(port: 1, incarnation: "instant")
    }

    func open(port: Int) async throws(LinkError) -> any ByteDuplex {
        let (ours, theirs) = MemoryPipe.pair()
        let identity = identity
        // Ends with the connection, which its link closes.
        Task { try? await InstantAgent(stream: theirs, identity: identity).serve() }
        return ours
    }

    func sweep(_ scope: SweepScope) async throws(LinkError) -> [String] { [] }
    func close() async {}
}

/// The agent's side of the protocol: `started` and a passed `result` for each `start`, in order.
struct InstantAgent {
    let stream: MemoryPipe
    let identity: SessionIdentity
    private let coder = MessageCoder()

    init(stream: MemoryPipe, identity: SessionIdentity) {
        self.stream = stream
        self.identity = identity
    }

    func serve() async throws {
        var reader = LineReader(stream)
        var sequence = 0
        while case .bytes(let line)? = try await reader.next() {
            switch try coder.decode(line) {
            case .hello(let hello): try await greet(hello)
            case .ping(let ping): try await send(.pong(ping))
            case .start(let start):
                sequence += 1
                try await send(
                    .started(.init(attempt: start.attempt, lane: start.lane, slot: 0, epoch: start.epoch)))
                try await send(.result(Self.passed(start, sequence)))
            case .finish:
                try await send(.bye(.init(leftovers: [])))
                return
            default: break
            }
        }
    }

    private static func passed(_ start: Message.Start, _ sequence: Int) -> Message.Result {
        Message.Result(
            sequence: sequence, attempt: start.attempt, test: start.test, lane: start.lane, slot: 0,
            epoch: start.epoch, result: AttemptResult(outcome: .passed, seconds: 0.001))
    }

    private func greet(_ theirs: Message.Hello) async throws {
        let nonce = RunToken.makeNonce()
        try await send(
            .hello(
                .init(
                    role: .agent, purpose: theirs.purpose, program: "instant", catalogue: identity.catalogue,
                    features: Mode.allCases.map { "mode:\($0)" }, nonce: nonce, run: theirs.run, epoch: theirs.epoch,
                    incarnation: "instant")))
        try await send(.proof(.init(mac: identity.token.proof(of: theirs.nonce, by: .agent))))
    }

    private func send(_ message: Message) async throws { try await stream.write(try coder.encode(message)) }
}

/// One end of a stream of bytes within the process.
final class MemoryPipe: ByteDuplex {
    struct Closed: Error {}

    private let incoming: AsyncStream<ByteBuffer>
    private let inbound: AsyncStream<ByteBuffer>.Continuation
    private let outbound: AsyncStream<ByteBuffer>.Continuation

    private init(
        _ incoming: AsyncStream<ByteBuffer>, _ inbound: AsyncStream<ByteBuffer>.Continuation,
        _ outbound: AsyncStream<ByteBuffer>.Continuation
    ) {
        self.incoming = incoming
        self.inbound = inbound
        self.outbound = outbound
    }

    static func pair() -> (MemoryPipe, MemoryPipe) {
        let (left, toLeft) = AsyncStream.makeStream(of: ByteBuffer.self)
        let (right, toRight) = AsyncStream.makeStream(of: ByteBuffer.self)
        return (MemoryPipe(left, toLeft, toRight), MemoryPipe(right, toRight, toLeft))
    }

    func read() async throws -> ByteBuffer? {
        for await bytes in incoming { return bytes }
        return nil
    }

    func write(_ bytes: ByteBuffer) async throws {
        if case .terminated = outbound.yield(bytes) { throw Closed() }
    }

    func close() async {
        outbound.finish()
        inbound.finish()
    }
}

import FleetModel
import FleetProtocol
import FleetSuites
import FleetSystem
import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import FleetAgent

func decodeJSON<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(text.utf8))
}

/// Collects what an agent says.
private final class Collector: ChannelInboundHandler, Sendable {
    typealias InboundIn = LineDecoder.Line
    let messages = Locked<[Message]>([])
    let isClosed = Locked(false)

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .bytes(let line) = unwrapInboundIn(data) else { return }
        do {
            let message = try MessageCoder().decode(line)
            messages.withLock { $0.append(message) }
        } catch {
            Issue.record("the agent sent a line that is no message: \(error)")
        }
    }

    func channelInactive(context: ChannelHandlerContext) { isClosed.withLock { $0 = true } }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// One connection to a real agent, as a coordinator makes it.
final class TestCoordinator: Sendable {
    private let channel: any Channel
    private let collector = Collector()
    private let agent: TestAgent

    init(_ agent: TestAgent) async throws {
        self.agent = agent
        let collector = collector
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(LineDecoder()))
                    try channel.pipeline.syncOperations.addHandler(collector)
                }
            }
            .connect(host: "127.0.0.1", port: agent.ready.port).get()
    }

    /// Connects and proves.
    static func greeted(
        _ agent: TestAgent, purpose: Message.Hello.Purpose = .control, token: RunToken? = nil,
        change: (inout Message.Hello) -> Void = { _ in }
    ) async throws -> TestCoordinator {
        let client = try await TestCoordinator(agent)
        let nonce = RunToken.makeNonce()
        var hello = Message.Hello(
            role: .coordinator, purpose: purpose, program: "test",
            catalogue: try CatalogueDigest.digest(of: Catalogue.tests), nonce: nonce, run: agent.layout.run,
            epoch: Epoch(rawValue: 1))
        change(&hello)
        try await client.send(.hello(hello))
        guard case .hello(let answer) = try await client.first(where: { _ in true }) else { return client }
        let mac = (token ?? agent.token).proof(of: answer.nonce, by: .coordinator)
        try await client.send(.proof(Message.Proof(mac: mac)))
        let proven = try await client.first { message in
            switch message {
            case .proof, .error: true
            default: false
            }
        }
        if case .proof(let proof) = proven { #expect(agent.token.verifies(proof.mac, of: nonce, by: .agent)) }
        return client
    }

    func send(_ message: Message) async throws {
        try await channel.writeAndFlush(try MessageCoder().encode(message))
    }

    func send(text: String) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: text))
    }

    func close() async { try? await channel.close() }

    var messages: [Message] { collector.messages.withLock { $0 } }
    var isClosed: Bool { collector.isClosed.withLock { $0 } }

    /// The results so far, in the order in which they came.
    var results: [Message.Result] {
        messages.compactMap { message in
            if case .result(let result) = message { result } else { nil }
        }
    }

    var errorCodes: [String] {
        messages.compactMap { message in
            if case .error(let report) = message { report.code } else { nil }
        }
    }

    /// Waits for a message, at most so long.
    func first(
        within limit: Duration = .seconds(30), where matches: (Message) -> Bool
    ) async throws -> Message {
        _ = await Waiting.until(within: limit, every: .milliseconds(5)) {
            messages.contains(where: matches) || isClosed
        }
        let found = messages.first(where: matches)
        return try #require(found, "not said: \(messages)")
    }

    /// Waits for the result of an attempt.
    func result(of attempt: Int, within limit: Duration = .seconds(30)) async throws -> AttemptResult {
        _ = await Waiting.until(within: limit, every: .milliseconds(5)) {
            results.contains { $0.attempt.rawValue == attempt }
        }
        return try #require(results.first { $0.attempt.rawValue == attempt }, "no result").result
    }

    func closed(within limit: Duration = .seconds(10)) async -> Bool {
        await Waiting.until(within: limit) { isClosed }
    }

    func offer(_ tests: [TestCase], environment: EnvironmentRequest? = nil) async throws {
        try await send(.shard(Message.Shard(lane: 0, environment: environment, candidates: tests)))
    }

    func start(_ attempt: Int, _ test: TestCase) async throws {
        try await send(
            .start(
                Message.Start(
                    attempt: AttemptID(rawValue: attempt), test: test.id, lane: 0, epoch: Epoch(rawValue: 1))))
    }

    /// Offers and starts one command, and waits for its result.
    func run(
        _ attempt: Int, _ shell: String, timeout: Double = 30, artifacts: [String] = [],
        change: (inout CommandSpecification) -> Void = { _ in }
    ) async throws -> AttemptResult {
        var specification = CommandSpecification(command: .shell(shell), artifacts: artifacts)
        change(&specification)
        let test = TestCase(
            id: try testID("command/t\(attempt)"), title: "t", modes: [], timeout: timeout,
            kind: .command(specification))
        try await offer([test])
        try await start(attempt, test)
        return try await result(of: attempt, within: .seconds(timeout + 60))
    }
}

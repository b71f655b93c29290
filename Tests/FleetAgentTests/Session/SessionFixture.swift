import FleetModel
import FleetProtocol
import NIOCore
import Testing

@testable import FleetAgent

/// An agent's session under test, with a coordinator that speaks to it line by line.
struct SessionFixture {
    static let token = RunToken()
    static let catalogue = String(repeating: "c", count: 64)
    static let nonce = String(repeating: "a1", count: 32)
    static let run: RunID = {
        guard let run = RunID(rawValue: "run-1") else { preconditionFailure("a constant that is right") }
        return run
    }()

    var session: AgentSession
    var now = Duration.zero
    var lastConnection = 0

    init(slots: Int = 2, lanes: Int = 1, change: (inout AgentSession.Settings) -> Void = { _ in }) {
        var settings = AgentSession.Settings(
            run: Self.run, epoch: Epoch(rawValue: 1), token: Self.token, slots: slots, lanes: lanes,
            grace: .seconds(120), catalogue: Self.catalogue, incarnation: "one")
        change(&settings)
        session = AgentSession(settings: settings, now: .zero)
    }

    mutating func handle(_ event: AgentSession.Event) -> [AgentSession.Action] { session.handle(event, now: now) }

    mutating func send(_ message: Message, on id: ConnectionID) throws -> [AgentSession.Action] {
        var line = try MessageCoder().encode(message)
        line.moveWriterIndex(to: line.writerIndex - 1)
        return handle(.line(id, .bytes(line)))
    }

    mutating func send(text: String, on id: ConnectionID) -> [AgentSession.Action] {
        handle(.line(id, .bytes(ByteBuffer(string: text))))
    }

    mutating func connect() -> ConnectionID {
        lastConnection += 1
        let id = ConnectionID(rawValue: lastConnection)
        _ = handle(.connected(id, nonce: Self.nonce))
        return id
    }

    static func hello(
        purpose: Message.Hello.Purpose = .control, epoch: Int = 1, change: (inout Message.Hello) -> Void = { _ in }
    ) -> Message {
        var hello = Message.Hello(
            role: .coordinator, purpose: purpose, program: "test", catalogue: catalogue, nonce: nonce, run: run,
            epoch: Epoch(rawValue: epoch))
        change(&hello)
        return .hello(hello)
    }

    static var proof: Message { .proof(Message.Proof(mac: token.proof(of: nonce, by: .coordinator))) }

    /// Connects and proves; returns what the agent did after the proof.
    mutating func greet(
        purpose: Message.Hello.Purpose = .control, epoch: Int = 1
    ) throws -> (ConnectionID, [AgentSession.Action]) {
        let id = connect()
        _ = try send(Self.hello(purpose: purpose, epoch: epoch), on: id)
        return (id, try send(Self.proof, on: id))
    }

    /// A session with a coordinator and offered tests.
    mutating func offer(
        _ tests: [TestCase], environment: EnvironmentRequest? = nil, lane: Int = 0, on id: ConnectionID
    ) throws -> [AgentSession.Action] {
        try send(.shard(Message.Shard(lane: lane, environment: environment, candidates: tests)), on: id)
    }

    mutating func start(
        _ attempt: Int, _ test: String, lane: Int = 0, epoch: Int = 1, on id: ConnectionID
    ) throws -> [AgentSession.Action] {
        try send(
            .start(
                Message.Start(
                    attempt: AttemptID(rawValue: attempt), test: try testID(test), lane: lane,
                    epoch: Epoch(rawValue: epoch))), on: id)
    }

    mutating func end(_ attempt: Int, _ outcome: Outcome = .passed) -> [AgentSession.Action] {
        handle(.attemptEnded(AttemptID(rawValue: attempt), AttemptResult(outcome: outcome, seconds: 1)))
    }
}

func testID(_ text: String) throws -> TestID { try #require(TestID(text)) }

func command(
    _ id: String, modes: [Mode] = [], isolation: Isolation = .shared, mutex: String? = nil, weight: Int = 1,
    timeout: Double = 60, _ shell: String = "true"
) throws -> TestCase {
    TestCase(
        id: try testID(id), title: id, modes: modes, timeout: timeout, isolation: isolation, mutex: mutex,
        weight: weight, kind: .command(CommandSpecification(command: .shell(shell))))
}

extension [AgentSession.Action] {
    var messages: [Message] {
        compactMap { action in
            switch action {
            case .send(let message, _), .sendLast(let message, _): message
            default: nil
            }
        }
    }

    var errorCodes: [String] {
        messages.compactMap { message in
            if case .error(let report) = message { report.code } else { nil }
        }
    }

    var results: [Message.Result] {
        compactMap { action in
            if case .spool(let result) = action { result } else { nil }
        }
    }

    var runs: [Int] {
        compactMap { action in
            if case .run(_, let order, _) = action { order.attempt.rawValue } else { nil }
        }
    }

    var cancelled: [Int] {
        compactMap { action in
            if case .cancel(_, let attempt, _) = action { attempt.rawValue } else { nil }
        }
    }

    var closed: [ConnectionID] {
        compactMap { action in
            if case .close(let id) = action { id } else { nil }
        }
    }
}

import FleetModel
import FleetProtocol
import NIOCore

@testable import FleetCoordinator

/// The agent's end of a connection: a test decides every line of it.
struct ScriptedAgent {
    /// What it says of itself; tests change single fields.
    struct Manner {
        var token: RunToken?
        var change: @Sendable (inout Message.Hello) -> Void = { _ in }
    }

    struct Ended: Error {}

    let stream: MemoryDuplex
    /// The greeting of the coordinator.
    private(set) var hello: Message.Hello?
    /// The code of the last error that it was sent.
    private(set) var refusal: String?
    private var reader: LineReader
    private let coder = MessageCoder()

    init(_ stream: MemoryDuplex) {
        self.stream = stream
        self.reader = LineReader(stream)
    }

    /// Greets as the agent of a run, up to its proof.
    mutating func greet(
        _ identity: SessionIdentity, incarnation: String, _ manner: Manner = Manner()
    ) async throws {
        guard case .hello(let theirs) = try await next() else { throw Ended() }
        hello = theirs
        var ours = Message.Hello(
            role: .agent, purpose: theirs.purpose, program: "scripted", catalogue: identity.catalogue,
            features: Mode.allCases.map { "mode:\($0)" }, nonce: RunToken.makeNonce(), run: theirs.run,
            epoch: theirs.epoch, incarnation: incarnation)
        manner.change(&ours)
        try await send(.hello(ours))
        guard case .proof(let proof) = try await next(),
            identity.token.verifies(proof.mac, of: ours.nonce, by: .coordinator)
        else { throw Ended() }
        let mac = (manner.token ?? identity.token).proof(of: theirs.nonce, by: .agent)
        try await send(.proof(.init(mac: mac)))
    }

    func send(_ message: Message) async throws { try await stream.write(try coder.encode(message)) }

    func send(line: String) async throws { try await stream.write(ByteBuffer(string: line + "\n")) }

    /// The next message that is no ping.
    mutating func next() async throws -> Message {
        while true {
            guard case .bytes(let line)? = try await reader.next() else { throw Ended() }
            let message = try coder.decode(line)
            if case .ping = message { continue }
            if case .error(let error) = message { refusal = error.code }
            return message
        }
    }

    /// The end of the coordinator's lines, whatever comes before it.
    mutating func awaitClose() async throws {
        while try await reader.next() != nil {}
    }
}

extension Message.Result {
    /// A result as a test needs it.
    static func sample(
        _ sequence: Int, attempt: Int = 1, test: TestID, epoch: Int = 1, outcome: Outcome = .passed
    ) -> Message.Result {
        Message.Result(
            sequence: sequence, attempt: AttemptID(rawValue: attempt), test: test, lane: 0, slot: 0,
            epoch: Epoch(rawValue: epoch), result: AttemptResult(outcome: outcome, seconds: 0.5))
    }
}

import FleetModel
import FleetProtocol
import NIOConcurrencyHelpers
import NIOCore

/// Who we are for the agents of a run.
struct SessionIdentity: Sendable {
    var run: RunID
    var token: RunToken
    var program: String
    var catalogue: String
}

/// One connection with an agent, from hello to its end.
struct Conversation: Sendable {
    /// What happens in it.
    enum Event: Sendable {
        /// The agent is who it should be; messages may be sent until the conversation ends.
        case greeted(modes: Set<Mode>, outbox: AsyncStream<Message>.Continuation)
        case message(Message)
        case changed(JournalEntry.HostChange.State, String)
    }

    let stream: any ByteDuplex
    let identity: SessionIdentity
    let epoch: Epoch
    let patience: HostLink.Patience
    let sequences: ResultSequences
    private let heard: NIOLockedValueBox<Double?>

    init(
        stream: any ByteDuplex, identity: SessionIdentity, epoch: Epoch, patience: HostLink.Patience,
        lastHeard: Double?, sequences: ResultSequences
    ) {
        self.stream = stream
        self.identity = identity
        self.epoch = epoch
        self.patience = patience
        self.sequences = sequences
        self.heard = NIOLockedValueBox(lastHeard)
    }

    /// When the last line arrived, in seconds of the monotonic clock.
    var lastHeard: Double? { heard.withLockedValue { $0 } }

    /// Speaks until one side ends; the agent's leftovers when it said farewell.
    func run(_ tell: @escaping @Sendable (Event) -> Void) async -> Result<[String]?, LinkError> {
        do {
            let greeting = try await greet()
            heard.withLockedValue { $0 = Clock.now }
            return .success(try await exchange(greeting, tell))
        } catch let error as LinkError {
            return .failure(error)
        } catch {
            return .failure(LinkError(.transient, "the connection to the agent broke: \(error)"))
        }
    }

    private func greet() async throws -> Greeting {
        do {
            return try await withTimeLimit(patience.greeting) {
                try await Greeting.exchange(
                    on: stream, identity: identity, epoch: epoch, purpose: .control)
            }
        } catch let error as TimeLimitExceeded {
            throw LinkError(.transient, "the agent did not greet: \(error)")
        }
    }

    /// Reader, writer and watch side by side; the first that ends, ends all.
    private func exchange(
        _ greeting: Greeting, _ tell: @escaping @Sendable (Event) -> Void
    ) async throws -> [String]? {
        let health = NIOLockedValueBox(LinkHealth(now: Clock.now, limits: patience.health))
        let (messages, outbox) = AsyncStream.makeStream(of: Message.self)
        tell(.greeted(modes: greeting.modes, outbox: outbox))
        return try await withThrowingTaskGroup(of: [String]?.self) { group in
            group.addTask { try await read(greeting, health, outbox, tell) }
            group.addTask { try await write(messages) }
            group.addTask { try await watch(health, outbox, tell) }
            defer {
                group.cancelAll()
                outbox.finish()
            }
            return try await group.next() ?? nil
        }
    }

    private func read(
        _ greeting: Greeting, _ health: NIOLockedValueBox<LinkHealth>,
        _ outbox: AsyncStream<Message>.Continuation, _ tell: @Sendable (Event) -> Void
    ) async throws -> [String]? {
        var reader = greeting.reader
        let coder = MessageCoder()
        while let line = try await reader.next() {
            let now = Clock.now
            heard.withLockedValue { $0 = now }
            if health.withLockedValue({ $0.heard(now: now) }).contains(.recovered) {
                tell(.changed(.recovered, "it was heard again"))
            }
            guard case .bytes(let bytes) = line, let message = try? coder.decode(bytes) else {
                outbox.yield(.error(.init(code: "bad-line", message: "a line was not understood and is ignored")))
                continue
            }
            switch message {
            case .ping(let ping): outbox.yield(.pong(ping))
            case .pong: break
            case .bye(let bye): return bye.leftovers
            case .result(let result):
                if sequences.accept(result.sequence, of: greeting.incarnation) {
                    tell(.message(message))
                } else {
                    outbox.yield(.acknowledge(.init(through: result.sequence)))
                }
            default: tell(.message(message))
            }
        }
        throw LinkError(.transient, "the agent's side of the connection ended")
    }

    private func write(_ messages: AsyncStream<Message>) async throws -> [String]? {
        let coder = MessageCoder()
        for await message in messages { try await stream.write(try coder.encode(message)) }
        // The stream of messages ends only with the conversation.
        throw CancellationError()
    }

    private func watch(
        _ health: NIOLockedValueBox<LinkHealth>, _ outbox: AsyncStream<Message>.Continuation,
        _ tell: @Sendable (Event) -> Void
    ) async throws -> [String]? {
        // Bounded by the lease at the latest; a timer, because silence is what it watches for.
        while true {
            try await Task.sleep(for: .milliseconds(250))
            let now = Clock.now
            let (actions, silence) = health.withLockedValue { ($0.tick(now: now), Int($0.silence(now: now))) }
            for action in actions {
                switch action {
                case .ping(let number): outbox.yield(.ping(.init(number: number)))
                case .suspect: tell(.changed(.suspect, "nothing heard for \(silence) s"))
                case .lost: tell(.changed(.suspect, "taken for lost: nothing heard for \(silence) s"))
                case .endLease:
                    throw LinkError(.transient, "the agent is silent")
                case .recovered: break
                }
            }
        }
    }
}

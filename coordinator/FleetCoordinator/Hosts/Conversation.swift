import FleetModel
import FleetProtocol
import FleetSystem
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
        case greeted(Greeting, outbox: AsyncStream<Message>.Continuation)
        /// A result that has not arrived before; to be acknowledged once it is on our disk.
        case result(Message.Result)
        case message(Message)
        case changed(JournalEntry.HostChange.State, String)
        /// Environments stay on the host after the run; their names.
        case kept([String])
    }

    /// How many of our messages may wait for an agent that does not read.
    static let outboxLimit = 8192

    let stream: any ByteDuplex
    let identity: SessionIdentity
    let epoch: Epoch
    let patience: HostLink.Patience
    /// Which start of the agent must answer; nil for any.
    let incarnation: String?
    let ledger: ResultLedger
    /// Why the conversation has to end though it goes well; the first one ends it.
    let interruptions: AsyncStream<LinkError>
    private let heard: NIOLockedValueBox<Double?>

    init(
        stream: any ByteDuplex, identity: SessionIdentity, epoch: Epoch, patience: HostLink.Patience,
        incarnation: String?, lastHeard: Double?, ledger: ResultLedger,
        interruptions: AsyncStream<LinkError>
    ) {
        self.stream = stream
        self.identity = identity
        self.epoch = epoch
        self.patience = patience
        self.incarnation = incarnation
        self.ledger = ledger
        self.interruptions = interruptions
        self.heard = NIOLockedValueBox(lastHeard)
    }

    /// When the last line arrived, in seconds of the monotonic clock.
    var lastHeard: Double? { heard.withLockedValue { $0 } }

    /// Speaks until one side ends; the agent's leftovers when it said farewell.
    func run(_ tell: @escaping @Sendable (Event) async -> Void) async -> Result<[String]?, LinkError> {
        do {
            let greeting = try await greet()
            guard incarnation == nil || incarnation == greeting.incarnation else {
                throw LinkError(.agentGone, "another agent than the one that was started answers on its port")
            }
            heard.withLockedValue { $0 = Monotonic.seconds }
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
        _ greeting: Greeting, _ tell: @escaping @Sendable (Event) async -> Void
    ) async throws -> [String]? {
        let health = NIOLockedValueBox(LinkHealth(now: Monotonic.seconds, limits: patience.health))
        let (messages, outbox) = AsyncStream.makeStream(
            of: Message.self, bufferingPolicy: .bufferingOldest(Self.outboxLimit))
        await tell(.greeted(greeting, outbox: outbox))
        return try await withThrowingTaskGroup(of: [String]?.self) { group in
            group.addTask { try await read(greeting, health, outbox, tell) }
            group.addTask { try await write(messages) }
            group.addTask { try await watch(health, outbox, tell) }
            group.addTask {
                for await error in interruptions { throw error }
                throw CancellationError()
            }
            defer {
                group.cancelAll()
                outbox.finish()
            }
            return try await group.next() ?? nil
        }
    }

    private func read(
        _ greeting: Greeting, _ health: NIOLockedValueBox<LinkHealth>,
        _ outbox: AsyncStream<Message>.Continuation, _ tell: @Sendable (Event) async -> Void
    ) async throws -> [String]? {
        var reader = greeting.reader
        var state = ConversationState(incarnation: greeting.incarnation, ledger: ledger)
        while let line = try await reader.next() {
            let now = Monotonic.seconds
            heard.withLockedValue { $0 = now }
            if health.withLockedValue({ $0.heard(now: now) }).contains(.recovered) {
                await tell(.changed(.recovered, "it was heard again"))
            }
            for action in state.received(line) {
                switch action {
                case .reply(let message):
                    guard case .dropped = outbox.yield(message) else { continue }
                    throw LinkError(.transient, "the agent does not read what it is sent")
                case .tell(let event): await tell(event)
                case .farewell(let leftovers): return leftovers
                case .end(let error):
                    if error.kind == .untrustworthy { try await sayTooManyErrors(error) }
                    throw error
                }
            }
        }
        throw LinkError(.transient, "the agent's side of the connection ended")
    }

    /// Says so before the connection is closed; the writer may be stuck, so not through it.
    private func sayTooManyErrors(_ error: LinkError) async throws {
        let stream = stream
        let line = try MessageCoder().encode(.error(Message.ErrorReport(.tooManyErrors, message: "\(error)")))
        // The agent may not even read; it is given up all the same.
        try? await withTimeLimit(.seconds(1)) { try await stream.write(line) }
    }

    private func write(_ messages: AsyncStream<Message>) async throws -> [String]? {
        let coder = MessageCoder()
        for await message in messages { try await stream.write(try coder.encode(message)) }
        // The stream of messages ends only with the conversation.
        throw CancellationError()
    }

    private func watch(
        _ health: NIOLockedValueBox<LinkHealth>, _ outbox: AsyncStream<Message>.Continuation,
        _ tell: @Sendable (Event) async -> Void
    ) async throws -> [String]? {
        while true {
            let pause = health.withLockedValue { $0.nextTick } - Monotonic.seconds
            // A timer, because silence is what it watches for; it ends with the connection.
            try await Task.sleep(for: .seconds(max(0.001, min(pause, 3600))))
            let now = Monotonic.seconds
            let (actions, silence) = health.withLockedValue { ($0.tick(now: now), Int($0.silence(now: now))) }
            for action in actions {
                switch action {
                case .ping(let number): _ = outbox.yield(.ping(.init(number: number)))
                case .suspect: await tell(.changed(.suspect, "nothing heard for \(silence) s"))
                case .lost:
                    await tell(.changed(.suspect, "taken for lost: nothing heard for \(silence) s; connecting again"))
                    throw LinkError(.transient, "the agent is silent")
                case .recovered: break
                }
            }
        }
    }
}

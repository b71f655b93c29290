import FleetModel
import FleetProtocol
import NIOConcurrencyHelpers

/// What a link tells the run.
enum LinkEvent: Sendable {
    /// The agent takes orders: for the first time, again after a cut, or as a new agent under a new lease.
    case ready(HostID, Epoch, modes: Set<Mode>)
    /// Something that only people need to know.
    case changed(JournalEntry.HostChange)
    /// The lease has ended: its work goes to others.
    case lost(HostID, Epoch, reason: String, cause: Cause, isFinal: Bool)
    /// A line from the agent.
    case message(HostID, Message)
    /// A try failed and is repeated; only the curious want to know.
    case trouble(HostID, String)
}

/// Keeps one host in the run: launches its agent, speaks with it, and comes back after a cut.
///
/// The agent outlives the connection; a cut shorter than the lease is not even noticed by the dispatcher. When the lease
/// ends the work is given to others, and the link goes on trying under a new epoch.
final class HostLink: Sendable {
    /// How patient the link is.
    struct Patience: Sendable {
        /// How often the first connection is tried.
        var firstTries = 3
        /// How often an agent that died is started again.
        var relaunches = 2
        /// The limit of hello and proof.
        var greeting = Duration.seconds(10)
        /// The pause between two tries.
        var pause = Duration.milliseconds(500)
        var health = LinkHealth.Limits()
    }

    /// The end of a link.
    enum End: Sendable {
        /// The agent has torn down; what it could not remove.
        case finished(leftovers: [String])
        /// The agent cannot be reached, or never could.
        case abandoned
    }

    let host: HostID
    let transport: any AgentTransport
    let identity: SessionIdentity
    let patience: Patience
    private let order: LaunchOrder
    private let emit: @Sendable (LinkEvent) -> Void
    private let outbox = NIOLockedValueBox<AsyncStream<Message>.Continuation?>(nil)
    private let wantsEnd = NIOLockedValueBox(false)
    private let present = NIOLockedValueBox<(port: Int, epoch: Epoch)?>(nil)

    private let launched = NIOLockedValueBox(false)

    /// Whether an agent was ever started on the host.
    var hasLaunched: Bool { launched.withLockedValue { $0 } }

    /// The port of the agent that greeted last; nil before the first.
    var agentPort: Int? { present.withLockedValue { $0?.port } }

    /// The lease under which the agent was greeted last.
    var currentEpoch: Epoch { present.withLockedValue { $0?.epoch } ?? order.epoch }

    init(
        host: HostID, transport: any AgentTransport, order: LaunchOrder, identity: SessionIdentity,
        patience: Patience = Patience(), emit: @escaping @Sendable (LinkEvent) -> Void
    ) {
        self.host = host
        self.transport = transport
        self.order = order
        self.identity = identity
        self.patience = patience
        self.emit = emit
    }

    /// Sends a message over the present connection; without one it is dropped, because orders are repeated on return.
    func send(_ message: Message) {
        outbox.withLockedValue { _ = $0?.yield(message) }
    }

    /// Asks the agent to tear down and end, or, without a connection, the link to stop trying.
    func finish(reason: String) {
        wantsEnd.withLockedValue { $0 = true }
        send(.finish(Message.Finish(reason: reason)))
    }

    /// Runs until the agent has said farewell, the host is given up, or the task is cancelled.
    func run() async -> End {
        var state = LinkState(epoch: order.epoch)
        while !Task.isCancelled {
            do throws(LinkError) {
                if let leftovers = try await connectOnce(&state) { return .finished(leftovers: leftovers) }
            } catch {
                if await !recover(from: error, &state) { return .abandoned }
            }
            if wantsEnd.withLockedValue({ $0 }) { return .abandoned }
            do { try await Task.sleep(for: patience.pause) } catch { return .abandoned }
        }
        return .abandoned
    }

    /// One connection from its making to its end; the agent's leftovers when it ended the run.
    private func connectOnce(_ state: inout LinkState) async throws(LinkError) -> [String]? {
        if state.address == nil {
            try await transport.prepare()
            var order = order
            order.epoch = state.epoch
            launched.withLockedValue { $0 = true }
            state.address = try await transport.launch(order)
            state.launches += 1
        }
        guard let address = state.address else { return nil }
        let stream = try await transport.open(port: address.port)
        let end = await converse(stream, &state)
        await stream.close()
        return try end.get()
    }

    private func converse(
        _ stream: any ByteDuplex, _ state: inout LinkState
    ) async -> Result<[String]?, LinkError> {
        let (epoch, port) = (state.epoch, state.address?.port)
        let greeted = NIOLockedValueBox(false)
        let conversation = Conversation(
            stream: stream, identity: identity, epoch: epoch, patience: patience, lastHeard: state.lastHeard,
            sequences: state.sequences)
        let end = await conversation.run { [self] event in
            switch event {
            case .greeted(let modes, let continuation):
                greeted.withLockedValue { $0 = true }
                outbox.withLockedValue { $0 = continuation }
                present.withLockedValue { $0 = port.map { ($0, epoch) } }
                emit(.ready(host, epoch, modes: modes))
            case .message(let message): emit(.message(host, message))
            case .changed(let change, let text):
                emit(.changed(.init(host: host, state: change, epoch: epoch, message: text)))
            }
        }
        outbox.withLockedValue { $0 = nil }
        state.lastHeard = conversation.lastHeard ?? state.lastHeard
        if greeted.withLockedValue({ $0 }) { state.hasBeenReady = true }
        return end
    }

    /// Decides after a failure whether to go on, and tells the run when the lease is over.
    private func recover(from error: LinkError, _ state: inout LinkState) async -> Bool {
        if wantsEnd.withLockedValue({ $0 }) { return false }
        switch state.verdict(on: error, patience: patience, now: Clock.now) {
        case .tryAgain:
            emit(.trouble(host, "trying again: \(error)"))
            return true
        case .relaunch(let reason):
            emit(.lost(host, state.epoch, reason: reason, cause: .host, isFinal: false))
            emit(.changed(.init(host: host, state: .lost, epoch: state.epoch, message: reason)))
            state.relaunch()
            let text = "its agent was started again under lease \(state.epoch)"
            emit(.changed(.init(host: host, state: .restarted, epoch: state.epoch, message: text)))
            return true
        case .endLease(let reason):
            emit(.lost(host, state.epoch, reason: reason, cause: .transport, isFinal: false))
            emit(.changed(.init(host: host, state: .lost, epoch: state.epoch, message: reason)))
            state.endLease()
            return true
        case .giveUp(let reason):
            let isNew = !state.hasBeenReady
            emit(.changed(.init(host: host, state: isNew ? .unavailable : .lost, epoch: state.epoch, message: reason)))
            emit(.lost(host, state.epoch, reason: reason, cause: .host, isFinal: true))
            return false
        }
    }
}

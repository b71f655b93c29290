import FleetModel
import FleetProtocol
import FleetSystem
import NIOConcurrencyHelpers

/// What a link tells the run.
enum LinkEvent: Sendable {
    /// The agent takes orders: for the first time, again after a cut, or as a new agent under a new lease.
    ///
    /// One that shares the host's slots has none until a message says how many.
    case ready(HostID, Epoch, modes: Set<Mode>, sharesSlots: Bool)
    /// Something that only people need to know.
    case changed(JournalEntry.HostChange)
    /// An agent was started and listens; it has not been greeted.
    case launched(HostID, Epoch, AgentAddress)
    /// The lease has ended: its work goes to others.
    case lost(HostID, Epoch, reason: String, cause: Cause, isFinal: Bool)
    /// A result that arrived for the first time, from one start of the agent; to be acknowledged once it is safe.
    case result(HostID, incarnation: String, Message.Result)
    /// Another line from the agent.
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
        /// How long a host whose lease has ended may stay away, in seconds: its agent ends after that, too.
        var absence = 120.0
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
    private let emit: @Sendable (LinkEvent) async -> Void
    /// What the journal of a resumed run says of the host; nil in a new run.
    private let resuming: RecoveredRun.Host?
    private let ledger = ResultLedger()
    private let interruptions = Interruptions()
    private let wantsEnd = NIOLockedValueBox(false)
    private let contact = NIOLockedValueBox<Contact?>(nil)
    private let progress: NIOLockedValueBox<Progress>
    private let (abandonment, abandon) = AsyncStream.makeStream(of: Never.self)

    /// How far the link ever came.
    enum Progress: Hashable, Sendable, Comparable {
        /// It is still trying its first connection.
        case connecting
        /// An agent was started on the host.
        case launched
        /// It was told that the host cannot be used.
        case givenUp
    }

    /// The agent that greeted last.
    private struct Contact {
        let port: Int
        let epoch: Epoch
        let incarnation: String
        /// Where messages to it go; nil while there is no connection.
        var outbox: AsyncStream<Message>.Continuation?
    }

    private let environments = NIOLockedValueBox<[String]>([])

    /// The environments that the agent has left on its host; known once it has said farewell.
    var kept: [String] { environments.withLockedValue { $0 } }

    /// How far the link ever came.
    var reached: Progress { progress.withLockedValue { $0 } }

    /// The port of the agent that greeted last; nil before the first.
    var agentPort: Int? { contact.withLockedValue { $0?.port } }

    /// The lease under which the agent was greeted last.
    var currentEpoch: Epoch { contact.withLockedValue { $0?.epoch } ?? order.epoch }

    init(
        host: HostID, transport: any AgentTransport, order: LaunchOrder, identity: SessionIdentity,
        patience: Patience = Patience(), resuming: RecoveredRun.Host? = nil,
        emit: @escaping @Sendable (LinkEvent) async -> Void
    ) {
        self.host = host
        self.transport = transport
        self.order = order
        self.identity = identity
        self.patience = patience
        self.emit = emit
        self.resuming = resuming
        // What an earlier coordinator started is cleaned up in the end, even when it never answers us.
        self.progress = NIOLockedValueBox(resuming?.address == nil ? .connecting : .launched)
        if let resuming, let address = resuming.address {
            ledger.restore(resuming.sequence, of: address.incarnation)
        }
    }

    /// Sends a message over the present connection; without one it is dropped, because orders are repeated on return.
    func send(_ message: Message) {
        contact.withLockedValue { contact in
            guard let contact, case .dropped = contact.outbox?.yield(message) else { return }
            // What was dropped is said again after the cut.
            interruptions.interrupt(contact.epoch, LinkError(.transient, "the agent does not read what it is sent"))
        }
    }

    /// Ends the lease of an agent that answers but owes a result; a later lease is left alone.
    func endLease(_ epoch: Epoch, reason: String) {
        interruptions.interrupt(epoch, LinkError(.overdue, reason))
    }

    /// Tells the agent that a result is on our disk.
    ///
    /// Another start of the agent counts its results anew and must not hear of it; without a connection the agent sends
    /// the result again on return and is told then.
    func acknowledge(_ sequence: Int, of incarnation: String) {
        ledger.becameSafe(sequence, of: incarnation)
        contact.withLockedValue { contact in
            guard contact?.incarnation == incarnation else { return }
            _ = contact?.outbox?.yield(.acknowledge(.init(through: sequence)))
        }
    }

    /// Asks the agent to tear down and end; without a connection the link stops trying at once.
    func finish(reason: String) {
        wantsEnd.withLockedValue { $0 = true }
        let isConnected = contact.withLockedValue { $0?.outbox != nil }
        if isConnected { send(.finish(Message.Finish(reason: reason))) } else { abandon.finish() }
    }

    /// Runs until the agent has said farewell, the host is given up or abandoned, or the task is cancelled.
    func run() async -> End {
        await withTaskGroup(of: End?.self) { group in
            group.addTask { await self.keepConnected() }
            group.addTask {
                for await _ in self.abandonment {}
                return nil
            }
            defer { group.cancelAll() }
            return await (group.next() ?? nil) ?? .abandoned
        }
    }

    /// Connects again and again, with a pause that nothing could announce the end of; bounded by the lease, by the
    /// number of first tries, by the time of absence and, above all, by the end of the run, which cancels it.
    private func keepConnected() async -> End {
        var state = resuming.map { LinkState(resuming: $0, now: Monotonic.seconds) } ?? LinkState(epoch: order.epoch)
        while !Task.isCancelled {
            do throws(LinkError) {
                if let leftovers = try await connectOnce(&state) {
                    if wantsEnd.withLockedValue({ $0 }) { return .finished(leftovers: leftovers) }
                    throw LinkError(.agentGone, "it ended by itself")
                }
            } catch {
                if await !recover(from: error, &state) { return .abandoned }
            }
            if wantsEnd.withLockedValue({ $0 }) { return .abandoned }
            // Nothing announces that a host can be reached again; cancelled or abandoned, the pause is over at once.
            do { try await Task.sleep(for: patience.pause) } catch { return .abandoned }
        }
        return .abandoned
    }

    /// One connection from its making to its end; the agent's leftovers when it ended the run.
    private func connectOnce(_ state: inout LinkState) async throws(LinkError) -> [String]? {
        if state.address == nil { try await launch(&state) }
        guard let address = state.address else { return nil }
        let left = state.leaseLeft(patience.health, now: Monotonic.seconds)
        let stream = try await open(port: address.port, within: left.map(Duration.seconds))
        if let detour = transport.detour, state.tells(detour) {
            await emit(.changed(.init(host: host, state: .notice, epoch: state.epoch, message: detour)))
        }
        // On the loop of the connection: each line would else change threads twice.
        let end = await withTaskExecutorPreference(stream.executor) { await converse(stream, address, &state) }
        await stream.close()
        return try end.get()
    }

    private func launch(_ state: inout LinkState) async throws(LinkError) {
        try await transport.prepare()
        var order = order
        order.epoch = state.epoch
        progress.withLockedValue { $0 = .launched }
        if state.mustSweep {
            for leftover in try await transport.sweep(.run(order.run)) {
                await emit(.trouble(host, "not removed before a new agent is started: \(leftover)"))
            }
        }
        let address = try await transport.launch(order)
        state.address = address
        state.launches += 1
        // In the journal before it is greeted: who resumes this run has to find it.
        await emit(.launched(host, state.epoch, address))
        if state.hasBeenReady {
            let text = "its agent was started again under lease \(state.epoch)"
            await emit(.changed(.init(host: host, state: .restarted, epoch: state.epoch, message: text)))
        }
    }

    /// Opens a stream; while a lease runs, no longer than it does, so that its end is noticed in time.
    private func open(port: Int, within limit: Duration?) async throws(LinkError) -> any ByteDuplex {
        guard let limit else { return try await transport.open(port: port) }
        let transport = transport
        do {
            return try await withTimeLimit(limit) { try await transport.open(port: port) }
        } catch let error as LinkError {
            throw error
        } catch {
            throw LinkError(.transient, "no connection to the agent: \(error)")
        }
    }

    private func converse(
        _ stream: any ByteDuplex, _ address: AgentAddress, _ state: inout LinkState
    ) async -> Result<[String]?, LinkError> {
        let epoch = state.epoch
        var patience = patience
        if let left = state.leaseLeft(patience.health, now: Monotonic.seconds) {
            patience.greeting = min(patience.greeting, .seconds(left))
        }
        let greeted = NIOLockedValueBox(false)
        let conversation = Conversation(
            stream: stream, identity: identity, epoch: epoch, patience: patience, incarnation: address.incarnation,
            lastHeard: state.lastHeard, ledger: ledger, interruptions: interruptions.begin(epoch))
        let end = await conversation.run { [self] event in
            switch event {
            case .greeted(let greeting, let outbox):
                greeted.withLockedValue { $0 = true }
                let new = Contact(
                    port: address.port, epoch: epoch, incarnation: greeting.incarnation, outbox: outbox)
                contact.withLockedValue { $0 = new }
                await emit(.ready(host, epoch, modes: greeting.modes, sharesSlots: greeting.sharesSlots))
            case .result(let result): await emit(.result(host, incarnation: address.incarnation, result))
            case .message(let message): await emit(.message(host, message))
            case .kept(let names): environments.withLockedValue { $0 = names }
            case .changed(let change, let text):
                await emit(.changed(.init(host: host, state: change, epoch: epoch, message: text)))
            }
        }
        interruptions.end()
        contact.withLockedValue { $0?.outbox = nil }
        if greeted.withLockedValue({ $0 }) {
            state.hasBeenReady = true
            if let time = conversation.lastHeard { state.heard(at: time) }
        }
        return end
    }

    /// Decides after a failure whether to go on, and tells the run when the lease is over.
    private func recover(from error: LinkError, _ state: inout LinkState) async -> Bool {
        if wantsEnd.withLockedValue({ $0 }) { return false }
        let recovery = state.failed(error, host: host, patience: patience, now: Monotonic.seconds)
        if !recovery.goesOn { progress.withLockedValue { if $0 == .connecting { $0 = .givenUp } } }
        for event in recovery.events { await emit(event) }
        if recovery.closesTransport { await transport.close() }
        return recovery.goesOn
    }
}

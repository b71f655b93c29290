import FleetModel
import FleetProtocol
import NIOCore

@testable import FleetCoordinator

/// One link of a coordinator: the real state, health, greeting, conversation and ledger; the shell around them is this.
final class SimulatedLink {
    private enum Stage {
        case idle
        case greeting(GreetingState)
        case talking(ConversationState, LinkHealth)
    }

    let host: SimulatedHost
    private unowned let coordinator: SimulatedCoordinator
    private var world: World { host.world }
    private var state: LinkState
    private let identity: SessionIdentity
    private let order: LaunchOrder
    private let ledger = ResultLedger()
    private let patience: HostLink.Patience
    private var stage = Stage.idle
    private var connection: SimulatedConnection?
    /// Counts the connections, so that what belongs to an older one is left alone.
    private var turn = 0
    private var wantsEnd = false
    private var overdue: (epoch: Epoch, reason: String)?
    private(set) var isDone = false

    init(
        _ host: SimulatedHost, of coordinator: SimulatedCoordinator, identity: SessionIdentity, slots: Int,
        resuming: RecoveredRun.Host?
    ) {
        self.host = host
        self.coordinator = coordinator
        self.identity = identity
        order = LaunchOrder(
            run: identity.run, epoch: Epoch(rawValue: 1), token: identity.token, slots: slots, lanes: 1, driver: nil,
            grace: Scenario.grace)
        var patience = HostLink.Patience()
        patience.absence = Scenario.grace
        self.patience = patience
        state =
            resuming.map { LinkState(resuming: $0, now: host.world.now) } ?? LinkState(epoch: Epoch(rawValue: 1))
        if let address = resuming?.address { ledger.restore(resuming?.sequence ?? 0, of: address.incarnation) }
    }

    // MARK: - What the run asks of it

    func send(_ message: Message) {
        if case .talking = stage { write(message) }
    }

    func acknowledge(_ sequence: Int, of incarnation: String) {
        ledger.becameSafe(sequence, of: incarnation)
        guard case .talking(let conversation, _) = stage, conversation.incarnation == incarnation else { return }
        write(.acknowledge(.init(through: sequence)))
    }

    func endLease(_ epoch: Epoch, reason: String) { overdue = (epoch, reason) }

    func finish() {
        wantsEnd = true
        if case .talking = stage { write(.finish(.init(reason: "the run is over"))) } else { end() }
    }

    /// The coordinator's process is gone.
    func die() {
        end()
        connection?.close(from: .coordinator)
    }

    private func end() {
        isDone = true
        turn += 1
    }

    // MARK: - Connecting

    func start() { connect() }

    private func connect() {
        guard !isDone else { return }
        turn += 1
        if let address = state.address { return open(address) }
        attempt(after: world.seconds(0.2...1.5)) { [self] () throws(LinkError) in
            var order = order
            order.epoch = state.epoch
            if state.mustSweep { host.sweep() }
            let address = try host.launch(order)
            state.address = address
            state.launches += 1
            let (mine, restarted) = (turn, state.hasBeenReady)
            coordinator.settle(.launched(host.id, state.epoch, address)) { [self] in
                guard mine == turn, !isDone else { return }
                if restarted { tell(.restarted, "its agent was started again") }
                open(address)
            }
        }
    }

    private func open(_ address: AgentAddress) {
        attempt(after: host.latency() * 2) { [self] () throws(LinkError) in
            guard let connection = host.connect(port: address.port) else {
                throw LinkError(.agentGone, "nobody listens on port \(address.port)")
            }
            greet(connection, address)
        }
    }

    /// Does something over the network, or finds after a while that nothing gets through.
    private func attempt(after seconds: Double, _ action: @escaping () throws(LinkError) -> Void) {
        let mine = turn
        let isReachable = host.isReachable
        let left = state.leaseLeft(patience.health, now: world.now)
        world.after(isReachable ? seconds : min(5, left ?? 5)) { [self] in
            guard mine == turn, !isDone else { return }
            do throws(LinkError) {
                guard isReachable else { throw LinkError(.transient, "no route to \(host.id)") }
                try action()
            } catch {
                failed(error)
            }
        }
    }

    private func greet(_ connection: SimulatedConnection, _ address: AgentAddress) {
        let mine = turn
        let greeting = GreetingState(
            identity: identity, epoch: state.epoch, purpose: .control, nonce: Scenario.nonce(world))
        self.connection = connection
        stage = .greeting(greeting)
        connection.listen(
            .coordinator,
            .init(
                line: { [self] line in
                    guard mine == turn, !isDone else { return }
                    var text = line
                    text.moveWriterIndex(to: text.writerIndex - 1)
                    received(text, address)
                },
                closed: { [self] in
                    guard mine == turn, !isDone else { return }
                    failed(LinkError(.transient, "the agent's side of the connection ended"))
                }))
        write(.hello(greeting.hello))
        let left = state.leaseLeft(patience.health, now: world.now)
        world.after(min(10, left ?? 10)) { [self] in
            guard mine == turn, !isDone, case .greeting = stage else { return }
            failed(LinkError(.transient, "the agent did not greet"))
        }
    }

    // MARK: - Speaking

    private func write(_ message: Message) {
        do { connection?.send(try MessageCoder().encode(message), from: .coordinator) } catch {
            world.violate("the coordinator cannot encode a message: \(error)")
        }
    }

    private func received(_ line: ByteBuffer, _ address: AgentAddress) {
        switch stage {
        case .idle: break
        case .greeting(let greeting): received(line, greeting, address)
        case .talking(var conversation, var health):
            state.heard(at: world.now)
            if health.heard(now: world.now).contains(.recovered) { tell(.recovered, "it was heard again") }
            let actions = conversation.received(.bytes(line))
            stage = .talking(conversation, health)
            for action in actions where !isDone { carryOut(action, address) }
        }
    }

    private func received(_ line: ByteBuffer, _ state: GreetingState, _ address: AgentAddress) {
        var greeting = state
        do {
            let message = try MessageCoder().decode(line)
            if case .error(let error) = message {
                throw LinkError(.permanent, "the agent refused the connection: \(error.message)")
            }
            switch try greeting.received(message) {
            case .send(let answer):
                stage = .greeting(greeting)
                write(answer)
            case .done(let modes, _, let incarnation):
                guard incarnation == address.incarnation else {
                    throw LinkError(.agentGone, "another agent answers on its port")
                }
                begin(modes, incarnation)
            }
        } catch let error as LinkError {
            failed(error)
        } catch {
            failed(LinkError(.permanent, "\(error)"))
        }
    }

    private func begin(_ modes: Set<Mode>, _ incarnation: String) {
        state.hasBeenReady = true
        state.heard(at: world.now)
        stage = .talking(
            ConversationState(incarnation: incarnation, ledger: ledger), LinkHealth(now: world.now))
        coordinator.post(.ready(host.id, state.epoch, modes: modes, sharesSlots: false))
        watch(turn)
    }

    private func watch(_ mine: Int) {
        world.after(0.5) { [self] in
            guard mine == turn, !isDone, case .talking(let conversation, var health) = stage else { return }
            if let overdue {
                self.overdue = nil
                if overdue.epoch == state.epoch { return failed(LinkError(.overdue, overdue.reason)) }
            }
            let actions = health.tick(now: world.now)
            stage = .talking(conversation, health)
            for action in actions {
                switch action {
                case .ping(let number): write(.ping(.init(number: number)))
                case .suspect: tell(.suspect, "nothing heard")
                case .lost: return failed(LinkError(.transient, "the agent is silent"))
                case .recovered: break
                }
            }
            watch(mine)
        }
    }

    private func carryOut(_ action: ConversationState.Action, _ address: AgentAddress) {
        switch action {
        case .reply(let message): write(message)
        case .tell(.result(let result)): coordinator.post(.result(host.id, incarnation: address.incarnation, result))
        case .tell(.message(let message)): coordinator.post(.message(host.id, message))
        case .tell(.changed(let change, let text)): tell(change, text)
        case .tell(.greeted), .tell(.kept): break
        case .farewell: if wantsEnd { end() } else { failed(LinkError(.agentGone, "it ended by itself")) }
        case .end(let error): failed(error)
        }
    }

    private func tell(_ change: JournalEntry.HostChange.State, _ text: String) {
        coordinator.post(.changed(.init(host: host.id, state: change, epoch: state.epoch, message: text)))
    }

    // MARK: - Failing

    private func failed(_ error: LinkError) {
        turn += 1
        connection?.close(from: .coordinator)
        connection = nil
        stage = .idle
        guard !wantsEnd else { return end() }
        let recovery = state.failed(error, host: host.id, patience: patience, now: world.now)
        tell(recovery.events[...]) { [self] in
            guard !isDone else { return }
            guard recovery.goesOn else { return end() }
            world.after(0.5) { [self] in connect() }
        }
    }

    /// Tells one event after the other, each only when the one before is in the journal.
    private func tell(_ events: ArraySlice<LinkEvent>, then next: @escaping () -> Void) {
        guard let event = events.first else { return next() }
        coordinator.settle(event) { [self] in tell(events.dropFirst(), then: next) }
    }
}

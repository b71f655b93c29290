import FleetModel
import FleetProtocol
import FleetSystem
import Logging

/// Gets our share of the host's slots, and more of it as others leave.
///
/// A slot is a lock on one byte of a file in the working directory. Guardian and agent hold it together, so that it
/// becomes free when the agent is dead and its tests have been killed, at the latest when both are dead.
final class SlotDesk: Sendable {
    private let locks: ByteLocks
    private let options: ServeOptions
    private let logger: Logger
    private let state: Locked<State>

    private struct State {
        var status: SessionStatus
        /// What was told last, and when.
        var told: Message.Slots
        var toldAt = AgentShell.now
        /// Since when slots are free that an earlier session does not take.
        var freeSince: Duration?
    }

    /// How often slots are asked for that others have.
    private static let interval = Duration.milliseconds(250)
    /// How long those who came before us may leave free slots lying: their agent may have been stopped.
    private static let patience = Duration.seconds(3)
    /// How often the same is told again while there is no slot at all.
    private static let reminder = Duration.seconds(60)

    /// Tells others that we are here, and takes what is free.
    init(locks: ByteLocks, options: ServeOptions, logger: Logger) throws {
        self.locks = locks
        self.options = options
        self.logger = logger
        let status = SessionStatus(options)
        try status.write(to: options.layout.status)
        state = Locked(State(status: status, told: Message.Slots(held: [0], wanted: options.slots)))
        _ = try step()
    }

    /// Our share as it was told last.
    var share: Message.Slots { state.withLock { $0.told } }

    /// Takes slots as they become free, until we have all that we want or the task is cancelled.
    ///
    /// Nothing announces that another session has ended, so it asks; one that has all its slots does not ask any more.
    func run(tell: @Sendable (Message.Slots) -> Void) async {
        while share.count < options.slots {
            // Cancelled only at the very end, when no more slots are needed.
            do { try await Task.sleep(for: Self.interval) } catch { return }
            do {
                if let news = try step() { tell(news) }
            } catch {
                logger.error("slots cannot be taken", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Gives all slots back, because only an environment is kept from now on.
    func close() throws {
        locks.releaseAll()
        let status = state.withLock { state in
            state.status.phase = .keeping
            state.status.held = 0
            return state.status
        }
        try status.write(to: options.layout.status)
    }

    /// Tries once; what is to be told, nil when nothing has changed.
    private func step() throws -> Message.Slots? {
        let ours = state.withLock { $0.status }
        let others = SessionStatus.living(workdir: options.workdir).filter { $0.name != ours.name }
        let queue = SlotQueue(others: others)
        var held = ours.held
        if queue.isTurn(of: ours) || isOverdue() { held = try locks.take(ours.wanted, of: options.capacity) }
        if held != ours.held {
            let status = state.withLock { state in
                state.status.held = held
                return state.status
            }
            try status.write(to: options.layout.status)
        }
        let holders = held < ours.wanted ? queue.holders(now: SessionStatus.now) : []
        let lanes = SlotQueue.shares(of: held, lanes: options.lanes, slotsPerLane: options.slots / options.lanes)
        return news(Message.Slots(held: lanes, wanted: ours.wanted, holders: holders))
    }

    private func news(_ slots: Message.Slots) -> Message.Slots? {
        state.withLock { state in
            let isReminder = slots.count == 0 && AgentShell.now - state.toldAt >= Self.reminder
            guard isReminder || slots.differs(from: state.told) else { return nil }
            state.told = slots
            state.toldAt = AgentShell.now
            return slots
        }
    }

    private func isOverdue() -> Bool {
        let hasFree = locks.hasFree(of: options.capacity)
        return state.withLock { state in
            guard hasFree else {
                state.freeSince = nil
                return false
            }
            let since = state.freeSince ?? AgentShell.now
            state.freeSince = since
            return AgentShell.now - since >= Self.patience
        }
    }
}

extension Message.Slots {
    /// Whether it says more than that time has passed.
    fileprivate func differs(from other: Message.Slots) -> Bool {
        held != other.held || wanted != other.wanted
            || holders.map { [$0.run.rawValue, "\($0.slots)"] }
                != other.holders.map { [$0.run.rawValue, "\($0.slots)"] }
    }
}

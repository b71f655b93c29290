import FleetModel
import FleetProtocol

/// Names one connection of this process; a number is never used again.
struct ConnectionID: Hashable, Sendable {
    let rawValue: Int
}

/// Everything an agent decides: events in, actions out. It sees no socket, no file and no clock.
///
/// Times are durations since any fixed instant of one monotonic clock.
struct AgentSession {
    /// What is fixed when the agent starts.
    struct Settings: Sendable {
        /// The run that is served.
        var run: RunID
        /// The lease under which the agent was started.
        var epoch: Epoch
        /// The secret of the run.
        var token: RunToken
        /// How many tests run at once on this host.
        var slots: Int
        /// How many environments the host holds at once; the slots are shared equally between them.
        var lanes: Int
        /// How long the agent lives without a coordinator.
        var grace: Duration
        /// SHA-256 of the built-in catalogue.
        var catalogue: String
        /// How environments are made where an order does not say; nil leaves it to the host, which makes its own.
        var driver: Driver?
        /// What this host can do, such as `mode:solo`.
        var features: [String] = []
        /// What people should know of this host, one sentence each; told to every coordinator that takes control.
        var notices: [String] = []
        /// Distinguishes this start of the program from the next.
        var incarnation: String
        /// Whether environments stay when the coordinator ends the run.
        var keepsEnvironments = false
        /// Our share of the host's slots at the start; nil when they are all ours.
        var slotShare: Message.Slots?
        /// How long after the last line from the coordinator the agent fences itself.
        var fence: Duration = .seconds(12)
        /// How long a connection may take to prove that it knows the token.
        var handshakeLimit: Duration = .seconds(10)
        /// How long tear-down may take before the agent ends with what is left.
        var endingLimit: Duration = .seconds(30)
        /// How many connections may be open that have not proven anything yet.
        var strangerLimit = 64
        /// How many broken lines a connection may send.
        var brokenLineLimit = 100

        /// How many workers each lane has.
        var slotsPerLane: Int { max(1, slots / max(1, lanes)) }
        /// How many starts may wait, in all lanes together.
        var queueLimit: Int { max(64, 4 * slots) }
        /// How many tests a lane may be offered.
        var candidateLimit: Int { 20_000 }
    }

    /// What happens to an agent.
    enum Event: Sendable {
        case connected(ConnectionID, nonce: String)
        case line(ConnectionID, LineDecoder.Line)
        case closed(ConnectionID)
        case tick
        case attemptEnded(AttemptID, AttemptResult)
        case environmentReady(lane: Int, EnvironmentReport)
        case environmentFailed(lane: Int, message: String)
        case environmentDown(lane: Int, leftovers: [String])
        /// Our share of the host's slots has changed.
        case slots(Message.Slots)
        /// End; when a person said so, that is told to the coordinator.
        case terminate(reason: String, evictedBy: String?)
        /// Something went wrong around the session that people should know.
        case warning(String)
    }

    /// What the shell around it has to do, in this order.
    enum Action: Hashable, Sendable {
        /// Write a message to a connection.
        case send(Message, ConnectionID)
        /// Write all results after this number to a connection, now and whenever one is added.
        case replay(after: Int, ConnectionID)
        /// Write one kept result again.
        case resend(sequence: Int, ConnectionID)
        /// Write a last message after all results, then close.
        case sendLast(Message, ConnectionID)
        /// Write a kept file in pieces.
        case sendFile(Artifact, of: AttemptID, ConnectionID)
        /// Close a connection after what was sent to it before.
        case close(ConnectionID)
        /// Keep a result on disk, then let the connections have it.
        case spool(Message.Result)
        /// Forget the results up to this number.
        case trimSpool(through: Int)
        /// Make the environment of a lane.
        case bringUp(lane: Int, EnvironmentRequest)
        /// Add to an environment what a higher mode has.
        case climb(lane: Int, EnvironmentRequest)
        /// Remove the environment of a lane.
        case takeDown(lane: Int)
        /// Start an attempt.
        case run(lane: Int, Order, slot: Int)
        /// Stop an attempt; its end is still reported.
        case cancel(lane: Int, AttemptID, reason: String)
        /// Nothing is left to do.
        case end
    }

    /// Where one connection stands.
    enum Connection {
        case fresh(nonce: String, since: Duration)
        case greeted(Message.Hello, nonce: String, since: Duration)
        case control
        case artifacts
    }

    /// What became of an attempt number.
    enum KnownAttempt: Hashable {
        case waiting(lane: Int)
        case running(lane: Int, slot: Int, stopped: Stop?)
        case ended(sequence: Int)
        case acknowledged
    }

    /// Why a running attempt was stopped.
    struct Stop: Hashable {
        var reason: String
        var cause: Cause
    }

    /// Whether the agent still takes orders.
    enum Phase: Hashable {
        case serving
        case ending(reason: String, since: Duration)
        case ended
    }

    let settings: Settings
    var epoch: Epoch
    var phase = Phase.serving
    var connections: [ConnectionID: Connection] = [:]
    /// The newest connection that controls this agent.
    var control: ConnectionID?
    var lastHeard: Duration
    var isFenced = false
    var lanes: [Lane]
    var lastStates: [Int: Message.EnvironmentState] = [:]
    var attempts: [AttemptID: KnownAttempt] = [:]
    /// The attempts whose results the coordinator has not acknowledged, by the number of the result.
    var unacknowledged: [Int: AttemptID] = [:]
    var artifacts: [AttemptID: [Artifact]] = [:]
    var lastSequence = 0
    var acknowledged = 0
    var leftovers: [String] = []
    /// The names of kept environments that lanes have taken over.
    var adopted: [Int: String] = [:]
    /// Who sent the agent away; nil when nobody did.
    var evictedBy: String?
    var brokenLines: [ConnectionID: Int] = [:]
    /// Our share of the host's slots, as it is told; nil when they are all ours.
    var slotShare: Message.Slots?
    /// Lines that were no messages, and connections that were refused.
    var faults = Faults()

    /// What went wrong on the wire so far.
    struct Faults: Hashable {
        var malformedLines = 0
        var refusedConnections = 0
        var refusedOrders = 0
    }

    init(settings: Settings, now: Duration) {
        self.settings = settings
        self.epoch = settings.epoch
        self.lastHeard = now
        self.lanes = (0..<max(1, settings.lanes)).map { Lane(number: $0, slots: settings.slotsPerLane) }
        if let share = settings.slotShare { grant(share) }
    }

    /// Takes one event and says what is to be done.
    mutating func handle(_ event: Event, now: Duration) -> [Action] {
        guard phase != .ended else { return [] }
        var actions: [Action] = []
        switch event {
        case .connected(let id, let nonce): connected(id, nonce: nonce, now: now, &actions)
        case .line(let id, let line): received(line, on: id, now: now, &actions)
        case .closed(let id): closed(id)
        case .tick: tick(now: now, &actions)
        case .attemptEnded(let attempt, let result): attemptEnded(attempt, result, &actions)
        case .environmentReady(let lane, let report): environmentReady(lane, report, &actions)
        case .environmentFailed(let lane, let message): environmentFailed(lane, message, now: now, &actions)
        case .environmentDown(let lane, let left): environmentDown(lane, left, &actions)
        case .slots(let share): takeSlots(share, &actions)
        case .terminate(let reason, let person):
            evictedBy = person ?? evictedBy
            beginEnding(reason, now: now, &actions)
        case .warning(let text): tellCoordinator(.log(Message.Log(level: .warning, message: text)), &actions)
        }
        advanceLanes(now: now, &actions)
        endIfDone(now: now, &actions)
        return actions
    }

    /// Sends a message to the coordinator, if there is one.
    func tellCoordinator(_ message: Message, _ actions: inout [Action]) {
        if let control { actions.append(.send(message, control)) }
    }

    /// Slots of the host have become ours; a lane that had none may begin.
    private mutating func takeSlots(_ share: Message.Slots, _ actions: inout [Action]) {
        grant(share)
        tellCoordinator(.slots(share), &actions)
    }

    private mutating func grant(_ share: Message.Slots) {
        slotShare = share
        for (index, count) in zip(lanes.indices, share.held) { lanes[index].grant(count) }
    }

    mutating func closed(_ id: ConnectionID) {
        connections[id] = nil
        brokenLines[id] = nil
        if control == id { control = nil }
    }
}

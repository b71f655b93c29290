import FleetModel
import FleetProtocol
import FleetSystem
import FleetTestSupport
import NIOCore

@testable import FleetAgent
@testable import FleetCoordinator

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// An agent: the real session, spool and outboxes; sockets, lanes and time are the simulation's.
final class SimulatedAgent {
    let port: Int
    let incarnation: String
    let startEpoch: Epoch
    private(set) var isAlive = true
    private let host: SimulatedHost
    private var world: World { host.world }
    private var session: AgentSession
    private let spool: ResultSpool?
    private var outboxes: [ConnectionID: Outbox] = [:]
    private var connections: [ConnectionID: SimulatedConnection] = [:]
    private var lastConnection = 0
    /// What arrived while the process was stopped.
    private var held: [AgentSession.Event]?
    private var running: Set<AttemptID> = []
    private var trimmed = 0

    init(on host: SimulatedHost, order: LaunchOrder, number: Int) {
        self.host = host
        port = 4000 + number
        incarnation = "\(host.id)-\(number)"
        startEpoch = order.epoch
        session = AgentSession(
            settings: AgentSession.Settings(
                run: order.run, epoch: order.epoch, token: order.token, slots: order.slots, lanes: order.lanes,
                grace: .seconds(order.grace), catalogue: Scenario.catalogue, features: ["mode:solo"],
                incarnation: incarnation), now: .seconds(host.world.now))
        let path = "\(Self.spoolDirectory)/fleet-simulation-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        spool = try? ResultSpool(path: path)
        unlink(path)
        if spool == nil { host.world.violate("the spool cannot be made at \(path)") }
        tick()
    }

    /// In memory where the system has such a place: a sync of a real disk would only cost time here.
    private static let spoolDirectory = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"

    private func tick() {
        guard isAlive else { return }
        handle(.tick)
        world.after(0.5) { [weak self] in self?.tick() }
    }

    // MARK: - What happens to it

    func accept(_ connection: SimulatedConnection) {
        lastConnection += 1
        let id = ConnectionID(rawValue: lastConnection)
        connections[id] = connection
        outboxes[id] = Outbox()
        connection.listen(
            .agent,
            .init(
                line: { [weak self] line in
                    var text = line
                    text.moveWriterIndex(to: text.writerIndex - 1)
                    self?.handle(.line(id, .bytes(text)))
                }, closed: { [weak self] in self?.disconnected(id) }))
        handle(.connected(id, nonce: Scenario.nonce(world)))
    }

    private func disconnected(_ id: ConnectionID) {
        connections[id] = nil
        outboxes[id] = nil
        handle(.closed(id))
    }

    /// SIGSTOP: time goes on without it, and what it started goes on.
    func pause(for seconds: Double) {
        guard isAlive, held == nil else { return }
        held = []
        world.after(seconds) { [weak self] in
            guard let self, let events = held else { return }
            held = nil
            for event in events { handle(event) }
        }
    }

    /// SIGKILL: its guardian ends all that it started and removes what it kept.
    func kill() {
        guard isAlive else { return }
        isAlive = false
        running = []
        for connection in open { connection.close(from: .agent) }
        connections = [:]
        host.witness.ended(incarnation)
    }

    /// Its connections, the oldest first.
    private var open: [SimulatedConnection] {
        connections.sorted { $0.key.rawValue < $1.key.rawValue }.map(\.value)
    }

    private func handle(_ event: AgentSession.Event) {
        guard isAlive else { return }
        if held != nil {
            // A stopped process gets the ticks of its timer no more than once.
            if case .tick = event { return }
            held?.append(event)
            return
        }
        for action in session.handle(event, now: .seconds(world.now)) { perform(action) }
        for id in outboxes.keys.sorted(by: { $0.rawValue < $1.rawValue }) { flush(id) }
        guard session.phase == .ended else { return }
        isAlive = false
        running = []
        for connection in open { connection.close(from: .agent) }
        host.witness.ended(incarnation)
    }

    // MARK: - What it does

    private func perform(_ action: AgentSession.Action) {
        switch action {
        case .send(let message, let id):
            if let line = encoded(message) { _ = outboxes[id]?.add(line: line) }
        case .sendLast(let message, let id):
            if let line = encoded(message) { outboxes[id]?.finish(with: line) }
        case .replay(let sequence, let id): outboxes[id]?.replay(after: sequence)
        case .resend(let sequence, let id): _ = outboxes[id]?.add(resend: sequence)
        case .sendFile, .end: break
        case .close(let id): outboxes[id]?.addClose()
        case .spool(let result): keep(result)
        case .trimSpool(let through):
            host.witness.forgets(from: trimmed + 1, through: through, of: incarnation)
            trimmed = through
            spool?.trim(through: through)
        case .bringUp(let lane, _), .climb(let lane, _): bringUp(lane)
        case .takeDown(let lane): later(0.3) { $0.handle(.environmentDown(lane: lane, leftovers: [])) }
        case .run(_, let order, _): run(order)
        case .cancel(_, let attempt, _): later(world.seconds(0.05...1)) { $0.finish(attempt, .failed) }
        }
    }

    private func encoded(_ message: Message) -> ByteBuffer? {
        do { return try MessageCoder().encode(message) } catch {
            world.violate("an agent cannot encode a message: \(error)")
            return nil
        }
    }

    private func keep(_ result: Message.Result) {
        host.witness.reported(result, by: incarnation)
        do {
            try spool?.append(try MessageCoder().encode(fitting: result), sequence: result.sequence)
            // The planted fault: what was sent is taken for what has arrived.
            if host.scenario.sabotage == .spoolIsTrimmedEarly, world.chance(0.5) {
                spool?.trim(through: result.sequence - 1)
            }
        } catch {
            world.violate("the spool of \(incarnation): \(error)")
        }
    }

    private func bringUp(_ lane: Int) {
        let fails = world.chance(host.scenario.environmentFailure)
        later(world.seconds(0.3...2)) { agent in
            if fails {
                agent.handle(.environmentFailed(lane: lane, message: "knot did not start"))
                agent.later(0.2) { $0.handle(.environmentDown(lane: lane, leftovers: [])) }
            } else {
                agent.handle(
                    .environmentReady(lane: lane, EnvironmentReport(driver: .process, services: [], seconds: 1)))
            }
        }
    }

    private func run(_ order: Order) {
        host.witness.began(order.attempt, order.test, epoch: order.epoch, on: host.id)
        running.insert(order.attempt)
        let outcome = host.scenario.outcome(of: order.test.id, attempt: order.attempt)
        later(world.seconds(host.scenario.testSeconds)) { $0.finish(order.attempt, outcome) }
    }

    private func finish(_ attempt: AttemptID, _ outcome: Outcome) {
        guard running.remove(attempt) != nil else { return }
        host.witness.finished(attempt)
        handle(.attemptEnded(attempt, AttemptResult(outcome: outcome, seconds: 1)))
    }

    private func later(_ seconds: Double, _ action: @escaping (SimulatedAgent) -> Void) {
        world.after(seconds) { [weak self] in
            guard let self, isAlive else { return }
            action(self)
        }
    }

    private func flush(_ id: ConnectionID) {
        while let next = outboxes[id]?.next(spooled: spool?.last ?? 0) {
            switch next {
            case .line(let line): connections[id]?.send(line, from: .agent)
            case .result(let sequence):
                if let line = try? spool?.line(sequence) { connections[id]?.send(line, from: .agent) }
            case .file: break
            case .close:
                connections.removeValue(forKey: id)?.close(from: .agent)
                outboxes[id] = nil
                handle(.closed(id))
            case .wait: return
            }
        }
    }
}

import NIOCore

/// A connection between the coordinator and an agent: each direction keeps its order, everything else may go wrong.
///
/// As TCP does, a partition only delays what was sent, unless the connection is given up meanwhile; a cut loses what is
/// on its way, and each side learns of it some time later, or never.
final class SimulatedConnection {
    enum Side: Int { case coordinator, agent }

    /// What one side does with what arrives.
    struct Ears {
        var line: (ByteBuffer) -> Void = { _ in }
        var closed: () -> Void = {}
    }

    private let world: World
    private unowned let host: SimulatedHost
    private var ears = [Ears(), Ears()]
    /// When the last line of each direction arrives.
    private var lastArrival = [0.0, 0.0]
    /// Which sides have closed it, or know that it is broken.
    private var isOver = [false, false]
    private var isCut = false

    init(_ world: World, _ host: SimulatedHost) {
        self.world = world
        self.host = host
    }

    func listen(_ side: Side, _ ears: Ears) { self.ears[side.rawValue] = ears }

    /// Sends a line with its line feed; now and then it arrives twice, as if a repetition had been asked for.
    func send(_ line: ByteBuffer, from side: Side) {
        guard !isOver[side.rawValue] else { return }
        deliver(from: side) { $0.line(line) }
        if world.chance(host.scenario.duplication) { deliver(from: side) { $0.line(line) } }
    }

    /// Closes it, or its process is killed: what was sent before still arrives.
    func close(from side: Side) {
        guard !isOver[side.rawValue] else { return }
        isOver[side.rawValue] = true
        deliver(from: side) { $0.closed() }
    }

    /// Breaks it: what is on its way is lost.
    func cut() {
        guard !isCut else { return }
        isCut = true
        for side in [Side.coordinator, .agent] where world.chance(0.7) {
            world.after(world.seconds(0...4)) { self.end(side) }
        }
    }

    private func end(_ side: Side) {
        guard !isOver[side.rawValue] else { return }
        isOver[side.rawValue] = true
        ears[side.rawValue].closed()
    }

    private func deliver(from side: Side, _ action: @escaping (Ears) -> Void) {
        let time = max(lastArrival[side.rawValue], world.now + host.latency())
        lastArrival[side.rawValue] = time
        arrive(at: time, from: side, action)
    }

    private func arrive(at time: Double, from side: Side, _ action: @escaping (Ears) -> Void) {
        let other = side == .agent ? Side.coordinator : .agent
        world.after(time - world.now) { [self] in
            guard !isCut, !isOver[other.rawValue] else { return }
            let blocked = host.blocked(from: side)
            guard blocked <= world.now else {
                guard blocked < .infinity else { return }
                lastArrival[side.rawValue] = max(lastArrival[side.rawValue], blocked)
                return arrive(at: blocked, from: side, action)
            }
            action(ears[other.rawValue])
        }
    }
}

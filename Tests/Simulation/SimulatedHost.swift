import FleetModel
import FleetProtocol
import NIOCore

@testable import FleetAgent
@testable import FleetCoordinator

/// A machine that outlives coordinators and agents.
final class SimulatedHost {
    let id: HostID
    let world: World
    let scenario: Scenario
    let witness: Witness
    /// Until when nothing gets through to it.
    var blockedUntil = 0.0
    /// Until when nothing gets through from it, though it still hears.
    var muteUntil = 0.0
    /// How much longer everything takes on the way, in seconds.
    var slowness = 0.0
    private(set) var agents: [SimulatedAgent] = []
    private var connections: [SimulatedConnection] = []

    init(_ id: HostID, _ world: World, _ scenario: Scenario, _ witness: Witness) {
        self.id = id
        self.world = world
        self.scenario = scenario
        self.witness = witness
    }

    var isReachable: Bool { max(blockedUntil, muteUntil) <= world.now }

    /// Until when a line from one side is held up.
    func blocked(from side: SimulatedConnection.Side) -> Double {
        side == .agent ? max(blockedUntil, muteUntil) : blockedUntil
    }
    var living: [SimulatedAgent] { agents.filter(\.isAlive) }

    func latency() -> Double { world.seconds(0.001...0.03) + world.seconds(0...max(0.001, slowness)) }

    /// `agent serve`: another agent of the same lease is refused, as by the lock of its session.
    func launch(_ order: LaunchOrder) throws(LinkError) -> AgentAddress {
        guard !living.contains(where: { $0.startEpoch == order.epoch }) else {
            throw LinkError(.transient, "another agent serves epoch \(order.epoch) already")
        }
        let agent = SimulatedAgent(on: self, order: order, number: agents.count + 1)
        agents.append(agent)
        return AgentAddress(port: agent.port, incarnation: agent.incarnation)
    }

    /// `agent sweep --run`: ends every agent of the run.
    func sweep() { for agent in living { agent.kill() } }

    /// A connection to a port; nil when nobody listens there.
    func connect(port: Int) -> SimulatedConnection? {
        guard let agent = living.first(where: { $0.port == port }) else { return nil }
        let connection = SimulatedConnection(world, self)
        connections.append(connection)
        agent.accept(connection)
        return connection
    }

    /// Forgets its agents and connections.
    func end() {
        agents = []
        connections = []
    }

    func cutConnections() { for connection in connections.suffix(4) { connection.cut() } }
}

import FleetModel
import FleetProtocol

@testable import FleetCoordinator

/// The journal's file: what was written, and how much of it would survive the machine.
struct SimulatedDisk {
    private(set) var bytes: [UInt8] = []
    private(set) var synced = 0

    mutating func append(_ more: [UInt8]) { bytes += more }
    mutating func sync() { synced = bytes.count }

    mutating func truncate(to length: Int) {
        bytes.removeSubrange(length...)
        synced = length
    }

    /// The machine lost its power: of what was not synced, some may be there.
    mutating func lose(_ world: World) {
        bytes.removeSubrange(world.number(synced...bytes.count)...)
    }
}

/// The whole fleet in one process, from a seed: hosts, agents, and one coordinator after the other.
final class SimulatedFleet {
    let world: World
    let scenario: Scenario
    let witness: Witness
    let identity: SessionIdentity
    private(set) var hosts: [SimulatedHost] = []
    var disk = SimulatedDisk()
    /// What was written and not synced.
    var unsynced: [JournalEntry] = []
    private(set) var status: RunStatus?
    private(set) var records = 0
    private(set) var lives = 0
    private var coordinator: SimulatedCoordinator?
    private var deaths: ArraySlice<Int>
    private var absences: ArraySlice<Double>
    private var interruptions = 0

    init(seed: UInt64, change: (inout Scenario) -> Void = { _ in }) {
        world = World(seed: seed)
        var scenario = Scenario(world)
        change(&scenario)
        self.scenario = scenario
        witness = Witness(world, scenario)
        guard let run = RunID(rawValue: "seed-\(seed)") else { preconditionFailure("digits make a valid name") }
        identity = SessionIdentity(run: run, token: RunToken(), program: "simulation", catalogue: Scenario.catalogue)
        deaths = scenario.deaths[...]
        absences = scenario.absences[...]
        hosts = scenario.hosts.map { SimulatedHost($0, world, scenario, witness) }
    }

    /// Runs to the end and returns what was violated.
    func run() -> [String] {
        // Everybody knows everybody here; thousands of seeds would keep each other's files open.
        defer {
            world.end()
            coordinator = nil
            for host in hosts { host.end() }
        }
        for (time, fault) in scenario.faults { world.after(time) { [self] in happen(fault) } }
        begin()
        world.run(until: 3600, orUntil: { status != nil || !world.violations.isEmpty })
        guard world.violations.isEmpty else { return world.violations }
        guard let status else { return ["the run did not end within an hour"] }
        witness.judge(entries, status: status)
        // Whoever was out of reach ends by itself after the grace time.
        world.run(until: world.now + Scenario.grace + 60, orUntil: { hosts.allSatisfy(\.living.isEmpty) })
        for agent in hosts.flatMap(\.living) { world.violate("\(agent.incarnation) outlived its run") }
        return world.violations
    }

    /// A time for the journal: seconds after an hour of some day.
    var timestamp: String {
        let (whole, thousandths) = (Int(world.now), Int(world.now * 1000) % 1000)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let clock = "\(two(10 + whole / 3600)):\(two(whole / 60 % 60)):\(two(whole % 60))"
        return "2026-03-01T\(clock).\(String("00\(thousandths)".suffix(3)))Z"
    }

    /// Everything that the journal says.
    var entries: [JournalEntry] { JournalContent(disk.bytes, file: "journal.jsonl").entries }

    private func begin() {
        lives += 1
        coordinator = SimulatedCoordinator(of: self)
    }

    /// Takes note of a record that is about to be written; true when the coordinator dies at it.
    func countRecord() -> Bool {
        records += 1
        guard let next = deaths.first, records >= next else { return false }
        deaths.removeFirst()
        return true
    }

    func coordinatorDied() {
        unsynced = []
        if scenario.losesUnsynced { disk.lose(world) }
        // What is in the file counts, synced or not, once somebody reads it there.
        witness.synced(entries)
        world.after(absences.popFirst() ?? 1) { [self] in begin() }
    }

    func coordinatorEnded(_ status: RunStatus, isInterrupted: Bool) {
        // An interrupted run is taken up again.
        guard isInterrupted, interruptions < 3 else {
            self.status = status
            return
        }
        interruptions += 1
        world.after(world.seconds(1...100)) { [self] in begin() }
    }

    private func happen(_ fault: Scenario.Fault) {
        switch fault {
        case .killAgent(let host): hosts[host].living.last?.kill()
        case .pauseAgent(let host, let seconds): hosts[host].living.last?.pause(for: seconds)
        case .partition(let host, let seconds):
            hosts[host].blockedUntil = max(hosts[host].blockedUntil, world.now + seconds)
        case .mute(let host, let seconds): hosts[host].muteUntil = max(hosts[host].muteUntil, world.now + seconds)
        case .cut(let host): hosts[host].cutConnections()
        case .slow(let host, let seconds):
            hosts[host].slowness = 1.5
            world.after(seconds) { [self] in hosts[host].slowness = 0 }
        case .interrupt: coordinator?.interrupt()
        }
    }
}

import FleetModel
import FleetProtocol
import FleetScheduling

@testable import FleetCoordinator

/// What one seed stands for: hosts, tests, what each test does, and which faults happen when.
struct Scenario {
    /// A fault that is planted into the simulated shells, to see whether the invariants notice it.
    enum Sabotage { case none, acknowledgedBeforeJournal, spoolIsTrimmedEarly, ordersBeforeJournal }

    /// What happens to the fleet from outside.
    enum Fault {
        case killAgent(host: Int)
        case pauseAgent(host: Int, seconds: Double)
        case partition(host: Int, seconds: Double)
        case mute(host: Int, seconds: Double)
        case cut(host: Int)
        case slow(host: Int, seconds: Double)
        case interrupt
    }

    static let catalogue = String(repeating: "c7", count: 32)
    static let grace = 60.0

    var hosts: [HostID] = []
    var slots: [Int] = []
    var tests: [TestCase] = []
    var settings = Dispatcher.Settings()
    var faults: [(time: Double, fault: Fault)] = []
    /// At which records of the journal the coordinator is killed, counted over all its lives.
    var deaths: [Int] = []
    /// How long nobody resumes the run after each death, in seconds.
    var absences: [Double] = []
    /// Whether what was not synced is lost with the coordinator.
    var losesUnsynced = false
    var duplication = 0.0
    var environmentFailure = 0.0
    var sabotage = Sabotage.none
    /// How long tests run.
    var testSeconds = 0.2...5
    private var failures: [TestID: Int] = [:]

    init(_ world: World) {
        hosts = (1...world.number(1...3)).map { HostID("h\($0)") }
        slots = hosts.map { _ in world.number(1...2) }
        settings.retries = world.number(0...1)
        let hasMutex = world.chance(0.3)
        for number in 1...world.number(3...12) {
            guard let id = TestID("suite/test-\(number)") else { continue }
            let needsEnvironment = world.chance(0.4)
            tests.append(
                TestCase(
                    id: id, title: "test \(number)", modes: needsEnvironment ? [.solo] : [], estimate: 3, timeout: 20,
                    mutex: hasMutex && world.chance(0.4) ? "printer" : nil))
            if world.chance(0.15) { failures[id] = world.number(1...2) }
        }
        duplication = world.chance(0.3) ? 0.02 : 0
        environmentFailure = world.chance(0.2) ? 0.3 : 0
        if world.chance(0.85) { draw(world) }
    }

    private mutating func draw(_ world: World) {
        for _ in 0..<world.number(0...5) {
            let host = world.number(0...hosts.count - 1)
            let length = world.pick([2.0, 7, 11, 20, 40])
            let fault: Fault =
                switch world.number(0...12) {
                case 0...2: .killAgent(host: host)
                case 3...4: .pauseAgent(host: host, seconds: length)
                case 5...6: .partition(host: host, seconds: length)
                case 7: .partition(host: host, seconds: hosts.count > 1 && host == 0 ? .infinity : length)
                case 8...9: .cut(host: host)
                case 10: .mute(host: host, seconds: length)
                case 11: .slow(host: host, seconds: length)
                default: .interrupt
                }
            faults.append((world.seconds(1...40), fault))
        }
        for _ in 0..<world.number(0...3) {
            deaths.append(world.number(2...90))
            absences.append(world.pick([0.2, 1, 5, 14, 30, 70, 130]))
        }
        deaths.sort()
        losesUnsynced = world.chance(0.3)
    }

    /// What a test does in its n-th attempt: the first ones of some fail.
    func outcome(of test: TestID, attempt: AttemptID) -> Outcome {
        guard let count = failures[test] else { return .passed }
        // By the number of the attempt, so that it does not depend on what was lost.
        return attempt.rawValue % (count + 1) == 0 ? .passed : .failed
    }

    /// A test whose attempts fail now and then.
    func mayFail(_ test: TestID) -> Bool { failures[test] != nil }

    /// Whether nothing goes wrong but what tests do by themselves.
    var isCalm: Bool { faults.isEmpty && deaths.isEmpty && duplication == 0 && environmentFailure == 0 }

    /// Whether a stopped agent may hold a mutex longer than its lease.
    var pausesAgents: Bool {
        faults.contains { if case .pauseAgent = $0.fault { true } else { false } }
    }

    static func nonce(_ world: World) -> String {
        let digits = Array("0123456789abcdef")
        return String((0..<64).map { _ in world.pick(digits) })
    }
}

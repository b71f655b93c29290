import FleetModel
import FleetProtocol
import FleetScheduling
import FleetSuites

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Everything that is known before the first connection: hosts, tests and plan.
struct Preparation: Sendable {
    let run: RunID
    let hosts: [HostSpecification]
    private(set) var tests: [TestCase]
    private(set) var packs: [Pack] = []
    /// Where the tests come from; nil when the journal of an earlier coordinator names them.
    private let catalogue: LoadedCatalogue?
    /// What an earlier coordinator of the run left; nil in a new run.
    let resuming: RecoveredRun?
    let lanes: [LaneCapacity]
    let plan: Plan

    /// What is tested, in words, for the first and last line of a run.
    let tested: String

    /// Reads hosts and tests and plans them.
    ///
    /// - Throws: `InputErrors` with every fault of every file, `SelectionError`.
    init(_ options: RunOptions) throws {
        let catalogue = try LoadedCatalogue(options.choice)
        // A secret that is not there is told before anything has begun.
        _ = try ConfigurationFile.resolved(options.configuration)
        self.run = Self.makeRunID()
        self.hosts = try Self.hosts(options)
        self.catalogue = catalogue
        self.resuming = nil
        self.tests = catalogue.tests.map { $0.allowing(options.configuration.testTimeoutSeconds) }
        self.lanes = hosts.flatMap { Self.lanes(of: $0, parallel: options.parallel) }
        self.plan = Self.planner(options).plan(Estimates().jobs(for: tests), on: lanes)
        self.tested = Self.tested(tests, options)
    }

    /// What is tested, in words: the orchestrator is the platform's heart, so what stands behind it names the platform. Which
    /// backing of several a host has in the end stands beside the host.
    private static func tested(_ tests: [TestCase], _ options: RunOptions) -> String {
        guard tests.contains(where: { $0.homeMode != nil }) else { return "command tests only" }
        let backings = options.configuration.environment.services["orchestrator"]?.backings ?? []
        let words = backings.map { backing in
            switch backing.kind {
            case .builtin: reference
            case .native: "the platform's own program \(backing.command.first ?? "orchestrator")"
            case .container: "the platform's image \(backing.image ?? "of its orchestrator")"
            case .external: "the platform at \(backing.properties["url"] ?? "another place")"
            }
        }
        guard words.isEmpty else { return words.joined(separator: ", or else ") }
        return options.platformPrograms.map { "\(reference), beside the programs of \($0)" } ?? reference
    }

    private static let reference = "reference platform 0.1, built in"

    /// Plans what an earlier coordinator of a run has left open.
    ///
    /// - Throws: `InputErrors` when the OpenSSH configuration no longer says how the hosts are reached.
    init(
        resuming run: RecoveredRun, _ begun: JournalEntry.Begun, _ order: RunOrder, in directory: RunDirectory
    ) throws(InputErrors) {
        self.run = begun.run
        self.hosts = try HostRoutes.own.settle(order.hosts)
        self.catalogue = nil
        self.resuming = run
        self.tests = begun.tests
        self.lanes = hosts.flatMap { Self.lanes(of: $0, parallel: order.options.parallel) }
        self.plan = Self.planner(order.options).plan(Estimates().jobs(for: run.waiting), on: lanes)
        self.tested = begun.tested
        let names = begun.tests.compactMap { test -> String? in
            if case .command(let command) = test.kind { command.pack } else { nil }
        }
        self.packs = Set(names).sorted().map { Pack(path: "\(directory.path)/\($0).tar", sha256: $0) }
    }

    private static func planner(_ options: RunOptions) -> ShardPlanner {
        ShardPlanner(shuffle: options.shuffle.map(Shuffle.init(seed:)))
    }

    static func hosts(_ options: RunOptions) throws -> [HostSpecification] {
        if let file = options.agentsFile {
            let hosts = try Inventory.load(file, home: ProcessInfo.processInfo.environment["HOME"]).hosts
            return try HostRoutes.own.settle(hosts)
        }
        return (1...max(1, options.localAgents)).map {
            HostSpecification(id: HostID("local-\($0)"), connection: .local)
        }
    }

    /// Writes the packs of the suites into a directory and lets each test name its own.
    mutating func pack(into directory: String) throws {
        guard let catalogue else { return }
        (tests, packs) = try catalogue.pack(into: directory)
    }

    private static func lanes(of host: HostSpecification, parallel: Int?) -> [LaneCapacity] {
        let workers = max(1, host.slots / host.environments)
        return (0..<host.environments).map { index in
            LaneCapacity(
                id: LaneID(host: host.id, index: index), workers: min(workers, parallel ?? workers),
                modes: host.modes ?? Set(Mode.allCases), speed: host.speed)
        }
    }

    /// How many tests the agent of a host may run at once: its slots, or fewer when the user capped them.
    func slots(of host: HostSpecification) -> Int {
        lanes.reduce(0) { $1.id.host == host.id ? $0 + $1.workers : $0 }
    }

    private static func makeRunID() -> RunID {
        let time = WallClock.timestamp.prefix(19).lowercased().filter { $0.isNumber || $0 == "t" }
        let random = String(UInt32.random(in: 0...UInt32.max), radix: 16)
        guard let id = RunID(rawValue: "\(time)-\(random)") else {
            preconditionFailure("digits, a t and hexadecimal digits are always a valid name")
        }
        return id
    }

    /// The first line of the journal.
    func begun(command: String) -> JournalEntry.Begun {
        JournalEntry.Begun(
            run: run, tested: tested, command: command, hosts: hosts.map { .init(name: $0.id, slots: $0.slots) },
            tests: tests)
    }

    /// The dispatcher's state at the start.
    func dispatch(_ options: RunOptions) -> Dispatcher {
        let settings = options.dispatchSettings
        guard let resuming else { return Dispatcher(tests: tests, plan: plan, lanes: lanes, settings: settings) }
        return Dispatcher(resuming: resuming, plan: plan, lanes: lanes, settings: settings)
    }

    /// The exit status that a run's outcomes deserve; one that ended early has not passed.
    func status(_ report: RunReport?, interruption: String?, _ options: RunOptions) -> RunStatus {
        let outcomes = Dictionary(uniqueKeysWithValues: (report?.tests ?? []).map { ($0.id, $0.outcome) })
        let pairs = tests.map { (test: $0, outcome: outcomes[$0.id] ?? .notRun) }
        let status = RunStatus(outcomes: pairs, failsOnFlaky: options.failsOnFlaky)
        return status == .passed && interruption != nil ? .incomplete : status
    }
}

extension TestCase {
    /// The same test with at least this time limit, in seconds.
    fileprivate func allowing(_ least: Double?) -> TestCase {
        guard let least, timeout < least else { return self }
        var test = self
        test.timeout = least
        return test
    }
}

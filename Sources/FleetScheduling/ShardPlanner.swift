import FleetModel

/// Splits jobs into shards: the longest first, or in an order by chance, each to the lane where it ends first, setups
/// included.
public struct ShardPlanner: Sendable {
    private let setup: SetupCosts
    private let shuffle: Shuffle?

    /// Makes a planner that counts the given setup costs.
    ///
    /// - Parameter shuffle: the order in which jobs are placed and run; nil: the longest first, which ends soonest.
    public init(setup: SetupCosts = .declared, shuffle: Shuffle? = nil) {
        self.setup = setup
        self.shuffle = shuffle
    }

    /// Plans the jobs on the lanes; a job that no lane may hold is left unplaced, with the reason.
    public func plan(_ jobs: [Job], on lanes: [LaneCapacity]) -> Plan {
        var loads = lanes.map { Load(capacity: $0, setup: setup) }
        var unplaced: [Plan.Unplaced] = []
        var placed: [Job] = []
        for job in ordered(jobs) {
            guard let best = Self.lane(for: job, among: loads, setup: setup[job.mode]) else {
                unplaced.append(Plan.Unplaced(test: job.id, reason: Self.reason(job, lanes)))
                continue
            }
            loads[best].add(job)
            placed.append(job)
        }
        return Plan(
            lanes: loads.map(\.lane), unplaced: unplaced.sorted { $0.test < $1.test },
            lowerBound: LowerBound(jobs: placed, lanes: lanes, setup: setup).seconds)
    }

    private func ordered(_ jobs: [Job]) -> [Job] {
        // Equals are ordered by id, so that the same input always gives the same plan.
        guard let shuffle else { return jobs.sorted { ($1.seconds, $0.id) < ($0.seconds, $1.id) } }
        return jobs.map { (place: shuffle.place(of: $0.id), job: $0) }
            .sorted { ($0.place, $0.job.id) < ($1.place, $1.job.id) }.map(\.job)
    }

    /// The lane where the job would end first; nil when none may hold it.
    private static func lane(for job: Job, among loads: [Load], setup: Double) -> Int? {
        let mode = ModeSet(job.mode)
        var best: (index: Int, end: Double)?
        for index in loads.indices where !loads[index].allowed.isDisjoint(with: mode) {
            let end = loads[index].end(adding: job.seconds, in: mode, setup: setup)
            if best.map({ end < $0.end }) ?? true { best = (index, end) }
        }
        return best?.index
    }

    private static func reason(_ job: Job, _ lanes: [LaneCapacity]) -> String {
        guard let mode = job.mode, !lanes.isEmpty else { return "there is no host to run it on" }
        return "none of the hosts can hold an environment of mode \(mode)"
    }
}

/// Modes as bits: the planner asks for them once for each job and lane.
private struct ModeSet: OptionSet {
    let rawValue: UInt8

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init(_ mode: Mode?) {
        self.init(rawValue: mode.flatMap(Mode.allCases.firstIndex(of:)).map { 2 << $0 } ?? 1)
    }
}

/// What a lane has been given so far.
private struct Load {
    let capacity: LaneCapacity
    let allowed: ModeSet
    private let setup: SetupCosts
    private var present: ModeSet = []
    private var setupSeconds = 0.0
    private var workers: [Double]
    /// The loads of the workers that have least and most, kept at hand.
    private var least = 0.0
    private var most = 0.0
    private var tests: [Mode?: [TestID]] = [:]

    init(capacity: LaneCapacity, setup: SetupCosts) {
        self.capacity = capacity
        self.setup = setup
        self.workers = Array(repeating: 0, count: max(1, capacity.workers))
        let modes = ([nil] + Mode.allCases).filter(capacity.holds)
        self.allowed = modes.reduce(into: []) { $0.formUnion(ModeSet($1)) }
    }

    func end(adding seconds: Double, in mode: ModeSet, setup: Double) -> Double {
        setupSeconds + (present.isDisjoint(with: mode) ? setup : 0) + max(least + seconds / capacity.speed, most)
    }

    mutating func add(_ job: Job) {
        if present.insert(ModeSet(job.mode)).inserted { setupSeconds += setup[job.mode] }
        tests[job.mode, default: []].append(job.id)
        guard let first = workers.indices.min(by: { workers[$0] < workers[$1] }) else { return }
        workers[first] += job.seconds / capacity.speed
        most = max(most, workers[first])
        least = workers.min() ?? 0
    }

    var lane: Plan.Lane {
        let shards = tests.sorted { left, right in
            guard let leftMode = left.key else { return right.key != nil }
            guard let rightMode = right.key else { return false }
            return leftMode < rightMode
        }
        return Plan.Lane(
            id: capacity.id, workers: capacity.workers,
            shards: shards.map { Plan.Shard(mode: $0.key, tests: $0.value) },
            seconds: tests.isEmpty ? 0 : setupSeconds + most)
    }
}

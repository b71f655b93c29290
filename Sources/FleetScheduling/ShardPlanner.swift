import FleetModel

/// Splits jobs into shards: the longest first, each to the lane where it ends first, setups included.
public struct ShardPlanner: Sendable {
    private let setup: SetupCosts

    /// Makes a planner that counts the given setup costs.
    public init(setup: SetupCosts = .declared) { self.setup = setup }

    /// Plans the jobs on the lanes; a job that no lane may hold is left unplaced, with the reason.
    public func plan(_ jobs: [Job], on lanes: [LaneCapacity]) -> Plan {
        var loads = lanes.map { Load(capacity: $0, setup: setup) }
        var unplaced: [Plan.Unplaced] = []
        var placed: [Job] = []
        // Equal durations are ordered by id, so that the same input always gives the same plan.
        let ordered = jobs.sorted { ($1.seconds, $0.id) < ($0.seconds, $1.id) }
        for job in ordered {
            let able = loads.indices.filter { loads[$0].capacity.holds(job.mode) }
            guard let best = able.min(by: { loads[$0].end(adding: job) < loads[$1].end(adding: job) }) else {
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

    private static func reason(_ job: Job, _ lanes: [LaneCapacity]) -> String {
        guard let mode = job.mode, !lanes.isEmpty else { return "there is no host to run it on" }
        return "none of the hosts can hold an environment of mode \(mode)"
    }
}

/// What a lane has been given so far.
private struct Load {
    let capacity: LaneCapacity
    let setup: SetupCosts
    private var workers: [Double]
    private var setupSeconds = 0.0
    private var tests: [Mode?: [TestID]] = [:]

    init(capacity: LaneCapacity, setup: SetupCosts) {
        self.capacity = capacity
        self.setup = setup
        self.workers = Array(repeating: 0, count: max(1, capacity.workers))
    }

    func end(adding job: Job) -> Double {
        let extra = tests[job.mode] == nil ? setup[job.mode] : 0
        let first = (workers.min() ?? 0) + job.seconds / capacity.speed
        return setupSeconds + extra + max(first, workers.max() ?? 0)
    }

    mutating func add(_ job: Job) {
        if tests[job.mode] == nil { setupSeconds += setup[job.mode] }
        tests[job.mode, default: []].append(job.id)
        if let first = workers.indices.min(by: { workers[$0] < workers[$1] }) {
            workers[first] += job.seconds / capacity.speed
        }
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
            seconds: tests.isEmpty ? 0 : setupSeconds + (workers.max() ?? 0))
    }
}

import FleetModel
import FleetScheduling

/// The tests that wait to be ordered: planned ones with their lane, freed ones for anybody.
///
/// Every queue is a list with a head index, so that taking from it is cheap however long it is.
struct PendingPool {
    private struct Queue {
        private var tests: [TestID] = []
        private var head = 0

        var count: Int { tests.count - head }

        mutating func append(_ test: TestID) { tests.append(test) }

        mutating func takeFirst(where isAllowed: (TestID) -> Bool) -> TestID? {
            guard let index = tests[head...].firstIndex(where: isAllowed) else { return nil }
            let test = tests[index]
            if index == head { head += 1 } else { tests.remove(at: index) }
            return test
        }

        mutating func takeAll() -> [TestID] {
            defer { self = Queue() }
            return Array(tests[head...])
        }
    }

    private var planned: [LaneID: [Mode?: Queue]] = [:]
    private var freed: [Mode?: Queue] = [:]
    /// How many tests of each mode wait, wherever they are planned.
    private var counts: [Mode?: Int] = [:]

    /// How many tests wait.
    var count: Int { counts.values.reduce(0, +) }

    /// Makes the pool of a plan.
    init(plan: Plan) {
        for lane in plan.lanes {
            for shard in lane.shards {
                for test in shard.tests { planned[lane.id, default: [:]][shard.mode, default: Queue()].append(test) }
                counts[shard.mode, default: 0] += shard.tests.count
            }
        }
    }

    /// Puts a test back, for any lane.
    mutating func free(_ test: TestID, mode: Mode?) {
        freed[mode, default: Queue()].append(test)
        counts[mode, default: 0] += 1
    }

    /// Frees everything that was planned for a lane, because the lane is gone.
    mutating func release(_ lane: LaneID) {
        for (mode, var queue) in planned.removeValue(forKey: lane) ?? [:] {
            for test in queue.takeAll() { freed[mode, default: Queue()].append(test) }
        }
    }

    /// The next test of a mode for a lane: freed tests first, then its own plan, then the longest queue of another lane.
    mutating func take(for lane: LaneID, mode: Mode?, where isAllowed: (TestID) -> Bool) -> TestID? {
        guard waiting(mode: mode) > 0 else { return nil }
        let test =
            freed[mode]?.takeFirst(where: isAllowed) ?? planned[lane]?[mode]?.takeFirst(where: isAllowed)
            ?? steal(mode: mode, where: isAllowed)
        if test != nil { counts[mode, default: 0] -= 1 }
        return test
    }

    private mutating func steal(mode: Mode?, where isAllowed: (TestID) -> Bool) -> TestID? {
        var victims = planned.compactMap { lane, queues in
            queues[mode].flatMap { $0.count > 0 ? (lane: lane, count: $0.count) : nil }
        }
        // Nearly always the first one has something that is allowed, so that sorting them all would be a waste.
        while let next = victims.indices.max(by: { left, right in
            (victims[left].count, victims[right].lane) < (victims[right].count, victims[left].lane)
        }) {
            let victim = victims.remove(at: next)
            if let test = planned[victim.lane]?[mode]?.takeFirst(where: isAllowed) { return test }
        }
        return nil
    }

    /// How many tests of a mode wait, wherever they are planned.
    func waiting(mode: Mode?) -> Int { counts[mode] ?? 0 }

    /// The modes in which tests wait, those without an environment first, then climbing.
    var modes: [Mode?] {
        let all: [Mode?] = [nil] + Mode.allCases
        return all.filter { waiting(mode: $0) > 0 }
    }

    /// The modes that the plan still has for a lane, climbing.
    func plannedModes(of lane: LaneID) -> [Mode?] {
        let all: [Mode?] = [nil] + Mode.allCases
        return all.filter { (planned[lane]?[$0]?.count ?? 0) > 0 }
    }

    /// Takes out all tests of a mode.
    mutating func removeAll(mode: Mode?) -> [TestID] {
        guard waiting(mode: mode) > 0 else { return [] }
        counts[mode] = 0
        var removed = freed[mode]?.takeAll() ?? []
        for lane in planned.keys.sorted() { removed += planned[lane]?[mode]?.takeAll() ?? [] }
        return removed
    }
}

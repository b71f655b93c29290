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
    private(set) var count = 0

    /// Makes the pool of a plan.
    init(plan: Plan) {
        for lane in plan.lanes {
            for shard in lane.shards {
                for test in shard.tests { planned[lane.id, default: [:]][shard.mode, default: Queue()].append(test) }
                count += shard.tests.count
            }
        }
    }

    /// Puts a test back, for any lane.
    mutating func free(_ test: TestID, mode: Mode?) {
        freed[mode, default: Queue()].append(test)
        count += 1
    }

    /// Frees everything that was planned for a lane, because the lane is gone.
    mutating func release(_ lane: LaneID) {
        for (mode, var queue) in planned.removeValue(forKey: lane) ?? [:] {
            for test in queue.takeAll() { freed[mode, default: Queue()].append(test) }
        }
    }

    /// The next test of a mode for a lane: freed tests first, then its own plan, then the longest queue of another lane.
    mutating func take(for lane: LaneID, mode: Mode?, where isAllowed: (TestID) -> Bool) -> TestID? {
        let test =
            freed[mode]?.takeFirst(where: isAllowed) ?? planned[lane]?[mode]?.takeFirst(where: isAllowed)
            ?? steal(mode: mode, where: isAllowed)
        if test != nil { count -= 1 }
        return test
    }

    private mutating func steal(mode: Mode?, where isAllowed: (TestID) -> Bool) -> TestID? {
        let victims = planned.filter { ($0.value[mode]?.count ?? 0) > 0 }
            .sorted { ($1.value[mode]?.count ?? 0, $0.key) < ($0.value[mode]?.count ?? 0, $1.key) }
        for victim in victims {
            if let test = planned[victim.key]?[mode]?.takeFirst(where: isAllowed) { return test }
        }
        return nil
    }

    /// How many tests of a mode wait, wherever they are planned.
    func waiting(mode: Mode?) -> Int {
        planned.values.reduce(freed[mode]?.count ?? 0) { $0 + ($1[mode]?.count ?? 0) }
    }

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

    /// Takes everything out that satisfies a condition.
    mutating func removeAll(where isRemoved: (TestID) -> Bool) -> [TestID] {
        var removed: [TestID] = []
        for mode in Array(freed.keys) {
            while let test = freed[mode]?.takeFirst(where: isRemoved) { removed.append(test) }
        }
        for lane in Array(planned.keys) {
            for mode in Array(planned[lane, default: [:]].keys) {
                while let test = planned[lane]?[mode]?.takeFirst(where: isRemoved) { removed.append(test) }
            }
        }
        count -= removed.count
        return removed
    }
}

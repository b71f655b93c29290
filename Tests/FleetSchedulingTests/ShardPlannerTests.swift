import FleetModel
import FleetScheduling
import Testing

@Suite struct ShardPlannerTests {
    private func job(_ name: String, _ seconds: Double, _ mode: Mode? = .solo) throws -> Job {
        Job(id: try #require(TestID("suite/\(name)")), mode: mode, seconds: seconds)
    }

    private func lanes(_ count: Int, workers: Int = 1, modes: Set<Mode> = Set(Mode.allCases)) -> [LaneCapacity] {
        (0..<count).map {
            LaneCapacity(id: LaneID(host: HostID("h\($0)"), index: 0), workers: workers, modes: modes)
        }
    }

    @Test func eachJobIsPlacedExactlyOnce() throws {
        let jobs = try (1...40).map { try job("t\($0)", Double($0 % 7 + 1), $0.isMultiple(of: 3) ? nil : .solo) }
        let plan = ShardPlanner().plan(jobs, on: lanes(3, workers: 2))
        let placed = plan.lanes.flatMap { $0.shards.flatMap(\.tests) }
        #expect(placed.sorted() == jobs.map(\.id).sorted())
        #expect(plan.unplaced.isEmpty)
    }

    @Test func aFasterLaneIsGivenMoreAndTheBoundStaysBelow() throws {
        var lanes = lanes(2)
        lanes[1].speed = 3
        let plan = ShardPlanner().plan(try (1...40).map { try job("t\($0)", 3, nil) }, on: lanes)
        #expect(plan.lanes.map { $0.shards.flatMap(\.tests).count } == [10, 30])
        #expect(plan.seconds == 30 && plan.lowerBound <= 30 && plan.lowerBound >= 15)
    }

    @Test func longestComesFirstInEachShard() throws {
        let jobs = try [3.0, 9, 1, 7, 5].enumerated().map { try job("t\($0.offset)", $0.element) }
        let plan = ShardPlanner().plan(jobs, on: lanes(1))
        let seconds = Dictionary(uniqueKeysWithValues: jobs.map { ($0.id, $0.seconds) })
        #expect(plan.lanes[0].shards[0].tests.compactMap { seconds[$0] } == [9, 7, 5, 3, 1])
    }

    @Test func aSetupIsNotPaidTwiceWhereThatWouldEndLater() throws {
        let jobs = try [job("a", 10), job("b", 200, nil), job("c", 1)]
        let plan = ShardPlanner(setup: SetupCosts(seconds: [.solo: 100])).plan(jobs, on: lanes(2))
        #expect(plan.lanes.filter { $0.shards.contains { $0.mode == .solo } }.count == 1)
        #expect(plan.seconds == 200)
    }

    @Test func jobsThatNoLaneHoldsAreNamedWithTheReason() throws {
        let plan = ShardPlanner().plan([try job("a", 1, .enterprise)], on: lanes(2, modes: [.solo]))
        #expect(plan.unplaced.map(\.test.name) == ["a"])
        #expect(plan.unplaced[0].reason.contains("enterprise"))
    }

    @Test func shardsOfALaneOnlyClimb() throws {
        let jobs = try [job("a", 1, .cicd), job("b", 1, nil), job("c", 1, .solo)]
        #expect(ShardPlanner().plan(jobs, on: lanes(1)).lanes[0].shards.map(\.mode) == [nil, .solo, .cicd])
    }

    @Test func theBoundIsNeverAboveThePlanAndTheSameInputGivesTheSamePlan() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let count = Int.random(in: 1...60, using: &generator)
            let jobs = try (0..<count).map {
                try job(
                    "t\($0)", Double.random(in: 0.1...60, using: &generator),
                    Mode.allCases.randomElement(using: &generator))
            }
            let lanes = lanes(
                Int.random(in: 1...8, using: &generator), workers: Int.random(in: 1...4, using: &generator))
            let plan = ShardPlanner().plan(jobs, on: lanes)
            #expect(plan.lowerBound <= plan.seconds * 1.000001, "jobs: \(jobs), lanes: \(lanes.count)")
            let isSame = plan == ShardPlanner().plan(jobs.shuffled(), on: lanes)
            #expect(isSame, "jobs: \(jobs), lanes: \(lanes.count)")
        }
    }

    @Test func theBoundOfOneLaneIsItsSetupsAndWork() throws {
        let bound = LowerBound(
            jobs: [try job("a", 4), try job("b", 6)], lanes: lanes(1), setup: SetupCosts(seconds: [.solo: 5]))
        #expect(abs(bound.seconds - 15) < 1e-6)
    }

    @Test func aShuffledOrderIsTheSeedsAndKeepsAChoiceOfTheTestsInIt() throws {
        let jobs = try (1...60).map { try job("t\($0)", Double($0)) }
        func order(_ jobs: [Job], _ seed: UInt64) -> [TestID] {
            ShardPlanner(shuffle: Shuffle(seed: seed)).plan(jobs, on: lanes(1)).lanes[0].shards[0].tests
        }
        let all = order(jobs, 7)
        #expect(all.sorted() == jobs.map(\.id).sorted() && all == order(jobs.reversed(), 7))
        #expect(Set((1...20).map { order(jobs, $0) }).count == 20)
        let half = Set(jobs.filter { Int($0.seconds).isMultiple(of: 2) }.map(\.id))
        #expect(order(jobs.filter { half.contains($0.id) }, 7) == all.filter(half.contains))
        // Each test comes first as often as another, roughly.
        let first = Set((1...400).compactMap { order(jobs, $0).first })
        #expect(first.count > 50)
    }

    @Test func aShuffledPlanUsesAllLanesAndOnlyClimbs() throws {
        let jobs = try (1...40).map { try job("t\($0)", 3, Mode.allCases[$0 % 4]) }
        let plan = ShardPlanner(shuffle: Shuffle(seed: 3)).plan(jobs, on: lanes(2, workers: 2))
        #expect(plan.lanes.flatMap { $0.shards.flatMap(\.tests) }.sorted() == jobs.map(\.id).sorted())
        for lane in plan.lanes {
            let modes = lane.shards.compactMap(\.mode)
            #expect(!modes.isEmpty && modes == modes.sorted())
        }
    }

    @Test func estimatesFallBackToTheMedianOfTheMode() throws {
        let tests = try zip(["a", "b", "c"], [1.0, 3, nil]).map {
            TestCase(id: try #require(TestID("s/\($0)")), title: $0, modes: [.solo], estimate: $1)
        }
        #expect(Estimates().jobs(for: tests).map(\.seconds) == [1, 3, 3])
    }
}

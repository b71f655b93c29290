import FleetModel
import FleetProtocol
import FleetScheduling
import FleetTestSupport
import Testing

@testable import FleetCoordinator

@Suite struct DispatcherTests {
    @Test func everyTestIsSettledOnceOnASingleHost() throws {
        var fleet = try FakeFleet(tests: 10, hosts: 1, workers: 2)
        fleet.makeReady(0)
        while fleet.finishOne() {}
        #expect(fleet.isOver)
        #expect(fleet.settled.count == 10)
        #expect(fleet.settled.values.allSatisfy { $0 == [.passed] })
    }

    @Test func aLaneHoldsOneRunningAndOnePrefetchedForEachWorker() throws {
        var fleet = try FakeFleet(tests: 20, hosts: 1, workers: 2)
        fleet.makeReady(0)
        #expect(fleet.open.count == 4)
    }

    @Test func nearTheEndNothingIsPrefetched() throws {
        var fleet = try FakeFleet(tests: 4, hosts: 2, workers: 2)
        fleet.makeReady(0)
        fleet.makeReady(1)
        #expect(fleet.open.values.filter { $0.host == fleet.hosts[0] }.count == 2)
        #expect(fleet.open.values.filter { $0.host == fleet.hosts[1] }.count == 2)
    }

    @Test func aLostHostsTestsRunElsewhereAndItsLateResultsAreFenced() throws {
        var fleet = try FakeFleet(tests: 6, hosts: 2, workers: 1)
        fleet.makeReady(0)
        fleet.makeReady(1)
        let late = try #require(fleet.open.first { $0.value.host == fleet.hosts[0] })
        fleet.begin(late.key)
        fleet.lose(0)
        fleet.deliver(late.key, late.value, .passed)
        while fleet.finishOne() {}
        #expect(fleet.isOver)
        #expect(fleet.settled.count == 6)
        #expect(fleet.settled.values.allSatisfy { $0 == [.passed] })
        #expect(fleet.verdicts[late.key] == [.infrastructure, .fenced])
    }

    @Test func aRepeatedResultIsFenced() throws {
        var fleet = try FakeFleet(tests: 2, hosts: 1, workers: 1)
        fleet.makeReady(0)
        let first = try #require(fleet.open.first)
        fleet.deliver(first.key, first.value, .passed)
        fleet.deliver(first.key, first.value, .failed)
        #expect(fleet.verdicts[first.key] == [.counted, .fenced])
        #expect(fleet.settled[first.value.test] == [.passed])
    }

    @Test func aFailureIsRetriedAndAPassThenIsFlaky() throws {
        var fleet = try FakeFleet(tests: 1, hosts: 1, workers: 1, settings: .init(retries: 1))
        fleet.makeReady(0)
        let first = try #require(fleet.open.first)
        fleet.deliver(first.key, first.value, .failed)
        let second = try #require(fleet.open.first)
        fleet.deliver(second.key, second.value, .passed)
        #expect(fleet.settled.values.first == [.flaky])
    }

    @Test func infrastructureHasItsOwnBudgetAndPrefersAnotherHost() throws {
        var fleet = try FakeFleet(tests: 1, hosts: 2, workers: 1)
        fleet.makeReady(0)
        fleet.makeReady(1)
        var seen: [HostID] = []
        while let (attempt, order) = fleet.open.first {
            seen.append(order.host)
            fleet.deliver(attempt, order, .notRun, cause: .host)
        }
        #expect(fleet.settled.values.first == [.notRun])
        #expect(seen.count >= 2 && seen[0] != seen[1])
    }

    @Test func anEnvironmentThatFailsTwiceIsNotTriedThereAgain() throws {
        var fleet = try FakeFleet(tests: 2, hosts: 1, workers: 1, mode: .solo)
        fleet.makeReady(0)
        fleet.failEnvironment(0)
        #expect(!fleet.isOver)
        while let (attempt, order) = fleet.open.first {
            fleet.failEnvironment(0)
            fleet.deliver(attempt, order, .notRun, cause: .environment)
        }
        #expect(fleet.isOver)
        #expect(fleet.settled.values.allSatisfy { $0 == [.notRun] })
    }

    @Test func whatAnAgentSaysAgainAfterACutCountsOnce() throws {
        var fleet = try FakeFleet(tests: 2, hosts: 1, workers: 1, mode: .solo)
        fleet.makeReady(0)
        let first = try #require(fleet.open.keys.first)
        fleet.begin(first)
        fleet.failEnvironment(0)
        for _ in 0..<5 {
            fleet.makeReady(0)
            fleet.failEnvironment(0, again: true)
            fleet.begin(first)
        }
        #expect(fleet.recorded.environments == 1)
        #expect(fleet.recorded.starts == 1)
        while fleet.finishOne() {}
        #expect(fleet.settled.values.allSatisfy { $0 == [.passed] }, "one failure does not rule the lane out")
    }

    @Test func nothingNewIsStartedOnASuspectHost() throws {
        var fleet = try FakeFleet(tests: 10, hosts: 2, workers: 1)
        fleet.makeReady(0)
        fleet.suspect(0, true)
        let before = fleet.starts.count
        let finished = fleet.finishOne()
        try #require(finished)
        #expect(fleet.starts.count == before)
        fleet.suspect(0, false)
        #expect(fleet.starts.count > before)
        while fleet.finishOne() {}
        #expect(fleet.isOver)
    }

    @Test func whenNoHostIsLeftTheRestIsNotRun() throws {
        var fleet = try FakeFleet(tests: 5, hosts: 2, workers: 1)
        fleet.lose(0, isFinal: true)
        #expect(!fleet.isOver)
        fleet.lose(1, isFinal: true)
        #expect(fleet.isOver)
        #expect(fleet.settled.values.allSatisfy { $0 == [.notRun] })
    }

    @Test func tooFewHostsEndTheRun() throws {
        var fleet = try FakeFleet(tests: 5, hosts: 2, workers: 1, settings: .init(requiredHosts: 2))
        fleet.makeReady(0)
        fleet.lose(1, isFinal: true)
        #expect(fleet.isOver)
        #expect(fleet.interruption?.contains("--require-hosts") == true)
    }

    @Test func moreHostsThanThereAreCannotBeRequired() throws {
        let fleet = try FakeFleet(tests: 5, hosts: 2, workers: 1, settings: .init(requiredHosts: 3))
        #expect(fleet.isOver)
        #expect(fleet.interruption?.contains("only 2 hosts are there") == true)
    }

    @Test func noTestBeginsWithoutAHostThatIsRequired() throws {
        var fleet = try FakeFleet(tests: 2, hosts: 2, workers: 2, settings: .init(requiredHosts: 2))
        fleet.makeReady(0)
        #expect(fleet.starts.isEmpty)
        fleet.lose(1, isFinal: true)
        #expect(fleet.isOver && fleet.starts.isEmpty)
        #expect(fleet.settled.values.allSatisfy { $0 == [.notRun] })
        #expect(fleet.interruption?.contains("only 1 host") == true)
    }

    @Test func aMutexIsHeldByOneTestAtATime() throws {
        var fleet = try FakeFleet(tests: 6, hosts: 3, workers: 2, mutex: "printer")
        for host in 0..<3 { fleet.makeReady(host) }
        while !fleet.isOver {
            #expect(fleet.open.count == 1)
            let finished = fleet.finishOne()
            try #require(finished)
        }
        #expect(fleet.settled.count == 6)
    }

    @Test func ordersThatMayBeLostAreRepeatedAfterACut() throws {
        var fleet = try FakeFleet(tests: 2, hosts: 1, workers: 2)
        fleet.makeReady(0)
        let before = fleet.open.keys.sorted()
        fleet.starts = []
        fleet.makeReady(0)
        #expect(fleet.starts.sorted() == before)
    }

    @Test func theFirstRedTestEndsTheRunWhenAskedTo() throws {
        var fleet = try FakeFleet(tests: 5, hosts: 1, workers: 1, settings: .init(failsFast: true))
        fleet.makeReady(0)
        let first = try #require(fleet.open.first)
        fleet.deliver(first.key, first.value, .failed)
        #expect(fleet.isOver)
        #expect(fleet.settled.values.count { $0 == [.notRun] } == 4)
    }

    /// Hosts come, go and come back, results arrive late, twice or not at all: every test is settled exactly once.
    @Test(arguments: 0..<200) func everyTestIsCountedOnceWhateverHappens(seed: Int) throws {
        var random = SplitMix(seed: UInt64(seed))
        var fleet = try FakeFleet(
            tests: Int.random(in: 1...40, using: &random), hosts: Int.random(in: 1...5, using: &random),
            workers: Int.random(in: 1...3, using: &random),
            settings: .init(retries: Int.random(in: 0...2, using: &random)))
        var steps = 0
        while !fleet.isOver, steps < 20_000 {
            steps += 1
            fleet.step(&random)
        }
        #expect(fleet.isOver, "seed \(seed): no end after \(steps) steps")
        #expect(fleet.settled.count == fleet.count, "seed \(seed)")
        #expect(fleet.settled.values.allSatisfy { $0.count == 1 }, "seed \(seed)")
        for (attempt, verdicts) in fleet.verdicts {
            #expect(verdicts.count { $0 == .counted } <= 1, "seed \(seed), attempt \(attempt)")
        }
    }
}

import FleetModel
import Testing

@testable import FleetCoordinator

/// What agents owe: results that never come, and orders that they refuse.
@Suite struct DebtTests {
    @Test func anOverdueResultEndsTheLeaseOfItsHost() throws {
        var fleet = try FakeFleet(tests: 2, hosts: 2, workers: 1)
        fleet.makeReady(0)
        fleet.makeReady(1)
        let late = try #require(fleet.open.first { $0.value.host == fleet.hosts[0] })
        fleet.begin(late.key)
        // The declared limit of a test is 300 s, its result may come 60 s later.
        fleet.wait(seconds: 359)
        #expect(fleet.endedLeases.isEmpty)
        fleet.wait(seconds: 1)
        fleet.wait(seconds: 1)
        #expect(fleet.endedLeases.map(\.host) == [fleet.hosts[0]], "told once")
        fleet.lose(0)
        while fleet.finishOne() {}
        #expect(fleet.isOver)
        #expect(fleet.settled.values.allSatisfy { $0 == [.passed] })
    }

    @Test func aHostThatBeginsNothingOwesItToo() throws {
        var fleet = try FakeFleet(tests: 3, hosts: 1, workers: 1)
        fleet.makeReady(0)
        fleet.wait(seconds: 899)
        #expect(fleet.endedLeases.isEmpty)
        fleet.wait(seconds: 2)
        #expect(fleet.endedLeases.map(\.epoch.rawValue) == [1])
    }

    @Test func refusalsCostNothingAndTheHostIsLeftAloneForAWhile() throws {
        var fleet = try FakeFleet(tests: 6, hosts: 2, workers: 1)
        fleet.makeReady(0)
        for attempt in fleet.open.keys.sorted() { fleet.refuse(attempt) }
        #expect(fleet.open.isEmpty, "nothing more is ordered there")
        #expect(!fleet.isOver)
        fleet.wait(seconds: 31)
        #expect(!fleet.open.isEmpty)
        for attempt in fleet.open.keys.sorted() { fleet.refuse(attempt) }
        // Another agent is there: three refusals would have used up the budget for infrastructure.
        fleet.lose(0)
        fleet.makeReady(0)
        for attempt in fleet.open.keys.sorted() { fleet.refuse(attempt) }
        fleet.makeReady(1)
        while fleet.finishOne() {}
        #expect(fleet.isOver)
        #expect(fleet.settled.values.allSatisfy { $0 == [.passed] })
    }

    @Test func nobodyRefusesForEver() throws {
        var fleet = try FakeFleet(tests: 1, hosts: 1, workers: 1)
        fleet.makeReady(0)
        for _ in 0..<100 {
            for attempt in fleet.open.keys.sorted() { fleet.refuse(attempt) }
            fleet.wait(seconds: 31)
        }
        #expect(fleet.isOver)
        #expect(fleet.settled.values.allSatisfy { $0 == [.notRun] })
    }
}

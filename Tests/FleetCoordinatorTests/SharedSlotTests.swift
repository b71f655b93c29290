import FleetModel
import FleetProtocol
import Testing

@testable import FleetCoordinator

@Suite struct SharedSlotTests {
    private static let others = ["run-7"].compactMap(RunID.init(rawValue:)).map { run in
        Message.Slots.Holder(owner: "alice@laptop", run: run, slots: 2, seconds: 185)
    }

    @Test func aHostWithoutSlotsGetsNothingAndOthersDoItsWork() throws {
        var fleet = try FakeFleet(tests: 6, hosts: 2, workers: 2)
        fleet.makeReady(0, sharesSlots: true)
        fleet.makeReady(1, sharesSlots: true)
        #expect(fleet.open.isEmpty)
        fleet.share(0, held: 0, wanted: 2, holders: Self.others)
        fleet.share(1, held: 2, wanted: 2)
        #expect(fleet.open.values.allSatisfy { $0.host == fleet.hosts[1] })
        while fleet.finishOne() {}
        #expect(fleet.settled.count == 6)
        #expect(fleet.isOver && fleet.interruption == nil)
        #expect(
            fleet.changes.contains(
                "waiting for 2 slots of host-0, held by alice@laptop's run run-7 since 3 min"), "\(fleet.changes)")
    }

    @Test func aShareBoundsWhatIsOrderedAndGrows() throws {
        var fleet = try FakeFleet(tests: 40, hosts: 1, workers: 4)
        fleet.makeReady(0, sharesSlots: true)
        fleet.share(0, held: 1, wanted: 4, holders: Self.others)
        #expect(fleet.open.count == 2, "one that runs and one prefetched")
        fleet.share(0, held: 4, wanted: 4)
        #expect(fleet.open.count == 8)
        #expect(fleet.changes.last == "it has all its 4 slots now")
        fleet.share(0, held: 400, wanted: 400)
        #expect(fleet.open.count == 8, "no agent may have more than the user gave it")
    }

    @Test func aHostThatWaitsTooLongIsLeftOut() throws {
        var fleet = try FakeFleet(tests: 4, hosts: 2, workers: 1)
        fleet.makeReady(0, sharesSlots: true)
        fleet.makeReady(1, sharesSlots: true)
        fleet.share(0, held: 0, wanted: 1, holders: Self.others)
        fleet.share(1, held: 1, wanted: 1)
        fleet.wait(seconds: 599)
        #expect(fleet.dismissed.isEmpty)
        fleet.wait(seconds: 2)
        #expect(fleet.dismissed == [fleet.hosts[0]])
        #expect(fleet.changes.last?.contains("alice@laptop's run run-7") == true, "\(fleet.changes)")
        while fleet.finishOne() {}
        #expect(fleet.settled.values.allSatisfy { $0 == [.passed] })
    }

    @Test func whoGotASlotIsNotLeftOut() throws {
        var fleet = try FakeFleet(tests: 4, hosts: 1, workers: 1)
        fleet.makeReady(0, sharesSlots: true)
        fleet.share(0, held: 0, wanted: 1, holders: Self.others)
        fleet.wait(seconds: 500)
        fleet.share(0, held: 1, wanted: 1)
        fleet.wait(seconds: 200)
        #expect(fleet.dismissed.isEmpty)
    }

    @Test func nothingBeginsBeforeEnoughHostsTakePart() throws {
        var fleet = try FakeFleet(tests: 6, hosts: 3, workers: 1, settings: .init(requiredHosts: 2))
        fleet.makeReady(0)
        #expect(fleet.open.isEmpty)
        fleet.makeReady(1, sharesSlots: true)
        #expect(fleet.open.isEmpty)
        fleet.share(1, held: 1, wanted: 1)
        #expect(Set(fleet.open.values.map(\.host)) == [fleet.hosts[0], fleet.hosts[1]])
    }

    @Test func tooFewAfterTheWaitEndTheRunBeforeAnyTest() throws {
        var fleet = try FakeFleet(tests: 6, hosts: 2, workers: 1, settings: .init(requiredHosts: 2))
        fleet.makeReady(0)
        fleet.makeReady(1, sharesSlots: true)
        fleet.wait(seconds: 601)
        #expect(fleet.isOver && fleet.starts.isEmpty)
        #expect(fleet.interruption?.contains("--require-hosts asks for 2") == true)
    }
}

import FleetModel
import FleetProtocol
import Testing

@testable import FleetAgent

@Suite("The share of the host's slots")
struct SlotTests {
    @Test("a lane without slots starts nothing and brings nothing up, until it gets one")
    func waits() throws {
        var fixture = SessionFixture(slots: 2) { $0.slotShare = Message.Slots(held: [0], wanted: 2) }
        let (id, greeting) = try fixture.greet()
        #expect(greeting.messages.contains(.slots(Message.Slots(held: [0], wanted: 2))))
        let request = EnvironmentRequest(mode: .solo)
        let plain = try command("a/plain")
        #expect(try fixture.offer([try command("a/solo", modes: [.solo])], environment: request, on: id).isEmpty)
        _ = try fixture.offer([plain], environment: request, on: id)
        #expect(try fixture.start(1, "a/plain", on: id).runs.isEmpty)
        #expect(try fixture.start(2, "a/plain", on: id).runs.isEmpty)
        let first = fixture.handle(.slots(Message.Slots(held: [1], wanted: 2)))
        #expect(first.runs == [1])
        #expect(first.contains(.bringUp(lane: 0, request)))
        #expect(first.messages.first == .slots(Message.Slots(held: [1], wanted: 2)))
        #expect(fixture.handle(.slots(Message.Slots(held: [2], wanted: 2))).runs == [2])
    }

    @Test("a heavy test takes all that the lane has, when that is less than it wants")
    func heavy() throws {
        var fixture = SessionFixture(slots: 4) { $0.slotShare = Message.Slots(held: [2], wanted: 4) }
        let (id, _) = try fixture.greet()
        _ = try fixture.offer([try command("a/heavy", weight: 3), try command("a/light")], on: id)
        #expect(try fixture.start(1, "a/heavy", on: id).runs == [1])
        #expect(try fixture.start(2, "a/light", on: id).runs.isEmpty)
        #expect(fixture.end(1).runs == [2])
    }

    @Test("the first lanes are filled first")
    func shares() {
        #expect(SlotQueue.shares(of: 0, lanes: 2, slotsPerLane: 2) == [0, 0])
        #expect(SlotQueue.shares(of: 3, lanes: 2, slotsPerLane: 2) == [2, 1])
        #expect(SlotQueue.shares(of: 4, lanes: 2, slotsPerLane: 2) == [2, 2])
    }

    @Test("who has nothing comes first, then who came first; who keeps an environment waits for nothing")
    func turns() throws {
        let old = try session("old", since: 1, held: 1)
        let waiting = try session("waiting", since: 2, held: 0)
        let late = try session("late", since: 3, held: 0)
        var keeping = try session("keeping", since: 0, held: 0)
        keeping.phase = .keeping
        func isTurn(_ ours: SessionStatus) -> Bool {
            let all = [old, waiting, late, keeping]
            return SlotQueue(others: all.filter { $0.name != ours.name }).isTurn(of: ours)
        }
        #expect(isTurn(waiting))
        #expect(!isTurn(late))
        #expect(!isTurn(old), "it has one already, others have none")
        #expect(SlotQueue(others: [keeping]).isTurn(of: old))
        let holders = SlotQueue(others: [old, waiting, keeping]).holders(now: 61)
        #expect(holders == [Message.Slots.Holder(owner: "old@test", run: old.run, slots: 1, seconds: 60)])
    }

    private func session(_ run: String, since: Double, held: Int) throws -> SessionStatus {
        let id = try #require(RunID(rawValue: run))
        let options = ServeOptions(
            run: id, epoch: Epoch(rawValue: 1), workdir: "/nowhere", slots: 2, owner: "\(run)@test")
        var status = SessionStatus(options)
        status.since = since
        status.held = held
        return status
    }
}

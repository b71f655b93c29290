import FleetModel
import FleetProtocol
import Testing

@testable import FleetAgent

@Suite("What silence does to a session")
struct TimeTests {
    private func fenced() throws -> (SessionFixture, ConnectionID) {
        var fixture = SessionFixture(slots: 2)
        let (id, _) = try fixture.greet()
        let tests = [try command("a/free"), try command("a/locked", mutex: "m")]
        _ = try fixture.offer(tests, on: id)
        _ = try fixture.start(1, "a/free", on: id)
        _ = try fixture.start(2, "a/locked", on: id)
        _ = try fixture.start(3, "a/locked", on: id)
        for attempt in 4...7 { _ = try fixture.start(attempt, "a/free", on: id) }
        fixture.now = .seconds(11)
        #expect(fixture.handle(.tick).isEmpty)
        return (fixture, id)
    }

    @Test("after 12 s attempts with a mutex stop, the others go on, and only what was prefetched starts")
    func fence() throws {
        var (fixture, _) = try fenced()
        fixture.now = .seconds(12)
        let actions = fixture.handle(.tick)
        #expect(actions.cancelled == [2])
        #expect(actions.results.map(\.attempt.rawValue) == [3])
        #expect(actions.results.map(\.result.cause) == [.transport])
        #expect(fixture.end(2).runs == [4])
        #expect(fixture.end(1).runs == [5])
        #expect(fixture.end(4).runs.isEmpty, "one prefetched order for each slot, nothing more")
        #expect(fixture.handle(.tick).isEmpty)
    }

    @Test("a coordinator that comes back lifts the fence")
    func lift() throws {
        var (fixture, _) = try fenced()
        fixture.now = .seconds(13)
        _ = fixture.handle(.tick)
        for attempt in [1, 2, 4, 5] { _ = fixture.end(attempt) }
        let (_, actions) = try fixture.greet()
        #expect(actions.runs == [6, 7])
    }

    @Test("a line that comes too late does not hide that the time was over")
    func lateLine() throws {
        var (fixture, id) = try fenced()
        fixture.now = .seconds(30)
        let actions = try fixture.send(.ping(Message.Ping(number: 1)), on: id)
        #expect(actions.cancelled == [2])
        #expect(actions.closed == [id])
    }

    @Test("an order that was in flight for too long is not obeyed; who wants to give orders greets again")
    func lateOrder() throws {
        var (fixture, id) = try fenced()
        fixture.now = .seconds(30)
        #expect(try fixture.start(8, "a/locked", on: id).closed == [id])
        #expect(try fixture.start(9, "a/free", on: id).isEmpty)
        _ = fixture.end(2)
        let (next, _) = try fixture.greet()
        _ = fixture.end(1)
        #expect(try fixture.start(8, "a/locked", on: next).runs.isEmpty, "the others are before it")
        for attempt in 4...7 { _ = fixture.end(attempt) }
        #expect(fixture.session.attempts[AttemptID(rawValue: 8)] != nil)
        #expect(fixture.session.attempts[AttemptID(rawValue: 9)] == nil)
    }

    @Test("a higher epoch stops what holds a mutex: another host may get it now")
    func epochAndMutex() throws {
        var fixture = SessionFixture(slots: 2)
        let (id, _) = try fixture.greet()
        _ = try fixture.offer([try command("a/free"), try command("a/locked", mutex: "m")], on: id)
        _ = try fixture.start(1, "a/free", on: id)
        _ = try fixture.start(2, "a/locked", on: id)
        let (_, actions) = try fixture.greet(epoch: 2)
        #expect(actions.cancelled == [2])
    }

    @Test("an attempt against an external environment stops like one with a mutex; the agent's configuration says so")
    func external() throws {
        for (driver, request, isStopped) in [
            (Driver.external, EnvironmentRequest(mode: .solo), true),
            (nil, EnvironmentRequest(mode: .solo, driver: .external), true),
            (nil, EnvironmentRequest(mode: .solo), false),
            (.external, EnvironmentRequest(mode: .solo, driver: .process), false),
        ] {
            var fixture = SessionFixture(slots: 2) { $0.driver = driver }
            let (id, _) = try fixture.greet()
            _ = try fixture.offer([try command("a/b", modes: [.solo])], environment: request, on: id)
            _ = fixture.handle(
                .environmentReady(lane: 0, EnvironmentReport(driver: driver ?? .process, services: [], seconds: 1)))
            #expect(try fixture.start(1, "a/b", on: id).runs == [1])
            fixture.now = .seconds(12)
            #expect(fixture.handle(.tick).cancelled == (isStopped ? [1] : []), "\(String(describing: driver))")

            var other = SessionFixture(slots: 2) { $0.driver = driver }
            let (first, _) = try other.greet()
            _ = try other.offer([try command("a/b", modes: [.solo])], environment: request, on: first)
            _ = other.handle(
                .environmentReady(lane: 0, EnvironmentReport(driver: driver ?? .process, services: [], seconds: 1)))
            _ = try other.start(1, "a/b", on: first)
            #expect(try other.greet(epoch: 2).1.cancelled == (isStopped ? [1] : []))
        }
        var free = SessionFixture { $0.driver = .external }
        let (id, _) = try free.greet()
        _ = try free.offer([try command("a/free")], on: id)
        _ = try free.start(1, "a/free", on: id)
        free.now = .seconds(12)
        #expect(free.handle(.tick).cancelled.isEmpty, "it needs no environment at all")
    }

    @Test("without a coordinator for the grace time the agent stops everything and ends")
    func grace() throws {
        var (fixture, _) = try fenced()
        fixture.now = .seconds(121)
        let actions = fixture.handle(.tick)
        #expect(Set(actions.cancelled) == [1, 2])
        #expect(!actions.contains(.end))
        _ = fixture.end(1)
        let last = fixture.end(2)
        #expect(last.contains(.end))
        #expect(fixture.handle(.tick).isEmpty)
    }

    @Test("an agent that nobody ever greets ends after the grace time")
    func neverGreeted() {
        var fixture = SessionFixture { $0.grace = .seconds(5) }
        fixture.now = .seconds(5)
        #expect(fixture.handle(.tick) == [.end])
    }

    @Test("a higher epoch gives waiting orders up and lets running ones end under the old number")
    func epoch() throws {
        var fixture = SessionFixture(slots: 1)
        let (id, _) = try fixture.greet()
        _ = try fixture.offer([try command("a/b")], on: id)
        _ = try fixture.start(1, "a/b", on: id)
        _ = try fixture.start(2, "a/b", on: id)
        let (next, actions) = try fixture.greet(epoch: 2)
        #expect(actions.results.map(\.attempt.rawValue) == [2])
        #expect(actions.results.map(\.result.cause) == [.transport])
        #expect(fixture.end(1).results.map(\.epoch.rawValue) == [1])
        #expect(try fixture.start(3, "a/b", on: next).errorCodes == ["stale-epoch"])
        #expect(try fixture.start(4, "a/b", epoch: 2, on: next).runs == [4])
    }

    @Test("finish stops what runs, takes down, says bye after the results and ends")
    func finish() throws {
        var fixture = SessionFixture(slots: 1)
        let (id, _) = try fixture.greet()
        let request = EnvironmentRequest(mode: .solo)
        #expect(
            try fixture.offer([try command("a/b", modes: [.solo])], environment: request, on: id)
                .contains(.bringUp(lane: 0, request)))
        let report = EnvironmentReport(driver: .process, services: [], seconds: 1)
        _ = fixture.handle(.environmentReady(lane: 0, report))
        _ = try fixture.start(1, "a/b", on: id)
        let actions = try fixture.send(.finish(Message.Finish(reason: "done")), on: id)
        #expect(actions.cancelled == [1])
        #expect(try fixture.start(2, "a/b", on: id).results.count == 1)
        let ended = fixture.end(1)
        #expect(ended.results.count == 1)
        #expect(ended.contains(.takeDown(lane: 0)))
        let last = fixture.handle(.environmentDown(lane: 0, leftovers: ["a file"]))
        #expect(last.contains(.sendLast(.bye(Message.Bye(leftovers: ["a file"])), id)))
        #expect(last.last == .end)
    }

    @Test("a tear-down that hangs does not keep the agent for ever")
    func hangingTearDown() throws {
        var fixture = SessionFixture(slots: 1)
        let (id, _) = try fixture.greet()
        _ = try fixture.offer([try command("a/b")], on: id)
        _ = try fixture.start(1, "a/b", on: id)
        _ = fixture.handle(.terminate(reason: "SIGTERM", evictedBy: nil))
        fixture.now = .seconds(31)
        let actions = fixture.handle(.tick)
        #expect(actions.contains(.end))
        guard case .bye(let bye) = actions.messages.last else {
            Issue.record("no bye: \(actions)")
            return
        }
        #expect(bye.leftovers.count == 1)
    }
}

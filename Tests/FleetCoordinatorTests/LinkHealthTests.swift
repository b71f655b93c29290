import Testing

@testable import FleetCoordinator

@Suite struct LinkHealthTests {
    @Test func silenceIsNoticedInStages() {
        var health = LinkHealth(now: 0)
        var seen: [(Double, LinkHealth.Action)] = []
        for tick in 1...80 {
            let now = Double(tick) / 4
            for action in health.tick(now: now) { seen.append((now, action)) }
        }
        let stages = seen.filter { if case .ping = $0.1 { false } else { true } }
        #expect(stages.map(\.0) == [6, 10])
        #expect(stages.map(\.1) == [.suspect, .lost])
        #expect(seen.compactMap { if case .ping(let number) = $0.1 { number } else { nil } } == Array(1...4))
    }

    @Test func tickingOnlyWhenSomethingIsDueSaysTheSame() {
        var health = LinkHealth(now: 0)
        var seen: [(Double, LinkHealth.Action)] = []
        var now = 0.0
        while health.nextTick < 100 {
            #expect(health.nextTick > now, "time passes")
            now = health.nextTick
            let actions = health.tick(now: now)
            #expect(!actions.isEmpty)
            for action in actions { seen.append((now, action)) }
        }
        #expect(seen.map(\.0) == [2, 4, 6, 6, 8, 10])
        #expect(seen.map(\.1) == [.ping(1), .ping(2), .suspect, .ping(3), .ping(4), .lost])
    }

    @Test func aLineInTimeKeepsTheLease() {
        var health = LinkHealth(now: 0)
        let silent = health.tick(now: 7)
        let heard = health.heard(now: 7.5)
        let early = health.tick(now: 13)
        let late = health.tick(now: 13.5)
        #expect(silent.contains(.suspect))
        #expect(heard == [.recovered])
        #expect(!early.contains(.suspect))
        #expect(late.contains(.suspect))
    }

    @Test func aLostConnectionStaysLost() {
        var health = LinkHealth(now: 0)
        for tick in 1...16 { _ = health.tick(now: Double(tick)) }
        let heard = health.heard(now: 17)
        let later = health.tick(now: 30)
        #expect(heard == [])
        #expect(later == [])
    }
}

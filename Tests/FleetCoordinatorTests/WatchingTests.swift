import FleetModel
import FleetProtocol
import FleetScheduling
import Testing

@testable import FleetCoordinator

@Suite struct WatchingTests {
    private func model(_ events: [JournalEntry.Event], hosts: [String] = ["h1", "host-2"]) -> ProgressModel {
        var model = ProgressModel()
        model.apply(.at(0, .begun(.sample(tests: ["suite/one", "suite/two", "suite/three"], hosts: hosts))))
        for event in events { model.apply(.at(1, event)) }
        return model
    }

    @Test func progressIsCounted() throws {
        let test = try #require(TestID("suite/one"))
        let model = model([
            .change("h1", .ready, ""), .started("h1", 1), .started("h1", 2),
            .result("h1", .counted, .sample(1, test: test, outcome: .failed)), .settled(test, .failed),
        ])
        #expect((model.settled, model.total, model.redCount) == (1, 3, 1))
        #expect(model.hosts[HostID("h1")]?.running == [AttemptID(rawValue: 2)])
        #expect(model.hosts[HostID("h1")]?.done == 1)
        #expect(model.secondsLeft == 2, "no schedule is shorter than its longest test")
    }

    @Test func aLostHostRunsNothing() {
        let model = model([.started("h1", 1), .change("h1", .lost, "gone"), .change("h1", .notice, "words")])
        #expect(model.hosts[HostID("h1")]?.running == [])
        #expect(model.hosts[HostID("h1")]?.state == "lost")
    }

    @Test(arguments: [20, 40, 79, 200]) func noLineIsWiderThanTheTerminal(columns: Int) {
        let long = String(repeating: "a-very-long-name.", count: 8)
        let model = model((1...40).map { .started("h1", $0) }, hosts: ["h1", long])
        let lines = TerminalView().lines(model, elapsed: 12, columns: columns)
        #expect(lines.count == 3)
        #expect(lines.allSatisfy { $0.count <= columns })
    }

    @Test func eachDrawingTakesTheOneBeforeAway() {
        var view = TerminalView()
        let model = model([])
        let first = view.draw(model, elapsed: 0, columns: 80)
        let second = view.draw(model, elapsed: 1, columns: 80)
        #expect(!first.contains("\u{1B}"))
        #expect(second.hasPrefix("\u{1B}[3A\u{1B}[J"))
        #expect(view.erase() == "\u{1B}[3A\u{1B}[J")
        #expect(view.erase().isEmpty)
    }

    @Test func aPlanNamesEveryTestWhereItRuns() throws {
        let lane = LaneID(host: HostID("h1"), index: 0)
        let tests = try ["suite/one", "suite/two"].map { try #require(TestID($0)) }
        let plan = Plan(
            lanes: [.init(id: lane, workers: 2, shards: [.init(mode: .solo, tests: [tests[0]])], seconds: 3)],
            unplaced: [.init(test: tests[1], reason: "no host can hold enterprise")], lowerBound: 2)
        let text = PlanText.render(plan)
        #expect(text.contains("2 workers, 1 tests, 3.0 s"))
        #expect(text.contains("  solo\n    suite/one"))
        #expect(text.contains("not placed: suite/two: no host can hold enterprise"))
        #expect(text.contains("Planned 3.0 s; no schedule can end before 2.0 s (ratio 1.5)."))
    }
}

import FleetModel
import FleetProtocol
import FleetReports
import FleetScheduling
import FleetSystem
import Foundation
import Testing

@testable import FleetCoordinator

/// An agent that lies: the real link, driver and journal, and an agent of which every line is the test's.
@Suite struct HostileAgentTests {
    /// Greets, takes the one order, and hands it over.
    private func withOrder(
        _ body: @escaping @Sendable (RunDriverTests.Rig, inout ScriptedAgent, Message.Start) async throws -> Void
    ) async throws {
        try await RunDriverTests.withRig { rig in
            async let end = rig.run()
            var agent = try await rig.fixture.agent()
            guard case .shard = try await agent.next(), case .start(let start) = try await agent.next() else {
                throw ScriptedAgent.Ended()
            }
            try await body(rig, &agent, start)
            _ = try await end
        }
    }

    private func report(_ rig: RunDriverTests.Rig) throws -> RunReport {
        var record = RunRecord()
        for entry in try Journal.read(rig.journal) { record.apply(entry) }
        return try #require(record.report)
    }

    @Test func oneHundredLiesAreRecordedAndNoMore() async throws {
        try await RunDriverTests.withRig { rig in
            async let end = rig.run()
            var agent = try await rig.fixture.agent()
            guard case .shard = try await agent.next(), case .start = try await agent.next() else {
                throw ScriptedAgent.Ended()
            }
            for number in 1...300 {
                try await agent.send(.result(.sample(number, attempt: 1000 + number, test: rig.test)))
            }
            #expect(try await end == nil)
            #expect(try rig.results.count == 100)
            let report = try report(rig)
            #expect(report.tests.map(\.outcome) == [.notRun])
            #expect(report.hosts[0].lost)
            #expect(report.hosts[0].notes.contains { $0.contains("never asked for") }, "\(report.hosts[0].notes)")
        }
    }

    @Test func aResultCountsOnceHoweverOftenItIsSaid() async throws {
        try await withOrder { rig, agent, start in
            let attempt = start.attempt.rawValue
            try await agent.send(.started(.init(attempt: start.attempt, lane: 255, slot: 4000, epoch: start.epoch)))
            try await agent.send(.result(.sample(1, attempt: attempt, test: rig.test, epoch: 7)))
            try await agent.send(.result(.sample(2, attempt: attempt, test: rig.test, outcome: .failed)))
            try await agent.send(.result(.sample(2, attempt: attempt, test: rig.test)))
            _ = try await agent.next()
            let ended = await Waiting.until(within: .seconds(10)) { (try? rig.results.count) == 2 }
            #expect(ended)
            #expect(try rig.results == [.fenced, .counted])
            #expect(try report(rig).tests.map(\.outcome) == [.failed])
        }
    }

    @Test func linesThatHaveNoPlaceAreAnsweredAndCounted() async throws {
        try await withOrder { rig, agent, start in
            let noise: [String] = [
                #"{"type":"acknowledge","through":9007199254740991}"#, #"{"type":"finish","reason":"now"}"#,
                #"{"type":"started","attempt":0,"lane":0,"slot":0,"epoch":1}"#,
                #"{"type":"started","attempt":99999999999999999999,"lane":0,"slot":0,"epoch":1}"#,
                #"{"type":"environment","lane":99999,"mode":"solo","state":"ready"}"#,
                #"{"type":"result","sequence":1,"attempt":1,"test":"../../etc","lane":0,"slot":0,"epoch":1}"#,
                "\u{1b}[2J", String(repeating: "[", count: 5000), "{\"type\":\"log\",\"level\":\"warning\"}",
            ]
            for line in noise {
                try await agent.send(line: line)
                guard case .error = try await agent.next() else { throw ScriptedAgent.Ended() }
            }
            try await agent.send(
                .environment(.init(lane: 200, mode: .enterprise, state: .ready, message: "a lane that is not there")))
            try await agent.send(.result(.sample(1, attempt: start.attempt.rawValue, test: rig.test)))
        }
    }

    @Test func anAgentThatTalksWithoutPauseFillsNoDiskAndNoReport() async throws {
        try await withOrder { rig, agent, start in
            for number in 0..<3000 {
                try await agent.send(.log(.init(level: .warning, message: "\u{1b}]0;pwned\u{7} <script> \(number)")))
            }
            try await agent.send(.result(.sample(1, attempt: start.attempt.rawValue, test: rig.test)))
            _ = try await agent.next()
            let notices = try Journal.read(rig.journal).count {
                if case .host(let change) = $0.event { change.state == .notice } else { false }
            }
            #expect(notices == 1000)
            let report = try report(rig)
            #expect(report.hosts[0].notes.count <= 201)
            let (html, text) = (
                HTMLReport(report, link: { _, _ in nil }).render(), TextSummary(report, colour: false).render()
            )
            #expect(!html.contains("<script> 1") && !html.contains("\u{1b}"))
            #expect(!text.contains("\u{1b}"))
            #expect(!JUnitReport.render(report).contains("\u{1b}"))
        }
    }

    @Test func anOutputAsLargeAsALineAllowsIsKeptWithinBounds() async throws {
        try await withOrder { rig, agent, start in
            var result = Message.Result.sample(1, attempt: start.attempt.rawValue, test: rig.test, outcome: .failed)
            result.result.output = BoundedText(head: String(repeating: "\u{1b}[31m<b>&", count: 60_000))
            result.result.message = String(repeating: "m", count: 200_000)
            try await agent.send(.result(result))
            _ = try await agent.next()
            let report = try report(rig)
            #expect(report.tests[0].outcome == .failed)
            #expect(HTMLReport(report, link: { _, _ in nil }).render().utf8.count < 3 << 20)
            #expect(!TextSummary(report, colour: false).render().contains("\u{1b}"))
        }
    }

    @Test func aFileWithAnotherHashThanWasSaidIsNotKept() throws {
        // Names never reach the disk: what is stored is called by its hash, whatever the agent calls it.
        for path in ["../../etc/passwd", "/etc/passwd", "a/../../b.sh;rm", "x.\u{1b}[2J"] {
            let name = ArtifactFetcher.name(
                of: Artifact(path: path, size: 1, sha256: "../" + String(repeating: "a", count: 64)))
            #expect(!name.contains("/") && !name.contains("\u{1b}") && !name.contains(";"), "\(name)")
        }
    }

    @Test func environmentsThatChangeWithoutPauseFillNoDisk() throws {
        let host = HostID("h1")
        let lane = LaneCapacity(id: LaneID(host: host, index: 0), workers: 1)
        let tests = [TestCase(id: try #require(TestID("suite/one")), title: "one", modes: [])]
        let plan = ShardPlanner().plan(Estimates().jobs(for: tests), on: [lane])
        var decider = RunDecider(Dispatcher(tests: tests, plan: plan, lanes: [lane]))
        _ = decider.begin(unplaced: [], now: 0)
        _ = decider.handle(
            .link(.ready(host, Epoch(rawValue: 1), modes: Set(Mode.allCases), sharesSlots: false)), now: 0)
        let service = ServiceInfo(
            name: String(repeating: "n", count: 900), backing: .native, version: String(repeating: "v", count: 900),
            readySeconds: 1)
        var (bytes, notices) = (0, [String]())
        for number in 0..<20_100 {
            let state = Message.EnvironmentState(
                lane: 0, mode: .solo, state: number % 2 == 0 ? .starting : .ready,
                services: Array(repeating: service, count: number < 10 ? 500 : 0),
                message: String(repeating: "m", count: number < 10 ? 500_000 : 1))
            for case .record(let event) in decider.handle(
                .link(.message(host, .environment(state))), now: Double(number))
            {
                if case .host(let change) = event { notices.append(change.message) }
                if number < 10 { bytes += try Journal.line(JournalEntry(time: "", event: event)).count }
            }
        }
        #expect(bytes < 10 * 48_000, "what of one line is kept is bounded: \(bytes)")
        #expect(notices == ["it told of 20000 changes of environments and slots; no more of them are heard"])
    }
}

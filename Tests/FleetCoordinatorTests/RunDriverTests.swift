import FleetModel
import FleetProtocol
import FleetScheduling
import FleetSystem
import Foundation
import Testing

@testable import FleetCoordinator

@Suite struct RunDriverTests {
    /// One run of one test on one host in memory, with a real journal.
    struct Rig: Sendable {
        let journal: String
        let test: TestID
        let fixture: LinkFixture
        let driver: RunDriver
        let events: EventMailbox
        /// What was on the disk each time somebody was told of a result.
        let seen: Locked<[Bool]>

        func run() async throws -> String? { try await driver.run(unplaced: [], events: events) }

        var results: [JournalEntry.ResultLine.Verdict] {
            get throws {
                try Journal.read(journal).compactMap {
                    if case .result(let line) = $0.event { line.verdict } else { nil }
                }
            }
        }
    }

    static func withRig(_ body: @escaping @Sendable (Rig) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "fleet-test-\(UUID().uuidString)")
        try OutputFiles.prepareDirectory(folder.path)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (path, test) = ("\(folder.path)/journal.jsonl", try #require(TestID("suite/one")))
        let events = EventMailbox()
        let seen = Locked<[Bool]>([])
        let observe: JournalSink.Observer = { entry, line in
            guard case .result = entry.event else { return }
            let onDisk = FileManager.default.contents(atPath: path)?.range(of: Data(line)) != nil
            seen.withLock { $0.append(onDisk) }
        }
        let sink = JournalSink(journal: try Journal(path: path), observe: observe, notice: { _, _ in })
        try sink.append(.begun(.sample(tests: ["suite/one"], hosts: ["h1"])))
        let lane = LaneCapacity(id: LaneID(host: LinkFixture.host, index: 0), workers: 1)
        let tests = [TestCase(id: test, title: "one", modes: [])]
        let plan = ShardPlanner().plan(Estimates().jobs(for: tests), on: [lane])
        let dispatch = Dispatcher(tests: tests, plan: plan, lanes: [lane])
        try await LinkFixture.with(also: { events.post(.link($0)) }) { fixture in
            let driver = RunDriver(
                decider: RunDecider(dispatch), journal: sink, links: [LinkFixture.host: fixture.link],
                fetch: { _, _ in })
            try await body(
                Rig(
                    journal: path, test: test, fixture: fixture, driver: driver, events: events, seen: seen))
        }
    }

    @Test func aResultIsOnTheDiskBeforeItsAgentIsThanked() async throws {
        try await Self.withRig { rig in
            async let end = rig.run()
            var agent = try await rig.fixture.agent()
            guard case .shard = try await agent.next(), case .start(let start) = try await agent.next() else {
                throw ScriptedAgent.Ended()
            }
            try await agent.send(
                .started(.init(attempt: start.attempt, lane: 0, slot: 0, epoch: start.epoch)))
            try await agent.send(.result(.sample(1, attempt: start.attempt.rawValue, test: rig.test)))
            #expect(try await agent.next() == .acknowledge(.init(through: 1)))
            #expect(try rig.results == [.counted])
            #expect(rig.seen.withLock { $0 } == [true])
            #expect(try await end == nil)
        }
    }

    @Test func aResultThatNobodyOrderedIsFencedAndThankedFor() async throws {
        try await Self.withRig { rig in
            async let end = rig.run()
            var agent = try await rig.fixture.agent()
            guard case .shard = try await agent.next(), case .start(let start) = try await agent.next() else {
                throw ScriptedAgent.Ended()
            }
            let stranger = try #require(TestID("suite/other"))
            try await agent.send(.result(.sample(1, attempt: 99, test: rig.test, outcome: .failed)))
            try await agent.send(.result(.sample(2, attempt: start.attempt.rawValue, test: stranger)))
            try await agent.send(.result(.sample(3, attempt: start.attempt.rawValue, test: rig.test, epoch: 9)))
            #expect(try await agent.next() == .acknowledge(.init(through: 1)))
            #expect(try await agent.next() == .acknowledge(.init(through: 2)))
            #expect(try await agent.next() == .acknowledge(.init(through: 3)))
            #expect(try rig.results == [.fenced, .fenced, .fenced])
            try await agent.send(.result(.sample(4, attempt: start.attempt.rawValue, test: rig.test)))
            #expect(try await end == nil)
            #expect(try rig.results.last == .counted)
        }
    }

    @Test func anOrderThatWasLostWithItsConnectionIsRepeated() async throws {
        try await Self.withRig { rig in
            async let end = rig.run()
            let first = try await rig.fixture.agent()
            try await rig.fixture.events.wait("ready") { $0.readyEpochs == [1] }
            await first.stream.close()
            var second = try await rig.fixture.agent()
            guard case .shard = try await second.next(), case .start(let start) = try await second.next() else {
                throw ScriptedAgent.Ended()
            }
            try await second.send(.result(.sample(1, attempt: start.attempt.rawValue, test: rig.test)))
            #expect(try await end == nil)
            #expect(try rig.results == [.counted])
        }
    }

    @Test func anInterruptionSettlesWhatIsOpen() async throws {
        try await Self.withRig { rig in
            async let end = rig.run()
            var agent = try await rig.fixture.agent()
            _ = try await agent.next()
            rig.events.post(.interrupt("interrupted by SIGINT"))
            #expect(try await end == "interrupted by SIGINT")
            let settled = try Journal.read(rig.journal).compactMap {
                if case .settled(let value) = $0.event { value.outcome } else { nil }
            }
            #expect(settled == [.notRun])
        }
    }
}

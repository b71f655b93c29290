import FleetModel
import FleetProtocol
import FleetScheduling
import FleetSystem
import Foundation
import Testing

@testable import FleetCoordinator

/// What a journal says after its coordinator was killed, at whatever byte.
@Suite struct RecoveryTests {
    private let settings = Dispatcher.Settings(retries: 1)

    private func test(_ name: String) throws -> TestID { try #require(TestID("suite/\(name)")) }

    private func ordered(_ attempt: Int, _ test: TestID, on host: String = "h1", epoch: Int = 1)
        -> JournalEntry.Event
    {
        .ordered(
            .init(
                attempt: AttemptID(rawValue: attempt), test: test, host: HostID(host), lane: 0,
                epoch: Epoch(rawValue: epoch)))
    }

    private func launched(_ host: String = "h1", epoch: Int = 1) -> JournalEntry.Event {
        .launched(
            .init(host: HostID(host), epoch: Epoch(rawValue: epoch), port: 4000 + epoch, incarnation: "a\(epoch)"))
    }

    /// A run of three tests: one has passed, one has failed once, one runs.
    private func history() throws -> [JournalEntry] {
        let (one, two, three) = (try test("one"), try test("two"), try test("three"))
        let events: [JournalEntry.Event] = [
            .begun(.sample(tests: ["suite/one", "suite/two", "suite/three"], hosts: ["h1"])), launched(),
            .change("h1", .ready, ""), ordered(1, one), ordered(2, two), .started("h1", 1), .started("h1", 2),
            .result("h1", .counted, .sample(1, attempt: 1, test: one)), .settled(one, .passed), ordered(3, three),
            .started("h1", 3), .result("h1", .counted, .sample(2, attempt: 2, test: two, outcome: .failed)),
        ]
        return events.enumerated().map { .at($0.offset, $0.element) }
    }

    @Test func aRunIsTakenUpWhereItsJournalEnds() throws {
        let run = RecoveredRun(try history(), settings: settings)
        #expect(run.tests[try test("one")]?.outcome == .passed)
        #expect(run.tests[try test("two")]?.failures == 1)
        #expect(run.waiting.map(\.id) == [try test("two")])
        #expect(run.open.keys.map(\.rawValue) == [3])
        #expect(run.nextAttempt == 4)
        let host = try #require(run.hosts[HostID("h1")])
        #expect(host.address == AgentAddress(port: 4001, incarnation: "a1"))
        #expect((host.epoch.rawValue, host.sequence, host.wasReady) == (1, 2, true))
    }

    @Test func whatFollowsFromAResultIsConcludedAgain() throws {
        let entries = try history()
        let cut = try #require(entries.firstIndex { if case .settled = $0.event { true } else { false } })
        let run = RecoveredRun(Array(entries[..<cut]), settings: settings)
        #expect(run.tests[try test("one")]?.outcome == nil, "its record was torn off")
        #expect(!run.waiting.map(\.id).contains(try test("one")), "a test with a result never runs again")
        let lanes = [LaneCapacity(id: LaneID(host: HostID("h1"), index: 0), workers: 1)]
        let plan = ShardPlanner().plan(Estimates().jobs(for: run.waiting), on: lanes)
        var dispatcher = Dispatcher(resuming: run, plan: plan, lanes: lanes, settings: settings)
        let settled = dispatcher.begin(unplaced: []).compactMap { action -> TestID? in
            if case .record(.settled(let value)) = action { value.test } else { nil }
        }
        #expect(settled == [try test("one")])
    }

    /// The clock is that of the machine: it did not begin with the run.
    @Test func whatStillRunsAfterAResumeHasItsWholeTime() throws {
        let run = RecoveredRun(try history(), settings: settings)
        let lanes = [LaneCapacity(id: LaneID(host: HostID("h1"), index: 0), workers: 1)]
        let plan = ShardPlanner().plan(Estimates().jobs(for: run.waiting), on: lanes)
        var dispatcher = Dispatcher(resuming: run, plan: plan, lanes: lanes, settings: settings)
        func ended(_ actions: [Dispatcher.Action]) -> Bool {
            actions.contains { if case .endLease = $0 { true } else { false } }
        }
        dispatcher.now = 1_000_000
        _ = dispatcher.begin(unplaced: [])
        _ = dispatcher.hostReady(HostID("h1"), epoch: Epoch(rawValue: 1), modes: Set(Mode.allCases))
        #expect(!ended(dispatcher.tick()), "test three runs there")
        dispatcher.now += 3600
        #expect(ended(dispatcher.tick()), "by now its result is overdue")
    }

    @Test func aLostLeaseTakesItsAttemptsAlong() throws {
        let entries = try history() + [.at(20, .change("h1", .lost, "silence"))]
        let run = RecoveredRun(entries, settings: settings)
        #expect(run.open.isEmpty)
        #expect(run.waiting.map(\.id) == [try test("three"), try test("two")])
        #expect(run.hosts[HostID("h1")]?.epoch.rawValue == 2)
    }

    @Test func anInterruptedRunIsOpenAgainOnlyWhereTheInterruptionDecided() throws {
        let (two, three) = (try test("two"), try test("three"))
        let stopped = [two, three].map { test in
            JournalEntry.at(
                21,
                .settled(.init(test: test, outcome: .notRun, cause: .host, message: "SIGINT", interrupted: true)))
        }
        let end = JournalEntry.at(22, .ended(.init(exit: 130, interruption: "SIGINT", seconds: 22)))
        var run = RecoveredRun(try history() + stopped + [end], settings: settings)
        #expect(!run.isComplete)
        #expect(run.remaining == 2)
        run.apply(.at(23, .resumed(.init(remaining: 2, torn: 0))))
        #expect(run.waiting.map(\.id) == [three, two])
        #expect(run.hosts[HostID("h1")]?.address == nil, "its agents were told to end")
        #expect(run.hosts[HostID("h1")]?.epoch.rawValue == 2)
        var record = RunRecord()
        for entry in try history() + stopped + [end] { record.apply(entry) }
        record.apply(.at(23, .resumed(.init(remaining: 2, torn: 0))))
        record.apply(.at(24, .settled(two, .passed)))
        #expect(record.report?.tests.first { $0.id == two }?.outcome == .passed)
    }

    @Test func aRunThatHasEndedIsComplete() throws {
        let entries = [
            try history()[0], .at(1, .settled(try test("one"), .passed)), .at(1, .settled(try test("two"), .passed)),
            .at(1, .settled(try test("three"), .passed)),
            .at(2, .ended(.init(exit: 0, interruption: nil, seconds: 2))),
        ]
        #expect(RecoveredRun(entries, settings: settings).isComplete)
    }

    /// The first coordinator is killed at every byte of its journal; what is whole is read, and nothing else.
    @Test func aJournalMayEndAtAnyByte() throws {
        let entries = try history()
        let lines = try entries.map(Journal.line)
        let bytes = Array(lines.joined())
        var ends: [Int] = []
        for line in lines { ends.append((ends.last ?? 0) + line.count) }
        for length in 0...bytes.count {
            let content = JournalContent(Array(bytes[..<length]), file: "journal.jsonl")
            let whole = ends.count { $0 <= length }
            try #require(content.entries == Array(entries[..<whole]), "cut at byte \(length)")
            try #require(content.wholeLength == (whole == 0 ? 0 : ends[whole - 1]))
            try #require(content.tornLength == length - content.wholeLength)
            try #require(content.damage.isEmpty)
        }
    }

    @Test func aLastRecordThatIsDamagedIsTornWhicheverBitIsWrong() throws {
        let lines = try history().map(Journal.line)
        let (head, last) = (Array(lines.dropLast().joined()), try #require(lines.last))
        for index in last.indices {
            var damaged = last
            damaged[index] ^= 1
            let content = JournalContent(head + damaged, file: "journal.jsonl")
            try #require(content.entries.count == lines.count - 1, "bit 0 of byte \(index)")
            try #require(content.damage.isEmpty && content.wholeLength == head.count)
        }
        let zeros = JournalContent(head + [UInt8](repeating: 0, count: 4096), file: "journal.jsonl")
        #expect(zeros.entries.count == lines.count - 1)
        #expect(zeros.tornLength == 4096)
    }

    @Test func damageInTheMiddleIsToldWithItsLineAndTheRestIsKept() throws {
        var lines = try history().map(Journal.line)
        lines[4][30] ^= 4
        lines[6] = Array("{}\n".utf8)
        let content = JournalContent(Array(lines.joined()), file: "journal.jsonl")
        #expect(content.damage.map(\.line) == [5, 7])
        #expect(content.entries.count == lines.count - 2)
        #expect(throws: InputErrors.self) { try content.whole() }
    }

    @Test func aResumedJournalIsCutAndContinued() throws {
        try TemporaryFolder.with { folder in
            let lines = try history().map(Journal.line)
            let whole = Array(lines.dropLast().joined())
            let path = try folder.write("journal.jsonl", Data(whole + lines[lines.count - 1].dropLast(9)))
            let content = try JournalContent.read(path)
            let journal = try Journal(continuing: path, length: content.wholeLength)
            try journal.append(lines[lines.count - 1], synced: true)
            #expect(try Journal.read(path) == history())
        }
    }

    @Test func aRunBelongsToOneCoordinator() throws {
        try TemporaryFolder.with { folder in
            let directory = RunDirectory(path: folder.path)
            let lock = try directory.lock()
            let refusal = #expect(throws: RunInUse.self) { try directory.lock() }
            #expect(refusal?.description.contains("\(ProcessInfo.processInfo.processIdentifier)") == true)
            lock.release()
            try directory.lock().release()
        }
    }

    @Test func theTokenIsKeptForUsAloneAndForgotten() throws {
        try TemporaryFolder.with { folder in
            let directory = RunDirectory(path: folder.path)
            #expect(TokenFile.load(from: directory) == nil)
            let token = RunToken()
            try TokenFile.save(token, in: directory)
            let mode = try FileManager.default.attributesOfItem(atPath: directory.token)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            #expect(TokenFile.load(from: directory)?.hexadecimal == token.hexadecimal)
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: directory.token)
            #expect(TokenFile.load(from: directory) == nil, "others could have read it")
            TokenFile.remove(from: directory)
            #expect(!FileManager.default.fileExists(atPath: directory.token))
        }
    }

    @Test func howARunWasAskedForIsKeptForItsResumption() throws {
        try TemporaryFolder.with { folder in
            let directory = RunDirectory(path: folder.path)
            var options = RunOptions()
            options.retries = 3
            options.outputDirectory = "out"
            let host = HostSpecification(
                id: HostID("u@h:22"), connection: .ssh(user: "u", host: "h", port: 22), slots: 4, identity: "key",
                modes: [.solo])
            try RunOrder(options: options, hosts: [host], catalogue: "c").save(in: directory)
            let order = try RunOrder.load(from: directory)
            #expect(order.options.retries == 3)
            #expect(order.options.outputDirectory == "\(FileManager.default.currentDirectoryPath)/out")
            #expect(order.hosts[0].identity == "\(FileManager.default.currentDirectoryPath)/key")
            #expect(order.hosts[0].connection == host.connection && order.hosts[0].modes == [.solo])
        }
    }
}

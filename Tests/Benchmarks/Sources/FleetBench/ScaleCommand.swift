internal import ArgumentParser
internal import FleetModel
internal import FleetProtocol
internal import FleetScheduling
internal import NIOConcurrencyHelpers

@testable internal import FleetCoordinator

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A whole run with many agents in one process: the coordinator's own links, driver, dispatcher and journal, synced as
/// always, against agents that answer every order at once. All lines are encoded, decoded and checked as over a socket.
struct ScaleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "scale")

    @Option var agents = 1_000
    @Option var tests = 100_000
    @Option(help: "Tests that one agent runs at once.") var slots = 2

    struct Figures: Encodable {
        var seconds: Double
        var testsPerSecond: Double
        var planSeconds: Double
        var passed: Int
    }

    func run() async throws {
        let cases = try (0..<tests).map { number in
            guard let id = TestID("bench/n\(number)") else { throw ValidationError("no test id") }
            return TestCase(
                id: id, title: "no-op \(number)", modes: [], estimate: 0.01,
                kind: .command(CommandSpecification(command: .arguments(["true"]))))
        }
        let hosts = (0..<agents).map { HostID("h\($0)") }
        let lanes = hosts.map { LaneCapacity(id: LaneID(host: $0, index: 0), workers: slots) }
        let planned = ContinuousClock.now
        let plan = ShardPlanner().plan(Estimates().jobs(for: cases), on: lanes)
        let planSeconds = (ContinuousClock.now - planned).inSeconds
        let folder = FileManager.default.temporaryDirectory.path + "/fleet-scale-\(UInt32.random(in: 0...UInt32.max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }

        let passed = NIOLockedValueBox(0)
        let sink = JournalSink(
            journal: try Journal(path: folder + "/journal.jsonl"),
            observe: { entry, _ in
                if case .settled(let settled) = entry.event, settled.outcome == .passed {
                    passed.withLockedValue { $0 += 1 }
                }
            }, notice: { _, _ in })
        let begin = ContinuousClock.now
        try await conduct(cases, plan, lanes, hosts, sink)
        let seconds = (ContinuousClock.now - begin).inSeconds
        let count = passed.withLockedValue { $0 }
        try JSON.print(
            Figures(
                seconds: seconds, testsPerSecond: Double(count) / seconds, planSeconds: planSeconds, passed: count))
    }

    private func conduct(
        _ cases: [TestCase], _ plan: Plan, _ lanes: [LaneCapacity], _ hosts: [HostID], _ sink: JournalSink
    ) async throws {
        guard let run = RunID(rawValue: "scale") else { throw ValidationError("no run id") }
        let identity = SessionIdentity(
            run: run, token: RunToken(), program: "bench", catalogue: String(repeating: "c7", count: 32))
        let events = EventMailbox()
        var links: [HostID: HostLink] = [:]
        for host in hosts {
            let order = LaunchOrder(
                run: run, epoch: Epoch(rawValue: 1), token: identity.token, slots: slots, lanes: 1, driver: nil,
                grace: 60)
            links[host] = HostLink(
                host: host, transport: InstantTransport(identity: identity), order: order, identity: identity
            ) { event in
                if event.mustBeKept {
                    await events.settle(.link(event), of: host)
                } else {
                    await events.deliver(.link(event), of: host)
                }
            }
        }
        let decider = RunDecider(Dispatcher(tests: cases, plan: plan, lanes: lanes))
        let driver = RunDriver(decider: decider, journal: sink, links: links, fetch: { _, _ in })
        try sink.append(
            .begun(
                .init(
                    run: run, tested: "nothing", command: "scale",
                    hosts: hosts.map { .init(name: $0, slots: slots) }, tests: cases)))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for link in links.values { group.addTask { _ = await link.run() } }
            _ = try await driver.run(unplaced: plan.unplaced, events: events)
            for link in links.values { link.finish(reason: "the run is over") }
            try await group.waitForAll()
        }
    }
}

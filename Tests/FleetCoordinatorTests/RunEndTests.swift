import FleetModel
import FleetProtocol
import Foundation
import Testing

@testable import FleetCoordinator

@Suite("The end of a run, early or late")
struct RunEndTests {
    @Test("a resumed run ends when it would have ended")
    func deadline() {
        let first = RunDeadline(limit: 100, elapsed: 0, now: 5)
        #expect(first.left(now: 25) == 80)
        // Seventy seconds after its begin another coordinator takes it up.
        let second = RunDeadline(limit: 100, elapsed: 70, now: 1000)
        #expect(second.left(now: 1000) == 30 && second.left(now: 1031) < 0)
        #expect(RunDeadline(limit: 100, elapsed: 3600, now: 0).left(now: 0) < 0)
        var options = RunOptions()
        options.deadline = 100
        var changes = Resume.Changes()
        changes.apply(to: &options)
        #expect(options.deadline == 100)
        changes.deadline = 20
        changes.apply(to: &options)
        #expect(options.deadline == 20)
        #expect(changes.elapsed(since: "2026-01-01T00:00:00.000Z", now: "2026-01-01T00:01:10.000Z") == 0)
        changes.deadline = nil
        #expect(changes.elapsed(since: "2026-01-01T00:00:00.000Z", now: "2026-01-01T00:01:10.000Z") == 70)
    }

    @Test("whoever ends it at once is told what stays, until its agents have said farewell")
    func leftBehind() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "fleet-test-\(UUID().uuidString)")
        try OutputFiles.prepareDirectory(folder.path)
        defer { try? FileManager.default.removeItem(at: folder) }
        let sink = JournalSink(
            journal: try Journal(path: "\(folder.path)/journal.jsonl"), observe: { _, _ in }, notice: { _, _ in })
        func left() -> String {
            var options = RunOptions()
            options.agentsFile = "my hosts.txt"
            options.grace = 90
            return LeftBehind(run: LinkFixture.identity.run, agents: sink.hostsWithAgents, options: options).text
        }
        #expect(
            left().contains("nothing on the hosts") && left().contains("coordinator resume \(LinkFixture.identity.run)")
        )
        for host in ["h2", "h1"] {
            try sink.append(
                .launched(.init(host: HostID(host), epoch: Epoch(rawValue: 1), port: 1, incarnation: "x")))
        }
        #expect(left().contains("on h1, h2, which end what runs and are gone 90 s later"))
        #expect(left().contains("coordinator teardown --agents 'my hosts.txt' --force"))
        try sink.append(
            .host(.init(host: HostID("h1"), state: .finished, epoch: Epoch(rawValue: 0), message: "")))
        #expect(left().contains("on h2, which"))
    }
}

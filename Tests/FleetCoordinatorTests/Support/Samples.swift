import FleetModel
import FleetProtocol
import FleetScheduling

@testable import FleetCoordinator

extension JournalEntry {
    /// An entry at a second of one minute.
    static func at(_ second: Int, _ event: Event) -> JournalEntry {
        let text = second < 10 ? "0\(second)" : "\(second)"
        return JournalEntry(time: "2026-03-01T10:15:\(text).000Z", event: event)
    }
}

extension JournalEntry.Begun {
    /// A run of some tests on some hosts.
    static func sample(tests: [String], hosts: [String] = ["h1", "h2"]) -> JournalEntry.Begun {
        JournalEntry.Begun(
            run: LinkFixture.identity.run, tested: "command tests only", command: "coordinator run --local 1",
            hosts: hosts.map { .init(name: HostID($0), slots: 2) },
            tests: tests.compactMap(TestID.init).map { TestCase(id: $0, title: "\($0)", modes: [], estimate: 2) })
    }
}

extension JournalEntry.Event {
    static func result(
        _ host: String, _ verdict: JournalEntry.ResultLine.Verdict, _ result: Message.Result
    ) -> JournalEntry.Event {
        .result(.init(host: HostID(host), verdict: verdict, result: result))
    }

    static func change(_ host: String, _ state: JournalEntry.HostChange.State, _ message: String)
        -> JournalEntry.Event
    {
        .host(.init(host: HostID(host), state: state, epoch: Epoch(rawValue: 1), message: message))
    }

    static func settled(_ test: TestID, _ outcome: Outcome, _ message: String? = nil) -> JournalEntry.Event {
        .settled(.init(test: test, outcome: outcome, cause: .test, message: message))
    }

    static func started(_ host: String, _ attempt: Int) -> JournalEntry.Event {
        .started(
            HostID(host),
            .init(attempt: AttemptID(rawValue: attempt), lane: 0, slot: 0, epoch: Epoch(rawValue: 1)))
    }
}

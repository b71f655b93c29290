import FleetModel
import FleetProtocol
import NIOConcurrencyHelpers

/// Where events go: the journal first, then the record in memory, then whoever watches.
///
/// Only the driver and, before and after it, the run itself append; the lock merely proves it to the compiler.
final class JournalSink: Sendable {
    /// Takes each entry and its line after it has been written.
    typealias Observer = @Sendable (JournalEntry, [UInt8]) -> Void

    private let journal: Journal
    private let record: NIOLockedValueBox<RunRecord>
    private let agents = NIOLockedValueBox<Set<HostID>>([])
    private let observe: Observer
    private let notice: @Sendable (HostID, Message.Log) -> Void

    /// - Parameter record: what the journal holds already.
    init(
        journal: Journal, record: RunRecord = RunRecord(), observe: @escaping Observer,
        notice: @escaping @Sendable (HostID, Message.Log) -> Void
    ) {
        self.journal = journal
        self.record = NIOLockedValueBox(record)
        self.observe = observe
        self.notice = notice
    }

    /// Writes one event; see `append(_:)` of several.
    func append(_ event: JournalEntry.Event) throws { try append([event]) }

    /// Writes events with the present time, with one sync for all of them.
    ///
    /// What somebody acts upon afterwards (an agent that forgets a result, or begins an attempt) is on the disk when this
    /// returns.
    func append(_ events: [JournalEntry.Event]) throws {
        guard !events.isEmpty else { return }
        let time = WallClock.timestamp
        let entries = events.map { JournalEntry(time: time, event: $0) }
        let lines = try entries.map(Journal.line)
        try journal.append(Array(lines.joined()), synced: events.contains(where: \.isActedUpon))
        record.withLockedValue { record in
            for entry in entries { record.apply(entry) }
        }
        for event in events { follow(event) }
        for (entry, line) in zip(entries, lines) { observe(entry, line) }
    }

    /// Tells people what an agent says; not part of the record.
    func note(_ host: HostID, _ log: Message.Log) { notice(host, log) }

    /// The hosts on which an agent was started and has not said farewell, by name.
    var hostsWithAgents: [HostID] { agents.withLockedValue { $0.sorted { $0.name < $1.name } } }

    private func follow(_ event: JournalEntry.Event) {
        switch event {
        case .launched(let launch): agents.withLockedValue { _ = $0.insert(launch.host) }
        case .host(let change) where change.state == .finished:
            agents.withLockedValue { _ = $0.remove(change.host) }
        case .begun, .resumed, .host, .environment, .ordered, .started, .result, .settled, .ended: break
        }
    }

    /// What the reports would say now.
    var report: RunReport? { record.withLockedValue { $0.report } }
}

extension JournalEntry.Event {
    /// Whether somebody does something after this event that no resumed run may have forgotten.
    var isActedUpon: Bool {
        switch self {
        case .begun, .resumed, .launched, .ordered, .result, .ended: true
        case .host(let change): change.state == .ready || change.state == .lost
        case .environment, .started, .settled: false
        }
    }
}

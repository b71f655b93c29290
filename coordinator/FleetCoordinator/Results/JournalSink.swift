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
    private let record = NIOLockedValueBox(RunRecord())
    private let observe: Observer
    private let notice: @Sendable (HostID, Message.Log) -> Void

    init(
        journal: Journal, observe: @escaping Observer, notice: @escaping @Sendable (HostID, Message.Log) -> Void
    ) {
        self.journal = journal
        self.observe = observe
        self.notice = notice
    }

    /// Writes an event with the present time; results and final outcomes are on the disk when this returns.
    func append(_ event: JournalEntry.Event) throws {
        let entry = JournalEntry(time: WallClock.timestamp, event: event)
        let line = try Journal.line(entry)
        try journal.append(line, synced: event.isResult)
        record.withLockedValue { $0.apply(entry) }
        observe(entry, line)
    }

    /// Tells people what an agent says; not part of the record.
    func note(_ host: HostID, _ log: Message.Log) { notice(host, log) }

    /// What the reports would say now.
    var report: RunReport? { record.withLockedValue { $0.report } }
}

extension JournalEntry.Event {
    fileprivate var isResult: Bool {
        switch self {
        case .result, .ended: true
        case .begun, .host, .environment, .ordered, .started, .settled: false
        }
    }
}

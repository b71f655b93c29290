import FleetModel
import FleetProtocol
import FleetScheduling
import FleetSystem

/// The one driver of a run: takes events in order, lets `RunDecider` decide, and carries its actions out.
actor RunDriver {
    private var decider: RunDecider
    private let journal: JournalSink
    private let links: [HostID: HostLink]
    private let fetch: @Sendable (HostID, Message.Result) -> Void

    init(
        decider: RunDecider, journal: JournalSink, links: [HostID: HostLink],
        fetch: @escaping @Sendable (HostID, Message.Result) -> Void
    ) {
        self.decider = decider
        self.journal = journal
        self.links = links
        self.fetch = fetch
    }

    /// Runs to the end; returns why it ended early, nil when every test has a result.
    ///
    /// Nobody waits at the mailbox any more when this has returned or thrown.
    func run(unplaced: [Plan.Unplaced], events: EventMailbox) async throws -> String? {
        defer { events.close() }
        if let end = try carryOut(decider.begin(unplaced: unplaced, now: Monotonic.seconds)) { return end.interruption }
        let end = try await events.drain { try self.handle($0) }
        return end.map(\.interruption) ?? "the run was cancelled"
    }

    private struct End { var interruption: String? }

    /// Takes all events that have come, so that one sync of the disk serves them all.
    private func handle(_ events: [RunEvent]) throws -> End? {
        var actions: [RunDecider.Action] = []
        for event in events { actions += decider.handle(event, now: Monotonic.seconds) }
        return try carryOut(actions)
    }

    /// Writes everything down first; nobody is told anything before it is on the disk.
    private func carryOut(_ actions: [RunDecider.Action]) throws -> End? {
        var records: [JournalEntry.Event] = []
        for case .record(let event) in actions { records.append(event) }
        try journal.append(records)
        var end: End?
        for action in actions {
            switch action {
            case .record: break
            case .send(let host, let message): links[host]?.send(message)
            case .acknowledge(let host, let sequence, let incarnation):
                links[host]?.acknowledge(sequence, of: incarnation)
            case .endLease(let host, let epoch, let reason): links[host]?.endLease(epoch, reason: reason)
            case .dismiss(let host, let reason): links[host]?.finish(reason: reason)
            case .fetch(let host, let result): fetch(host, result)
            case .note(let host, let log): journal.note(host, log)
            case .end(let interruption): end = end ?? End(interruption: interruption)
            }
        }
        return end
    }
}

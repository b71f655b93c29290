import FleetModel
import FleetProtocol
import FleetScheduling

/// The one dispatcher of a run: takes events in order, lets `Dispatcher` decide, and carries its actions out.
actor RunDriver {
    /// What the driver is told.
    enum Event: Sendable {
        case link(LinkEvent)
        case interrupt(String)
    }

    private var dispatch: Dispatcher
    private let journal: JournalSink
    private let links: [HostID: HostLink]
    private let fetch: @Sendable (HostID, Message.Result) -> Void
    /// How many warnings of each host were recorded.
    private var notices: [HostID: Int] = [:]
    /// How many are recorded at most, so that no agent fills our disk with words.
    private static let noticeLimit = 1000

    init(
        dispatch: Dispatcher, journal: JournalSink, links: [HostID: HostLink],
        fetch: @escaping @Sendable (HostID, Message.Result) -> Void
    ) {
        self.dispatch = dispatch
        self.journal = journal
        self.links = links
        self.fetch = fetch
    }

    /// Runs to the end; returns why it ended early, nil when every test has a result.
    func run(unplaced: [Plan.Unplaced], events: AsyncStream<Event>) async throws -> String? {
        if let end = try carryOut(dispatch.begin(unplaced: unplaced)) { return end.interruption }
        for await event in events {
            if let end = try handle(event) { return end.interruption }
        }
        return "the run was cancelled"
    }

    private struct End { var interruption: String? }

    private func handle(_ event: Event) throws -> End? {
        switch event {
        case .interrupt(let reason):
            var actions: [Dispatcher.Action] = []
            dispatch.interrupt(reason, &actions)
            return try carryOut(actions)
        case .link(.ready(let host, let epoch, let modes)):
            try journal.append(.host(.init(host: host, state: .ready, epoch: epoch, message: "")))
            return try carryOut(dispatch.hostReady(host, epoch: epoch, modes: modes))
        case .link(.changed(let change)):
            try journal.append(.host(change))
            switch change.state {
            case .suspect: return try carryOut(dispatch.hostSuspected(change.host, true))
            case .recovered: return try carryOut(dispatch.hostSuspected(change.host, false))
            case .unavailable, .ready, .lost, .restarted, .notice, .finished: return nil
            }
        case .link(.lost(let host, _, let reason, let cause, let isFinal)):
            return try carryOut(dispatch.hostLost(host, reason: reason, cause: cause, isFinal: isFinal))
        case .link(.trouble(let host, let text)):
            journal.note(host, .init(level: .info, message: text))
            return nil
        case .link(.result(let host, let incarnation, let result)):
            // Journal first, then the acknowledgement: what the agent forgets is on our disk.
            let end = try carryOut(dispatch.result(host, result))
            links[host]?.acknowledge(result.sequence, of: incarnation)
            if !result.result.artifacts.isEmpty { fetch(host, result) }
            return end
        case .link(.message(let host, let message)):
            return try handle(message, from: host)
        }
    }

    private func handle(_ message: Message, from host: HostID) throws -> End? {
        switch message {
        case .started(let started):
            return try carryOut(dispatch.started(host, started))
        case .environment(let state):
            return try carryOut(dispatch.environmentChanged(host, state))
        case .log(let log):
            try note(log, of: host)
            return nil
        case .error(let error):
            try note(.init(level: .warning, message: "\(error.code): \(error.message)"), of: host)
            return nil
        case .hello, .proof, .ping, .pong, .shard, .start, .cancel, .acknowledge, .finish, .fetch, .result, .chunk,
            .bye:
            // The conversation has answered or refused these.
            return nil
        }
    }

    /// A warning belongs to the record of its host; the rest is for the curious.
    private func note(_ log: Message.Log, of host: HostID) throws {
        switch log.level {
        case .debug, .info:
            journal.note(host, log)
        case .warning, .error:
            notices[host, default: 0] += 1
            guard notices[host, default: 0] <= Self.noticeLimit else { return }
            let change = JournalEntry.HostChange(
                host: host, state: .notice, epoch: Epoch(rawValue: 0), message: log.message)
            try journal.append(.host(change))
        }
    }

    private func carryOut(_ actions: [Dispatcher.Action]) throws -> End? {
        var end: End?
        for action in actions {
            switch action {
            case .record(let event): try journal.append(event)
            case .send(let host, let message): links[host]?.send(message)
            case .end(let interruption): end = End(interruption: interruption)
            }
        }
        return end
    }
}

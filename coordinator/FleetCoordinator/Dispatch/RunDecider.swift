import FleetModel
import FleetProtocol
import FleetScheduling

/// What the driver of a run is told.
enum RunEvent: Sendable {
    case link(LinkEvent)
    case interrupt(String)
    /// About a second has passed.
    case tick
}

/// What follows from each event of a run: the dispatcher's decisions, and who hears of them. Pure.
struct RunDecider {
    /// What the shell carries out.
    enum Action {
        /// Append to the journal; on the disk before any other action of the same events is carried out.
        case record(JournalEntry.Event)
        /// Tell a host.
        case send(HostID, Message)
        /// Tell an agent that a result is on our disk.
        case acknowledge(HostID, sequence: Int, incarnation: String)
        /// End the lease of a host.
        case endLease(HostID, Epoch, reason: String)
        /// Tell the agent of a host to end, because the host takes no part any more.
        case dismiss(HostID, reason: String)
        /// Bring the files of a result here.
        case fetch(HostID, Message.Result)
        /// Tell people what an agent says; not part of the record.
        case note(HostID, Message.Log)
        /// The run is over.
        case end(interruption: String?)
    }

    private(set) var dispatch: Dispatcher
    /// How many warnings of each host were recorded.
    private var notices: [HostID: Int] = [:]
    /// How many are recorded at most, so that no agent fills our disk with words.
    private static let noticeLimit = 1000
    /// How often each host told of an environment or of its slots.
    private var changes: [HostID: Int] = [:]
    /// How many of these are heard: far more than any run brings about.
    private static let changeLimit = 20_000

    /// Results of a resumed run whose files are still to be fetched, by host.
    private var owed: [HostID: [Message.Result]]

    init(_ dispatch: Dispatcher, owed: [HostID: [Message.Result]] = [:]) {
        self.dispatch = dispatch
        self.owed = owed
    }

    /// The first actions of a run.
    mutating func begin(unplaced: [Plan.Unplaced], now: Double) -> [Action] {
        dispatch.now = now
        return dispatch.begin(unplaced: unplaced).map(Action.init)
    }

    /// Takes one event.
    ///
    /// - Parameter now: seconds of one monotonic clock.
    mutating func handle(_ event: RunEvent, now: Double) -> [Action] {
        dispatch.now = now
        switch event {
        case .interrupt(let reason):
            var actions: [Dispatcher.Action] = []
            dispatch.interrupt(reason, &actions)
            return actions.map(Action.init)
        case .tick: return dispatch.tick().map(Action.init)
        case .link(let event): return handle(event)
        }
    }

    private mutating func handle(_ event: LinkEvent) -> [Action] {
        switch event {
        case .launched(let host, let epoch, let address):
            let launch = JournalEntry.Launch(
                host: host, epoch: epoch, port: address.port, incarnation: address.incarnation)
            return [.record(.launched(launch))]
        case .ready(let host, let epoch, let modes, let sharesSlots):
            let change = JournalEntry.HostChange(host: host, state: .ready, epoch: epoch, message: "")
            let files = (owed.removeValue(forKey: host) ?? []).map { Action.fetch(host, $0) }
            let actions = dispatch.hostReady(host, epoch: epoch, modes: modes, sharesSlots: sharesSlots)
            return [.record(.host(change))] + actions.map(Action.init) + files
        case .changed(let change):
            return [.record(.host(change))] + suspicion(change).map(Action.init)
        case .lost(let host, _, let reason, let cause, let isFinal):
            return dispatch.hostLost(host, reason: reason, cause: cause, isFinal: isFinal).map(Action.init)
        case .trouble(let host, let text):
            return [.note(host, .init(level: .info, message: text))]
        case .result(let host, let incarnation, let result):
            // Journal first, then the acknowledgement: what the agent forgets is on our disk.
            let thanks = Action.acknowledge(host, sequence: result.sequence, incarnation: incarnation)
            let files = result.result.artifacts.isEmpty ? [] : [Action.fetch(host, result)]
            return dispatch.result(host, result).map(Action.init) + [thanks] + files
        case .message(let host, let message): return handle(message, from: host)
        }
    }

    private mutating func suspicion(_ change: JournalEntry.HostChange) -> [Dispatcher.Action] {
        switch change.state {
        case .suspect: dispatch.hostSuspected(change.host, true)
        case .recovered: dispatch.hostSuspected(change.host, false)
        case .unavailable, .ready, .waiting, .lost, .restarted, .notice, .finished: []
        }
    }

    private mutating func handle(_ message: Message, from host: HostID) -> [Action] {
        switch message {
        case .started(let started): return dispatch.started(host, started).map(Action.init)
        case .environment(let state):
            guard mayTell(host) else { return [] }
            return overflow(host) + dispatch.environmentChanged(host, state.bounded).map(Action.init)
        case .slots(let share):
            guard mayTell(host) else { return [] }
            return overflow(host) + dispatch.slotsChanged(host, share).map(Action.init)
        case .log(let log): return note(log, of: host)
        case .error(let error):
            return note(.init(level: .warning, message: "\(error.code): \(error.message)"), of: host)
        case .hello, .proof, .ping, .pong, .shard, .start, .cancel, .acknowledge, .finish, .fetch, .result, .chunk,
            .bye:
            // The conversation has answered or refused these.
            return []
        }
    }

    /// Whether a host may tell of another change; one that changes without pause fills no disk.
    private mutating func mayTell(_ host: HostID) -> Bool {
        changes[host, default: 0] += 1
        return changes[host, default: 0] <= Self.changeLimit
    }

    /// Says that the last change was heard.
    private func overflow(_ host: HostID) -> [Action] {
        guard changes[host] == Self.changeLimit else { return [] }
        let message = "it told of \(Self.changeLimit) changes of environments and slots; no more of them are heard"
        return [.record(.host(.init(host: host, state: .notice, epoch: Epoch(rawValue: 0), message: message)))]
    }

    /// A warning belongs to the record of its host; the rest is for the curious.
    private mutating func note(_ log: Message.Log, of host: HostID) -> [Action] {
        switch log.level {
        case .debug, .info: return [.note(host, log)]
        case .warning, .error:
            notices[host, default: 0] += 1
            guard notices[host, default: 0] <= Self.noticeLimit else { return [] }
            let change = JournalEntry.HostChange(
                host: host, state: .notice, epoch: Epoch(rawValue: 0), message: log.message.bounded(to: 8192))
            return [.record(.host(change))]
        }
    }
}

extension RunDecider.Action {
    fileprivate init(_ action: Dispatcher.Action) {
        self =
            switch action {
            case .record(let event): .record(event)
            case .send(let host, let message): .send(host, message)
            case .endLease(let host, let epoch, let reason): .endLease(host, epoch, reason: reason)
            case .dismiss(let host, let reason): .dismiss(host, reason: reason)
            case .end(let interruption): .end(interruption: interruption)
            }
    }
}

extension Message.EnvironmentState {
    /// What of it is kept: no environment has more, however much an agent says.
    fileprivate var bounded: Message.EnvironmentState {
        var state = self
        state.message = message?.bounded(to: 8192)
        state.services = services.prefix(64).map { service in
            var service = service
            service.name = service.name.bounded(to: 64)
            service.version = service.version.bounded(to: 256)
            return service
        }
        return state
    }
}

extension String {
    /// The text, cut in its middle where it has more bytes.
    fileprivate func bounded(to limit: Int) -> String {
        utf8.count <= limit ? self : BoundedText(head: self).limited(to: limit).text
    }
}

import FleetModel

/// What a link remembers from one connection to the next, and what it makes of a failure.
struct LinkState {
    /// What to do after a failure.
    enum Verdict: Hashable {
        case tryAgain
        /// The agent has died; start another under the next lease.
        case relaunch(reason: String)
        /// Nothing was heard for the length of a lease; go on trying under the next one.
        case endLease(reason: String, cause: Cause)
        case giveUp(reason: String)
    }

    private(set) var epoch: Epoch
    var address: AgentAddress?
    var launches = 0
    var hasBeenReady = false
    /// The detour that people were told of.
    private var toldDetour: String?
    /// When the last line arrived, in seconds of the monotonic clock; nil before the first and after the lease.
    private(set) var lastHeard: Double?
    /// When the lease ended without a word since; nil while it holds.
    private var leaseEnded: Double?
    private var firstTries = 0
    /// Whether an earlier coordinator may have died between starting an agent and writing that down.
    private let isResumed: Bool
    /// How many leases ended because the agent owed a result.
    private var debts = 0

    init(epoch: Epoch) {
        self.epoch = epoch
        isResumed = false
    }

    /// Goes on with a host of a resumed run: its agent may still wait, and nobody else was given its work meanwhile.
    init(resuming host: RecoveredRun.Host, now: Double) {
        epoch = host.epoch
        address = host.address
        launches = host.address == nil ? 0 : 1
        hasBeenReady = host.wasReady
        isResumed = true
        guard host.wasReady else { return }
        if host.address == nil { leaseEnded = now } else { lastHeard = now }
    }

    /// Whether the host must be swept of the run's agents before another one is started.
    var mustSweep: Bool { isResumed && launches <= 1 }

    mutating func verdict(on error: LinkError, patience: HostLink.Patience, now: Double) -> Verdict {
        switch error.kind {
        case .untrustworthy, .evicted:
            return .giveUp(reason: error.description)
        case .permanent where !hasBeenReady:
            return .giveUp(reason: error.description)
        case .resultsLost:
            return .endLease(reason: error.description, cause: .transport)
        case .overdue:
            debts += 1
            guard debts <= patience.relaunches else { return .giveUp(reason: error.description) }
            return .endLease(reason: error.description, cause: .host)
        case .agentGone where hasBeenReady:
            guard launches <= patience.relaunches else {
                return .giveUp(reason: "its agent died \(launches) times: \(error)")
            }
            return .relaunch(reason: "its agent died: \(error)")
        case .transient, .agentGone, .permanent:
            return hasBeenReady ? afterSilence(error, patience, now) : beforeFirstContact(error, patience)
        }
    }

    private mutating func beforeFirstContact(_ error: LinkError, _ patience: HostLink.Patience) -> Verdict {
        firstTries += 1
        guard firstTries < patience.firstTries else { return .giveUp(reason: error.description) }
        // An agent that died before it answered is launched anew; the next lease keeps the two apart.
        if error.kind == .agentGone { startAnew() }
        return .tryAgain
    }

    private func afterSilence(_ error: LinkError, _ patience: HostLink.Patience, _ now: Double) -> Verdict {
        if let leaseEnded, now - leaseEnded >= patience.absence {
            return .giveUp(reason: "it did not come back within \(Int(patience.absence)) s: \(error)")
        }
        guard let lastHeard, now - lastHeard >= patience.health.leaseEnd else { return .tryAgain }
        return .endLease(reason: "nothing was heard for \(Int(now - lastHeard)) s: \(error)", cause: .transport)
    }

    /// The agent has died: its lease is over, and another is to be started within the time that a host may stay away.
    mutating func relaunch(now: Double) {
        startAnew()
        leaseEnded = leaseEnded ?? now
    }

    private mutating func startAnew() {
        address = nil
        epoch = epoch.next
        lastHeard = nil
    }

    /// How long the lease still holds without a word, in seconds; nil when there is none that could end.
    func leaseLeft(_ limits: LinkHealth.Limits, now: Double) -> Double? {
        lastHeard.map { max(0, limits.leaseEnd - (now - $0)) }
    }

    /// Whether nothing was heard for so long that the connection itself is doubtful.
    func isSilent(_ limits: LinkHealth.Limits, now: Double) -> Bool {
        lastHeard.map { now - $0 >= limits.lost } ?? false
    }

    /// True when people have not been told yet by which way the agent is reached.
    mutating func tells(_ detour: String) -> Bool {
        defer { toldDetour = detour }
        return toldDetour != detour
    }

    mutating func endLease(now: Double) {
        epoch = epoch.next
        lastHeard = nil
        leaseEnded = now
    }

    /// The agent was heard; whatever lease it was, it holds.
    mutating func heard(at time: Double) {
        lastHeard = time
        leaseEnded = nil
    }
}

/// What a link does after a failure.
struct LinkRecovery {
    /// What the run is told, in order.
    var events: [LinkEvent] = []
    /// Whether the connection itself is doubtful, so that the next try makes a new one.
    var closesTransport = false
    /// Whether the link goes on trying.
    var goesOn = true
}

extension LinkState {
    /// Decides after a failure: what the run is told, and how the link goes on.
    mutating func failed(
        _ error: LinkError, host: HostID, patience: HostLink.Patience, now: Double
    ) -> LinkRecovery {
        let verdict = verdict(on: error, patience: patience, now: now)
        // The journal says first that the lease is over: a coordinator that resumes the run must not go on under it.
        func end(_ state: JournalEntry.HostChange.State, _ reason: String, _ cause: Cause, isFinal: Bool) -> [LinkEvent]
        {
            [
                .changed(.init(host: host, state: state, epoch: epoch, message: reason)),
                .lost(host, epoch, reason: reason, cause: cause, isFinal: isFinal),
            ]
        }
        switch verdict {
        case .tryAgain:
            return LinkRecovery(
                events: [.trouble(host, "trying again: \(error)")], closesTransport: isSilent(patience.health, now: now)
            )
        case .relaunch(let reason):
            defer { relaunch(now: now) }
            return LinkRecovery(events: end(.lost, reason, .host, isFinal: false))
        case .endLease(let reason, let cause):
            defer { endLease(now: now) }
            // The connection is as silent as the agent.
            return LinkRecovery(events: end(.lost, reason, cause, isFinal: false), closesTransport: true)
        case .giveUp(let reason):
            let events = end(hasBeenReady ? .lost : .unavailable, reason, .host, isFinal: true)
            return LinkRecovery(events: events, goesOn: false)
        }
    }
}

import FleetModel
import FleetProtocol
import FleetScheduling

extension Dispatcher {
    /// An agent began an attempt; after a cut it says so again.
    mutating func started(_ host: HostID, _ message: Message.Started) -> [Action] {
        guard let open = attempts[message.attempt], open.lane.host == host, open.epoch == message.epoch,
            !open.isRunning
        else { return [] }
        attempts[message.attempt]?.isRunning = true
        attempts[message.attempt]?.since = now
        progressed(open.lane)
        return [.record(.started(host, message))]
    }

    /// An agent reports an ended attempt: it is counted once, or fenced.
    mutating func result(_ host: HostID, _ message: Message.Result) -> [Action] {
        let isExpected = takeExpected(message, from: host)
        guard !isOver, isExpected, let open = attempts[message.attempt], open.lane.host == host else {
            let record = Action.record(.result(.init(host: host, verdict: .fenced, result: message)))
            return isExpected ? [record] : lied(host, record)
        }
        var actions: [Action] = []
        let isRefusal = open.isRefused(by: message.result)
        if isRefusal { hosts[host]?.refusedAt = now }
        let waiting = pool.count
        close(message.attempt, message, from: host, isRefusal: isRefusal, &actions)
        if pool.count > waiting || tests[open.test]?.test.mutex != nil {
            orderEverywhere(&actions)
        } else {
            // Only this host has more room than before; with a thousand of them it matters not to ask all.
            order(on: host, &actions)
            finishIfDone(&actions)
        }
        return actions
    }

    /// Whether a host owes this result; it owes each of them once.
    private mutating func takeExpected(_ message: Message.Result, from host: HostID) -> Bool {
        guard let order = expected[message.attempt], order.lane.host == host, order.test == message.test,
            order.epoch == message.epoch
        else { return false }
        expected[message.attempt] = nil
        return true
    }

    /// An agent reports what it was never given, or twice: recorded, never counted, and not for ever.
    private mutating func lied(_ host: HostID, _ record: Action) -> [Action] {
        guard let state = hosts[host], state.lies < settings.lieLimit else { return [] }
        hosts[host]?.lies += 1
        guard state.lies + 1 == settings.lieLimit else { return [record] }
        let reason = "its agent reported \(settings.lieLimit) results that it was never asked for"
        var epoch = Epoch(rawValue: 0)
        if case .ready(let present) = state.phase { epoch = present }
        let change = JournalEntry.HostChange(host: host, state: .lost, epoch: epoch, message: reason)
        return [record, .record(.host(change))] + hostLost(host, reason: reason, cause: .host, isFinal: true)
            + [.dismiss(host, reason: reason)]
    }

    /// Writes a result down, forgets the attempt, and settles its test or lets it run again.
    mutating func close(
        _ attempt: AttemptID, _ message: Message.Result, from host: HostID, isRefusal: Bool = false,
        _ actions: inout [Action]
    ) {
        guard let open = attempts[attempt] else { return }
        release(attempt)
        progressed(open.lane)
        let verdict: JournalEntry.ResultLine.Verdict =
            message.result.isInfrastructure ? .infrastructure : .counted
        actions.append(.record(.result(.init(host: host, verdict: verdict, result: message))))
        guard tests[open.test]?.outcome == nil else { return }
        tests[open.test]?.take(
            message.result, from: host, isRefusal: isRefusal, refusalLimit: settings.refusals)
        if let end = tests[open.test]?.conclusion(settings) {
            settle(open.test, end.outcome, end.cause, message: end.message, &actions)
        } else {
            pool.free(open.test, mode: tests[open.test]?.test.homeMode)
        }
    }

    /// Takes note that something happened in a lane.
    mutating func progressed(_ lane: LaneID) {
        guard hosts[lane.host]?.lanes.indices.contains(lane.index) == true else { return }
        hosts[lane.host]?.lanes[lane.index].lastProgress = now
    }

    /// Forgets an attempt: its place in the lane and its mutex are free.
    mutating func release(_ attempt: AttemptID) {
        guard let open = attempts.removeValue(forKey: attempt) else { return }
        if hosts[open.lane.host]?.lanes.indices.contains(open.lane.index) == true {
            hosts[open.lane.host]?.lanes[open.lane.index].open.remove(attempt)
        }
        if let mutex = tests[open.test]?.test.mutex { heldMutexes.remove(mutex) }
    }
}

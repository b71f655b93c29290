import FleetModel
import FleetProtocol
import FleetScheduling

extension Dispatcher {
    /// An agent takes orders under a new lease, or again under the same one after a short cut.
    ///
    /// - Parameters:
    ///   - modes: The modes that the host says it can hold.
    ///   - sharesSlots: Whether it has no slots until it says how many.
    mutating func hostReady(
        _ host: HostID, epoch: Epoch, modes: Set<Mode>, sharesSlots: Bool = false
    ) -> [Action] {
        guard !isOver, let state = hosts[host], state.phase != .gone else { return [] }
        var actions: [Action] = []
        hosts[host]?.isSuspect = false
        hosts[host]?.isOverdue = false
        hosts[host]?.refusedAt = nil
        if sharesSlots, state.phase != .ready(epoch) { hosts[host]?.waitingSince = now }
        if state.phase == .ready(epoch) || state.phase == .recovering(epoch) {
            if state.phase == .recovering(epoch) { startClocks(of: host) }
            hosts[host]?.phase = .ready(epoch)
            resend(to: host, &actions)
        } else {
            // What an older lease still had is nobody's now.
            for lane in state.lanes {
                for attempt in lane.open.sorted() {
                    abandon(attempt, reason: "its lease has ended", cause: .transport, &actions)
                }
            }
            for index in state.lanes.indices { hosts[host]?.lanes[index] = LaneState(state.lanes[index].capacity) }
            hosts[host]?.phase = .ready(epoch)
        }
        for index in state.lanes.indices {
            hosts[host]?.lanes[index].modes.formIntersection(modes)
            if sharesSlots, state.phase != .ready(epoch) { hosts[host]?.lanes[index].workers = 0 }
        }
        // What was planned for lanes of this host in modes that it cannot hold goes to the others.
        if !modes.isSuperset(of: Mode.allCases) { releaseUnholdable(host) }
        orderEverywhere(&actions)
        return actions
    }

    /// What a host still has from an earlier coordinator counts from now: when it began is not known on this clock.
    private mutating func startClocks(of host: HostID) {
        for (attempt, open) in attempts where open.lane.host == host { attempts[attempt]?.since = max(open.since, now) }
        for index in hosts[host]?.lanes.indices ?? 0..<0 { hosts[host]?.lanes[index].lastProgress = now }
    }

    /// Repeats the orders that may have been lost with a connection; the agent carries none out twice.
    private func resend(to host: HostID, _ actions: inout [Action]) {
        let open = attempts.filter { $0.value.lane.host == host && !$0.value.isRunning }
        for (attempt, order) in open.sorted(by: { $0.key < $1.key }) {
            guard let test = tests[order.test]?.test else { continue }
            actions.append(.send(host, .shard(offer(of: test, to: order.lane))))
            let start = Message.Start(attempt: attempt, test: test.id, lane: order.lane.index, epoch: order.epoch)
            actions.append(.send(host, .start(start)))
        }
    }

    private mutating func releaseUnholdable(_ host: HostID) {
        for lane in hosts[host]?.lanes ?? [] {
            let planned = pool.plannedModes(of: lane.capacity.id)
            if planned.contains(where: { !lane.holds($0) }) { pool.release(lane.capacity.id) }
        }
    }

    /// A host's lease has ended, or its agent died: what it had goes to others.
    ///
    /// - Parameter isFinal: Whether the host can never come back in this run.
    mutating func hostLost(_ host: HostID, reason: String, cause: Cause, isFinal: Bool) -> [Action] {
        guard !isOver, let state = hosts[host], state.phase != .gone else { return [] }
        var actions: [Action] = []
        hosts[host]?.phase = isFinal ? .gone : .lost
        hosts[host]?.isOverdue = false
        for lane in state.lanes {
            for attempt in lane.open.sorted() { abandon(attempt, reason: reason, cause: cause, &actions) }
            pool.release(lane.capacity.id)
        }
        for index in state.lanes.indices { hosts[host]?.lanes[index].open = [] }
        endIfTooFew(hosts.values.count { $0.isActive }, "are left", &actions)
        orderEverywhere(&actions)
        return actions
    }

    /// Nothing was heard from a host for longer than usual, or it was heard again.
    mutating func hostSuspected(_ host: HostID, _ isSuspect: Bool) -> [Action] {
        hosts[host]?.isSuspect = isSuspect
        var actions: [Action] = []
        if !isSuspect, !isOver { orderEverywhere(&actions) }
        return actions
    }

    /// Closes an attempt whose host is gone; only one that had begun uses up the budget for infrastructure.
    private mutating func abandon(
        _ attempt: AttemptID, reason: String, cause: Cause, _ actions: inout [Action]
    ) {
        guard let open = attempts[attempt] else { return }
        let result = Message.Result(
            sequence: 0, attempt: attempt, test: open.test, lane: open.lane.index, slot: 0, epoch: open.epoch,
            result: AttemptResult(outcome: .notRun, cause: cause, seconds: 0, message: reason))
        if open.isRunning {
            close(attempt, result, from: open.lane.host, &actions)
        } else {
            release(attempt)
            pool.free(open.test, mode: tests[open.test]?.test.homeMode)
        }
        // The agent may not know yet that its lease is over.
        guard let mutex = tests[open.test]?.test.mutex else { return }
        heldMutexes.insert(mutex)
        quarantine[mutex] = now + settings.mutexQuarantine
    }

    /// A lane's environment changed its state; one that fails twice is not tried there again.
    mutating func environmentChanged(_ host: HostID, _ change: Message.EnvironmentState) -> [Action] {
        guard let state = hosts[host], state.lanes.indices.contains(change.lane),
            state.lanes[change.lane].environment != change
        else { return [] }
        hosts[host]?.lanes[change.lane].environment = change
        hosts[host]?.lanes[change.lane].lastProgress = now
        var actions: [Action] = [.record(.environment(host, change))]
        guard !isOver, change.state == .failed else { return actions }
        let failures = (state.lanes[change.lane].setupFailures[change.mode] ?? 0) + 1
        hosts[host]?.lanes[change.lane].setupFailures[change.mode] = failures
        hosts[host]?.lanes[change.lane].mode = nil
        if failures >= 2 {
            hosts[host]?.lanes[change.lane].modes.remove(change.mode)
            releaseUnholdable(host)
        }
        orderEverywhere(&actions)
        return actions
    }
}

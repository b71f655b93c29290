import FleetModel
import FleetProtocol
import FleetScheduling

/// What time alone brings about.
extension Dispatcher {
    /// Time has passed: call it about once a second, with `now` set.
    ///
    /// An agent that answers every ping and never sends a result would hold the run for ever: when the result of an
    /// attempt is overdue, the lease of its host ends, and its work goes elsewhere under a new epoch.
    mutating func tick() -> [Action] {
        guard !isOver else { return [] }
        var actions: [Action] = []
        var isLifted = false
        for (mutex, end) in quarantine where now >= end {
            quarantine[mutex] = nil
            heldMutexes.remove(mutex)
            isLifted = true
        }
        for host in hosts.keys.sorted() {
            guard let state = hosts[host], case .ready(let epoch) = state.phase else { continue }
            if let refused = state.refusedAt, now - refused >= settings.refusalPause {
                hosts[host]?.refusedAt = nil
                isLifted = true
            }
            let farewell = leaveOutIfWaitedEnough(host)
            actions += farewell
            guard farewell.isEmpty else { continue }
            guard !state.isOverdue, let reason = debt(of: state) else { continue }
            hosts[host]?.isOverdue = true
            actions.append(.endLease(host, epoch, reason: reason))
        }
        if isLifted { orderEverywhere(&actions) }
        return actions
    }

    /// What a host owes for too long, in words; nil when it owes nothing.
    private func debt(of host: HostState) -> String? {
        for lane in host.lanes where !lane.open.isEmpty {
            let running = lane.open.sorted().compactMap { attempts[$0] }.filter(\.isRunning)
            for attempt in running {
                guard let test = tests[attempt.test]?.test else { continue }
                let limit = test.timeout + settings.resultSlack
                guard now - attempt.since >= limit else { continue }
                return "the result of \(attempt.test) is overdue: it began \(Int(now - attempt.since)) s ago"
            }
            if running.isEmpty, now - lane.lastProgress >= settings.setupLimit {
                return "lane \(lane.capacity.id.index) began none of its orders within \(Int(settings.setupLimit)) s"
            }
        }
        return nil
    }
}

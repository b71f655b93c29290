import FleetModel
import FleetProtocol

/// What time alone brings about.
extension AgentSession {
    /// The coordinator is there.
    ///
    /// A line that was in flight while this process was stopped must not hide that its lease may have ended meanwhile.
    mutating func heard(now: Duration, _ actions: inout [Action]) {
        if now - lastHeard >= settings.fence, !isFenced, control != nil { fence(&actions) }
        lastHeard = now
        guard isFenced else { return }
        isFenced = false
        for index in lanes.indices { lanes[index].lift() }
    }

    mutating func tick(now: Duration, _ actions: inout [Action]) {
        for (id, connection) in connections.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            switch connection {
            case .fresh(_, let since), .greeted(_, _, let since):
                guard now - since > settings.handshakeLimit else { continue }
                refuse(id, .wrongProof, "no proof within \(settings.handshakeLimit.inSeconds) s", &actions)
            case .control, .artifacts: break
            }
        }
        guard case .serving = phase else { return }
        let silence = now - lastHeard
        if silence >= settings.fence, !isFenced { fence(&actions) }
        if silence >= settings.grace {
            beginEnding("no coordinator for \(settings.grace.inSeconds) s", now: now, &actions)
        }
    }

    /// Others may hold our leases soon: what must not run twice stops, and only what was prefetched still starts.
    ///
    /// What is still on its way over the old connection is older than our silence and must not be obeyed: who wants to
    /// give orders has to greet again.
    mutating func fence(_ actions: inout [Action]) {
        isFenced = true
        if let control {
            actions.append(.close(control))
            closed(control)
        }
        for index in lanes.indices {
            lanes[index].fence()
            for order in lanes[index].orders where order.mustNotOverlap {
                let reason = "the coordinator was silent for \(settings.fence.inSeconds) s"
                stop(order.attempt, Stop(reason: reason, cause: .transport), &actions)
            }
        }
    }

    /// No more orders: stop everything, tear down, say farewell.
    ///
    /// - Parameter keeping: whether environments that are ready stay.
    mutating func beginEnding(_ reason: String, now: Duration, keeping: Bool = false, _ actions: inout [Action]) {
        guard case .serving = phase else { return }
        phase = .ending(reason: reason, since: now)
        for index in lanes.indices {
            for order in lanes[index].orders {
                stop(order.attempt, Stop(reason: reason, cause: .host), &actions)
            }
            lanes[index].close(keeping: keeping)
        }
    }

    mutating func endIfDone(now: Duration, _ actions: inout [Action]) {
        guard case .ending(_, let since) = phase else { return }
        let isLate = now - since >= settings.endingLimit
        guard isLate || lanes.allSatisfy(\.isEmpty) else { return }
        phase = .ended
        if isLate, !lanes.allSatisfy(\.isEmpty) {
            leftovers.append("tear-down was not done after \(settings.endingLimit.inSeconds) s")
        }
        for id in connections.keys.sorted(by: { $0.rawValue < $1.rawValue }) where id != control {
            actions.append(.close(id))
        }
        if let control {
            actions.append(
                .sendLast(
                    .bye(Message.Bye(leftovers: leftovers, evictedBy: evictedBy, kept: keptEnvironments)), control))
        }
        actions.append(.end)
    }
}

extension AgentSession {
    /// The names of the environments that stay after the session.
    private var keptEnvironments: [String] {
        let layout = SessionLayout(workdir: "", run: settings.run, epoch: settings.epoch)
        return lanes.filter(\.isKept).map { adopted[$0.number] ?? KeptPlace.ofLane($0.number, layout).name }
    }
}

extension Duration {
    /// The length in seconds.
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}

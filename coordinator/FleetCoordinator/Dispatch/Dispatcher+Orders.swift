import FleetModel
import FleetProtocol
import FleetScheduling

extension Dispatcher {
    /// Gives every lane of every ready host as much as it should hold.
    ///
    /// To be called after every change of a host, and whenever a test or a mutex became free.
    mutating func orderEverywhere(_ actions: inout [Action]) {
        beginIfEnough()
        activeWorkers = hosts.values.reduce(0) { sum, host in
            host.isActive ? host.lanes.reduce(sum) { $0 + $1.workers } : sum
        }
        for host in hosts.keys.sorted() { order(on: host, &actions) }
        settleImpossible(&actions)
        finishIfDone(&actions)
    }

    /// Gives the lanes of one host as much as they should hold.
    mutating func order(on host: HostID, _ actions: inout [Action]) {
        guard !isOver, hasBegun, let state = hosts[host], case .ready(let epoch) = state.phase, state.mayBeOrdered
        else { return }
        for index in state.lanes.indices {
            while let order = nextOrder(for: index, of: host) { issue(order, epoch: epoch, &actions) }
        }
    }

    private struct NextOrder {
        var test: TestCase
        var lane: LaneID
        var laneIndex: Int
    }

    /// One test running and one prefetched for each worker; no prefetch near the end, where it would unbalance.
    private func capacity(of lane: LaneState) -> Int {
        pool.count > activeWorkers ? 2 * lane.workers : lane.workers
    }

    private mutating func nextOrder(for index: Int, of host: HostID) -> NextOrder? {
        guard let lane = hosts[host]?.lanes[index], lane.open.count < capacity(of: lane) else { return nil }
        for mode in candidateModes(of: lane) where lane.holds(mode) {
            // Copies, so that the closure does not overlap the mutation of the pool.
            let (tests, held, hosts) = (self.tests, heldMutexes, self.hosts)
            let taken = pool.take(for: lane.capacity.id, mode: mode) { id in
                guard let state = tests[id] else { return false }
                if let mutex = state.test.mutex, held.contains(mutex) { return false }
                // A host that spoiled an attempt is good enough when every other one did so, too.
                return !state.avoided.contains(host) || Self.able(hosts, mode).isSubset(of: state.avoided)
            }
            if let taken, let test = tests[taken]?.test {
                return NextOrder(test: test, lane: lane.capacity.id, laneIndex: index)
            }
        }
        return nil
    }

    /// What the lane may take next: its present mode and tests without environment; another mode only when it is idle.
    ///
    /// An environment climbs and never descends, so that lower modes come first while the plan has them.
    private func candidateModes(of lane: LaneState) -> [Mode?] {
        let present: [Mode?] = lane.mode == nil ? [nil] : [lane.mode, nil]
        guard lane.open.isEmpty else { return present }
        let planned = pool.plannedModes(of: lane.capacity.id)
        let others = pool.modes.filter { !planned.contains($0) }
        return present + (planned + others).filter { !present.contains($0) }
    }

    private static func able(_ hosts: [HostID: HostState], _ mode: Mode?) -> Set<HostID> {
        Set(
            hosts.filter { $0.value.isActive && !$0.value.hasNoSlot && $0.value.lanes.contains { $0.holds(mode) } }.keys
        )
    }

    private mutating func issue(_ order: NextOrder, epoch: Epoch, _ actions: inout [Action]) {
        let (id, host) = (order.test.id, order.lane.host)
        let attempt = makeAttempt()
        let mode = order.test.homeMode
        let needsOffer = hosts[host]?.lanes[order.laneIndex].offered.insert(id).inserted ?? false
        let isNewMode = mode != nil && mode != hosts[host]?.lanes[order.laneIndex].mode
        if needsOffer || isNewMode {
            actions.append(.send(host, .shard(offer(of: order.test, to: order.lane))))
        }
        if mode != nil { hosts[host]?.lanes[order.laneIndex].mode = mode }
        if hosts[host]?.lanes[order.laneIndex].open.isEmpty == true { progressed(order.lane) }
        hosts[host]?.lanes[order.laneIndex].open.insert(attempt)
        attempts[attempt] = OpenAttempt(test: id, lane: order.lane, epoch: epoch)
        expected[attempt] = attempts[attempt]
        if let mutex = order.test.mutex { heldMutexes.insert(mutex) }
        let entry = JournalEntry.Order(attempt: attempt, test: id, host: host, lane: order.lane.index, epoch: epoch)
        actions.append(.record(.ordered(entry)))
        let start = Message.Start(attempt: attempt, test: id, lane: order.lane.index, epoch: epoch)
        actions.append(.send(host, .start(start)))
    }

    /// The line that tells a lane of a test and of the environment that it needs.
    func offer(of test: TestCase, to lane: LaneID) -> Message.Shard {
        let request = test.homeMode.map { EnvironmentRequest(mode: $0, strictServices: settings.strictServices) }
        return Message.Shard(lane: lane.index, environment: request, candidates: [test])
    }

    /// Settles pending tests that no host can run any more.
    mutating func settleImpossible(_ actions: inout [Action]) {
        let waiting = pool.modes
        guard !waiting.isEmpty else { return }
        let able = hosts.values.filter(\.mayReturn).flatMap(\.lanes)
        let impossible = waiting.filter { mode in !able.contains { $0.holds(mode) } }
            .flatMap { pool.removeAll(mode: $0) }
        for id in impossible.sorted() {
            let cause = able.isEmpty ? Cause.host : .environment
            let reason = able.isEmpty ? "no host is left to run it" : "no host can bring its environment up"
            settle(id, .notRun, cause, message: reason, &actions)
        }
    }
}

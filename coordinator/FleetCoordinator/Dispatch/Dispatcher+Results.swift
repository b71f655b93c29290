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
        return [.record(.started(host, message))]
    }

    /// An agent reports an ended attempt: it is counted once, or fenced.
    mutating func result(_ host: HostID, _ message: Message.Result) -> [Action] {
        var actions: [Action] = []
        guard !isOver, let open = attempts[message.attempt], open.lane.host == host, open.test == message.test,
            open.epoch == message.epoch
        else {
            return [.record(.result(.init(host: host, verdict: .fenced, result: message)))]
        }
        if message.result.isInfrastructure {
            close(message.attempt, message, from: host, verdict: .infrastructure, &actions)
            retryInfrastructure(open.test, avoiding: host, last: message.result, &actions)
        } else {
            close(message.attempt, message, from: host, verdict: .counted, &actions)
            decide(open.test, message.result, &actions)
        }
        if pool.count > 0 { orderEverywhere(&actions) } else { finishIfDone(&actions) }
        return actions
    }

    /// Writes a result down and forgets the attempt.
    mutating func close(
        _ attempt: AttemptID, _ message: Message.Result, from host: HostID,
        verdict: JournalEntry.ResultLine.Verdict, _ actions: inout [Action]
    ) {
        release(attempt)
        actions.append(.record(.result(.init(host: host, verdict: verdict, result: message))))
    }

    /// Forgets an attempt: its place in the lane and its mutex are free.
    mutating func release(_ attempt: AttemptID) {
        guard let open = attempts.removeValue(forKey: attempt) else { return }
        if hosts[open.lane.host]?.lanes.indices.contains(open.lane.index) == true {
            hosts[open.lane.host]?.lanes[open.lane.index].open.remove(attempt)
        }
        if let mutex = tests[open.test]?.test.mutex { heldMutexes.remove(mutex) }
    }

    private mutating func decide(_ id: TestID, _ result: AttemptResult, _ actions: inout [Action]) {
        guard let state = tests[id] else { return }
        if result.outcome.isRed {
            tests[id]?.failures.append(result)
            if state.failures.count < settings.retries {
                pool.free(id, mode: state.test.homeMode)
            } else {
                settle(id, result.outcome, .test, &actions)
            }
        } else if result.outcome == .passed, !state.failures.isEmpty {
            settle(id, .flaky, .test, &actions)
        } else {
            settle(id, result.outcome, result.cause, &actions)
        }
    }

    /// Runs a test again that infrastructure spoiled, elsewhere where possible; at the end of the budget it is not run.
    mutating func retryInfrastructure(
        _ id: TestID, avoiding host: HostID, last result: AttemptResult, _ actions: inout [Action]
    ) {
        guard let state = tests[id], state.outcome == nil else { return }
        tests[id]?.infrastructureFailures += 1
        tests[id]?.avoided.insert(host)
        if state.infrastructureFailures < settings.infrastructureRetries {
            pool.free(id, mode: state.test.homeMode)
        } else {
            settle(id, .notRun, result.cause, message: result.message, &actions)
        }
    }
}

extension AttemptResult {
    /// Whether host, environment or transport, not the test, decided how the attempt ended.
    var isInfrastructure: Bool { outcome == .notRun && cause != .test }
}

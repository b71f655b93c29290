import FleetModel
import FleetProtocol

extension Outcome {
    /// Whether the attempt leaves nothing to explain.
    var isFine: Bool { self == .passed || self == .skipped }
}

/// How attempts end, and how long their results are kept.
extension AgentSession {
    mutating func attemptEnded(_ attempt: AttemptID, _ ended: AttemptResult, _ actions: inout [Action]) {
        guard case .running(let laneNumber, let slot, let stop) = attempts[attempt] else { return }
        guard let finished = lanes[laneNumber].finished(attempt) else { return }
        var result = ended
        if let stop {
            result.outcome = .notRun
            result.cause = stop.cause
            result.message = "stopped: \(stop.reason)"
        } else if let failure = finished.environmentFailure, !result.outcome.isFine {
            result.cause = .environment
            result.message = [failure, result.message].compactMap(\.self).joined(separator: "; ")
        }
        if result.leaks?.isEmpty == false { lanes[laneNumber].soil() }
        if !result.artifacts.isEmpty { artifacts[attempt] = result.artifacts }
        keep(numbered(result, of: finished.order, lane: laneNumber, slot: slot), &actions)
    }

    /// Reports an order that was never carried out.
    mutating func notRun(_ order: Order, lane: Int, cause: Cause, message: String, _ actions: inout [Action]) {
        let result = AttemptResult(outcome: .notRun, cause: cause, seconds: 0, message: message)
        keep(numbered(result, of: order, lane: lane, slot: lane * settings.slotsPerLane), &actions)
    }

    private func numbered(_ result: AttemptResult, of order: Order, lane: Int, slot: Int) -> Message.Result {
        Message.Result(
            sequence: lastSequence + 1, attempt: order.attempt, test: order.test.id, lane: lane, slot: slot,
            epoch: order.epoch, result: result)
    }

    mutating func keep(_ result: Message.Result, _ actions: inout [Action]) {
        lastSequence = result.sequence
        attempts[result.attempt] = .ended(sequence: result.sequence)
        unacknowledged[result.sequence] = result.attempt
        actions.append(.spool(result))
    }

    mutating func acknowledge(through: Int, _ id: ConnectionID, _ actions: inout [Action]) {
        guard through <= lastSequence else {
            return reject(.badField, "through is \(through), the last result is \(lastSequence)", id, &actions)
        }
        guard through > acknowledged else { return }
        for sequence in (acknowledged + 1)...through {
            if let attempt = unacknowledged.removeValue(forKey: sequence) { attempts[attempt] = .acknowledged }
        }
        acknowledged = through
        actions.append(.trimSpool(through: through))
    }

    /// Stops an attempt, whether it waits or runs; one that is over or unknown is left alone.
    mutating func stop(_ attempt: AttemptID, _ stop: Stop, _ actions: inout [Action]) {
        switch attempts[attempt] {
        case nil, .ended, .acknowledged, .running(_, _, .some): break
        case .waiting(let lane):
            guard let order = lanes[lane].withdraw(attempt) else { return }
            notRun(order, lane: lane, cause: stop.cause, message: "stopped: \(stop.reason)", &actions)
        case .running(let lane, let slot, nil):
            attempts[attempt] = .running(lane: lane, slot: slot, stopped: stop)
            actions.append(.cancel(lane: lane, attempt, reason: stop.reason))
        }
    }

    /// Under a new epoch the old epoch's waiting orders belong to others; what runs may finish, and is fenced.
    mutating func raiseEpoch(to newEpoch: Epoch, _ actions: inout [Action]) {
        guard newEpoch > epoch else { return }
        epoch = newEpoch
        for index in lanes.indices {
            for order in lanes[index].withdrawAll(where: { $0.epoch < newEpoch }) {
                let text = "the lease of epoch \(order.epoch) ended before it began"
                notRun(order, lane: index, cause: .transport, message: text, &actions)
            }
            // What must not run twice has been given to another host, or soon will be.
            for order in lanes[index].orders where order.mustNotOverlap && order.epoch < newEpoch {
                let text = "the lease of epoch \(order.epoch) has ended"
                stop(order.attempt, Stop(reason: text, cause: .transport), &actions)
            }
        }
    }
}

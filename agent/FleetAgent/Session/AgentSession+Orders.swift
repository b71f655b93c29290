import FleetModel
import FleetProtocol

/// What the coordinator may ask for.
extension AgentSession {
    mutating func order(_ line: LineDecoder.Line, _ id: ConnectionID, now: Duration, _ actions: inout [Action]) {
        // The line was in flight while we were stopped, or the network was.
        if now - lastHeard >= settings.fence { return fence(&actions) }
        heard(now: now, &actions)
        switch decoded(line) {
        case .failure(let fault): answer(fault, id, &actions)
        case .success(let message): carryOut(message, id, now: now, &actions)
        }
    }

    private mutating func carryOut(
        _ message: Message, _ id: ConnectionID, now: Duration, _ actions: inout [Action]
    ) {
        switch message {
        case .ping(let ping): actions.append(.send(.pong(ping), id))
        case .shard(let shard): offer(shard, id, &actions)
        case .start(let start): self.start(start, id, &actions)
        case .cancel(let cancel): self.cancel(cancel, id, &actions)
        case .acknowledge(let word): acknowledge(through: word.through, id, &actions)
        case .finish(let finish):
            beginEnding(finish.reason, now: now, keeping: settings.keepsEnvironments, &actions)
        // An answer to an error could be answered by an error again.
        case .pong, .error, .log: break
        case .hello, .proof, .fetch, .environment, .started, .slots, .result, .chunk, .bye:
            reject(.wrongOrder, "this message has no place on a control connection of an agent", id, &actions)
        }
    }

    private mutating func cancel(_ cancel: Message.Cancel, _ id: ConnectionID, _ actions: inout [Action]) {
        guard attempts[cancel.attempt] != nil else {
            return reject(.unknownAttempt, "attempt \(cancel.attempt) was never ordered", id, &actions)
        }
        stop(cancel.attempt, Stop(reason: cancel.reason, cause: .host), &actions)
    }

    private mutating func offer(_ shard: Message.Shard, _ id: ConnectionID, _ actions: inout [Action]) {
        guard lanes.indices.contains(shard.lane) else {
            return reject(.unknownLane, "this agent has no lane \(shard.lane)", id, &actions)
        }
        guard lanes[shard.lane].candidateCount + shard.candidates.count <= settings.candidateLimit else {
            return reject(.wrongOrder, "a lane takes \(settings.candidateLimit) tests at most", id, &actions)
        }
        if shard.environment == nil, let test = shard.candidates.first(where: { !$0.modes.isEmpty }) {
            return reject(.badField, "\(test.id) needs an environment, the shard names none", id, &actions)
        }
        lanes[shard.lane].offer(shard.candidates, in: shard.environment)
    }

    private mutating func start(_ start: Message.Start, _ id: ConnectionID, _ actions: inout [Action]) {
        if let known = attempts[start.attempt] { return repeated(start, known, id, &actions) }
        guard lanes.indices.contains(start.lane) else {
            return turnDown(start, .unknownLane, "this agent has no lane \(start.lane)", id, &actions)
        }
        guard start.epoch == epoch else {
            let text = "it was ordered under epoch \(start.epoch), epoch \(epoch) holds"
            return turnDown(start, .staleEpoch, text, id, &actions)
        }
        guard let candidate = lanes[start.lane].candidate(start.test) else {
            let text = "lane \(start.lane) was not offered \(start.test)"
            return turnDown(start, .unknownTest, text, id, &actions)
        }
        guard case .serving = phase else {
            return turnDown(start, .wrongOrder, "the agent is ending", id, &actions)
        }
        guard lanes.reduce(0, { $0 + $1.waitingCount }) < settings.queueLimit else {
            return turnDown(start, .wrongOrder, "\(settings.queueLimit) starts are waiting already", id, &actions)
        }
        attempts[start.attempt] = .waiting(lane: start.lane)
        let isExternal = candidate.environment.map { ($0.driver ?? settings.driver) == .external } ?? false
        lanes[start.lane].enqueue(
            Order(
                attempt: start.attempt, test: candidate.test, environment: candidate.environment,
                isExternal: isExternal, epoch: start.epoch))
    }

    /// Every start leads to exactly one result, also one that cannot be carried out.
    private mutating func turnDown(
        _ start: Message.Start, _ code: ErrorCode, _ reason: String, _ id: ConnectionID, _ actions: inout [Action]
    ) {
        reject(code, "attempt \(start.attempt): \(reason)", id, &actions)
        let result = AttemptResult(outcome: .notRun, cause: .host, seconds: 0, message: reason)
        keep(
            Message.Result(
                sequence: lastSequence + 1, attempt: start.attempt, test: start.test, lane: start.lane, slot: 0,
                epoch: start.epoch, result: result), &actions)
    }

    /// A repeated order is not carried out twice; what is known of it is said again.
    private func repeated(
        _ start: Message.Start, _ known: KnownAttempt, _ id: ConnectionID, _ actions: inout [Action]
    ) {
        switch known {
        case .waiting, .acknowledged: break
        case .running(let lane, let slot, _):
            let started = Message.Started(attempt: start.attempt, lane: lane, slot: slot, epoch: start.epoch)
            actions.append(.send(.started(started), id))
        case .ended(let sequence): actions.append(.resend(sequence: sequence, id))
        }
    }

    mutating func fetch(_ line: LineDecoder.Line, _ id: ConnectionID, _ actions: inout [Action]) {
        switch decoded(line) {
        case .failure(let fault): answer(fault, id, &actions)
        case .success(.ping(let ping)): actions.append(.send(.pong(ping), id))
        case .success(.fetch(let fetch)):
            guard let artifact = artifacts[fetch.attempt]?.first(where: { $0.path == fetch.path }) else {
                let text = "attempt \(fetch.attempt) left no artifact of that name"
                return reject(.unknownFile, text, id, &actions)
            }
            actions.append(.sendFile(artifact, of: fetch.attempt, id))
        case .success(.pong), .success(.error), .success(.log): break
        case .success:
            reject(.wrongOrder, "an artifact connection takes fetch and ping only", id, &actions)
        }
    }

    private mutating func answer(_ fault: MalformedLine, _ id: ConnectionID, _ actions: inout [Action]) {
        faults.malformedLines += 1
        brokenLines[id, default: 0] += 1
        actions.append(.send(.error(Message.ErrorReport(fault)), id))
        guard brokenLines[id, default: 0] >= settings.brokenLineLimit else { return }
        let text = "\(settings.brokenLineLimit) broken lines on one connection"
        actions += [.send(.error(Message.ErrorReport(.tooManyErrors, message: text)), id), .close(id)]
        closed(id)
    }

    mutating func reject(_ code: ErrorCode, _ message: String, _ id: ConnectionID, _ actions: inout [Action]) {
        faults.refusedOrders += 1
        actions.append(.send(.error(Message.ErrorReport(code, message: message)), id))
    }
}

import FleetModel
import FleetProtocol

/// Who may speak: hello and proof both ways, before anything else is read.
extension AgentSession {
    mutating func connected(_ id: ConnectionID, nonce: String, now: Duration, _ actions: inout [Action]) {
        guard case .serving = phase else {
            faults.refusedConnections += 1
            actions.append(.close(id))
            return
        }
        makeRoom(&actions)
        connections[id] = .fresh(nonce: nonce, since: now)
    }

    /// Closes the oldest connection that has proven nothing when there are too many of them.
    ///
    /// The oldest and not the newest: who connects from this host and then says nothing must not keep the coordinator out.
    private mutating func makeRoom(_ actions: inout [Action]) {
        let strangers = connections.filter { _, connection in
            switch connection {
            case .fresh, .greeted: true
            case .control, .artifacts: false
            }
        }
        guard strangers.count >= settings.strangerLimit,
            let oldest = strangers.keys.min(by: { $0.rawValue < $1.rawValue })
        else { return }
        refuse(oldest, .wrongProof, "too many connections have proven nothing yet, and this is the oldest", &actions)
    }

    mutating func received(
        _ line: LineDecoder.Line, on id: ConnectionID, now: Duration, _ actions: inout [Action]
    ) {
        switch connections[id] {
        case nil: break
        case .fresh(let nonce, let since): greet(line, id, nonce: nonce, since: since, &actions)
        case .greeted(let hello, let nonce, _): prove(line, id, hello: hello, nonce: nonce, now: now, &actions)
        case .control: order(line, id, now: now, &actions)
        case .artifacts: fetch(line, id, &actions)
        }
    }

    private mutating func greet(
        _ line: LineDecoder.Line, _ id: ConnectionID, nonce: String, since: Duration, _ actions: inout [Action]
    ) {
        guard case .success(.hello(let hello)) = decoded(line), hello.role == .coordinator else {
            return refuse(id, .wrongOrder, "the first line must be the hello of a coordinator", &actions)
        }
        guard hello.version == ProtocolVersion.current else {
            let text = "this agent speaks protocol version \(ProtocolVersion.current), not \(hello.version)"
            return refuse(id, .wrongVersion, text, &actions)
        }
        guard hello.run == settings.run else {
            return refuse(id, .wrongRun, "this agent serves another run", &actions)
        }
        connections[id] = .greeted(hello, nonce: nonce, since: since)
        let answer = Message.Hello(
            role: .agent, purpose: hello.purpose, program: AgentVersion.program, catalogue: settings.catalogue,
            features: settings.features, nonce: nonce, run: settings.run, epoch: hello.epoch,
            incarnation: settings.incarnation)
        actions.append(.send(.hello(answer), id))
    }

    /// The coordinator proves first: a stranger cannot make the agent prove anything.
    private mutating func prove(
        _ line: LineDecoder.Line, _ id: ConnectionID, hello: Message.Hello, nonce: String, now: Duration,
        _ actions: inout [Action]
    ) {
        guard case .success(.proof(let proof)) = decoded(line) else {
            return refuse(id, .wrongOrder, "the second line must be the proof", &actions)
        }
        guard settings.token.verifies(proof.mac, of: nonce, by: .coordinator) else {
            return refuse(
                id, .wrongProof, "the proof is wrong: the other side does not know this run's token", &actions)
        }
        guard hello.catalogue == settings.catalogue else {
            let text = "the built-in tests differ: push the bundle that belongs to this coordinator"
            return refuse(id, .wrongCatalogue, text, &actions)
        }
        guard hello.epoch >= epoch else {
            return refuse(id, .staleEpoch, "epoch \(hello.epoch) is over, epoch \(epoch) holds", &actions)
        }
        let mac = settings.token.proof(of: hello.nonce, by: .agent)
        actions.append(.send(.proof(Message.Proof(mac: mac)), id))
        switch hello.purpose {
        case .artifacts: connections[id] = .artifacts
        case .control: takeControl(id, epoch: hello.epoch, now: now, &actions)
        }
    }

    /// The newest connection wins; what the coordinator may have missed is said again.
    private mutating func takeControl(
        _ id: ConnectionID, epoch newEpoch: Epoch, now: Duration, _ actions: inout [Action]
    ) {
        if let old = control, now - lastHeard < settings.fence {
            let report = Message.ErrorReport(.replaced, message: "a newer connection controls this agent")
            actions += [.send(.error(report), old), .close(old)]
            connections[old] = nil
        }
        heard(now: now, &actions)
        connections[id] = .control
        control = id
        raiseEpoch(to: newEpoch, &actions)
        for notice in settings.notices {
            tellCoordinator(.log(Message.Log(level: .warning, message: notice)), &actions)
        }
        if let slotShare { actions.append(.send(.slots(slotShare), id)) }
        for lane in lastStates.keys.sorted() {
            if let state = lastStates[lane] { actions.append(.send(.environment(state), id)) }
        }
        for lane in lanes {
            for entry in lane.runningEntries {
                let attempt = entry.order.attempt
                guard case .running(_, let slot, _) = attempts[attempt] else { continue }
                let started = Message.Started(
                    attempt: attempt, lane: lane.number, slot: slot, epoch: entry.order.epoch)
                actions.append(.send(.started(started), id))
            }
        }
        actions.append(.replay(after: acknowledged, id))
    }

    /// Ends a connection that has not shown that it may speak.
    mutating func refuse(_ id: ConnectionID, _ code: ErrorCode, _ message: String, _ actions: inout [Action]) {
        faults.refusedConnections += 1
        connections[id] = nil
        let report = Message.ErrorReport(code, message: message)
        actions += [.send(.error(report), id), .close(id)]
        // Powers of two only: a hostile neighbour must not flood the coordinator's log.
        if faults.refusedConnections.nonzeroBitCount == 1 {
            let text = "refused \(faults.refusedConnections) connection(s) so far, the last one because: \(message)"
            tellCoordinator(.log(Message.Log(level: .warning, message: text)), &actions)
        }
    }

    /// The message of a line, or why it is none.
    func decoded(_ line: LineDecoder.Line) -> Swift.Result<Message, MalformedLine> {
        switch line {
        case .bytes(let bytes):
            Swift.Result { () throws(MalformedLine) in try MessageCoder().decode(bytes) }
        case .tooLong:
            .failure(
                MalformedLine(
                    code: .tooLong, description: "a line has more than \(ProtocolVersion.maximumLineLength) bytes"))
        }
    }
}

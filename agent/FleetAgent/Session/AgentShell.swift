import FleetModel
import FleetProtocol
import Logging
import NIOCore

/// What carries out the orders of one lane.
///
/// Every order returns at once, so that what is ordered later finds what was ordered before; ends are reported as events.
protocol LaneExecutor: Sendable {
    /// Makes the environment; reports `environmentReady`, or `environmentFailed` and then `environmentDown`.
    func bringUp(_ request: EnvironmentRequest) async
    func climb(_ request: EnvironmentRequest) async
    /// Removes the environment, also one that is still being made; `environmentDown` is reported exactly once.
    func takeDown() async
    /// Carries out one attempt; reports `attemptEnded`.
    func start(_ order: Order, slot: Int) async
    /// Stops one attempt; its end is reported soon afterwards.
    func cancel(_ attempt: AttemptID, reason: String) async
    /// Waits until everything that the lane still holds has ended; returns what could not be ended.
    func shutDown() async -> [String]
}

/// The agent around its session: it waits for events, asks the session, and does what the session says.
struct AgentShell {
    let queue: EventQueue
    let server: AgentServer
    let spool: ResultSpool
    let lanes: [any LaneExecutor]
    /// Where kept artifacts lie: a directory for each attempt.
    let artifacts: String
    let logger: Logger

    private static let clock = ContinuousClock()
    private static let start = clock.now

    /// The monotonic time that the session sees.
    static var now: Duration { clock.now - start }

    /// Serves until the session has ended and its last words are out, at most five seconds later.
    func run(settings: AgentSession.Settings) async {
        await withDiscardingTaskGroup { group in
            group.addTask { await listen() }
            group.addTask { await tick() }
            await serve(settings)
            queue.finish()
            for await rest in queue.envelopes { rest.handled?.resume() }
            group.cancelAll()
        }
    }

    /// An agent that nobody can reach any more must not linger.
    private func listen() async {
        do {
            try await server.run()
        } catch {
            logger.error("the listener broke", metadata: ["error": "\(error)"])
        }
        queue.post(.terminate(reason: "the agent's listener ended", evictedBy: nil))
    }

    private func tick() async {
        while !Task.isCancelled {
            // Cancelled only at the very end, when no more ticks are needed.
            try? await Task.sleep(for: .milliseconds(250))
            queue.post(.tick)
        }
    }

    private func serve(_ settings: AgentSession.Settings) async {
        var session = AgentSession(settings: settings, now: Self.now)
        var ended: Duration?
        for await envelope in queue.envelopes {
            for action in session.handle(envelope.event, now: Self.now) { await perform(action) }
            envelope.handled?.resume()
            guard session.phase == .ended else { continue }
            let since = ended ?? Self.now
            ended = since
            if server.isQuiet || Self.now - since > .seconds(5) { return }
        }
    }

    private func perform(_ action: AgentSession.Action) async {
        switch action {
        case .send(let message, let id): write(message, to: id) { $0.add(line: $1) }
        case .sendLast(let message, let id): await sayFarewell(message, to: id)
        case .replay(let sequence, let id): server.update(id) { $0.replay(after: sequence) }
        case .resend(let sequence, let id): server.update(id) { _ = $0.add(resend: sequence) }
        case .sendFile(let artifact, let attempt, let id): send(artifact, of: attempt, to: id)
        case .close(let id): server.update(id) { $0.addClose() }
        case .spool(let result): keep(result)
        case .trimSpool(let through): spool.trim(through: through)
        case .bringUp(let lane, let request): await lanes[lane].bringUp(request)
        case .climb(let lane, let request): await lanes[lane].climb(request)
        case .takeDown(let lane): await lanes[lane].takeDown()
        case .run(let lane, let order, let slot): await lanes[lane].start(order, slot: slot)
        case .cancel(let lane, let attempt, let reason): await lanes[lane].cancel(attempt, reason: reason)
        case .end: await shutDown()
        }
    }

    private func write(_ message: Message, to id: ConnectionID, _ add: (inout Outbox, ByteBuffer) -> Bool) {
        do {
            let line = try MessageCoder().encode(message)
            // A peer that does not read is cut off; the coordinator comes back and is told again what matters.
            if server.update(id, { add(&$0, line) }) == false { server.abandon(id) }
        } catch {
            logger.error("a message could not be written", metadata: ["error": "\(error)"])
        }
    }

    private func send(_ artifact: Artifact, of attempt: AttemptID, to id: ConnectionID) {
        let path = "\(artifacts)/\(attempt)/\(artifact.path)"
        let file = OutgoingFile(attempt: attempt.rawValue, name: artifact.path, path: path, size: artifact.size)
        if server.update(id, { $0.add(file: file) }) == false { server.abandon(id) }
    }

    /// On disk first, then on the wire.
    private func keep(_ result: Message.Result) {
        do {
            let line = try MessageCoder().encode(fitting: result)
            // Not synced, and small: quicker than to have another thread do it.
            try spool.append(line, sequence: result.sequence)
        } catch {
            logger.error("a result is kept in memory only", metadata: ["error": "\(error)"])
            queue.post(.warning("result \(result.sequence) is kept in memory only: \(error)"))
        }
        server.spoolGrew()
    }

    private func sayFarewell(_ message: Message, to id: ConnectionID) async {
        var last = message
        if case .bye(var bye) = message {
            bye.leftovers += await shutDown()
            last = .bye(bye)
        }
        write(last, to: id) { outbox, line in
            outbox.finish(with: line)
            return true
        }
    }

    @discardableResult
    private func shutDown() async -> [String] {
        var leftovers: [String] = []
        for lane in lanes { leftovers += await lane.shutDown() }
        for leftover in leftovers { logger.warning("left behind", metadata: ["what": "\(leftover)"]) }
        return leftovers
    }
}

import FleetModel
import FleetProtocol
import FleetSystem
import Testing

@testable import FleetCoordinator

/// A real link with a host in memory.
struct LinkFixture: Sendable {
    static let host = HostID("h1")
    static let identity = SessionIdentity(
        run: runID, token: RunToken(), program: "test",
        catalogue: String(repeating: "c7", count: 32))
    private static var runID: RunID {
        guard let id = RunID(rawValue: "run-1") else { preconditionFailure("run-1 is a valid name") }
        return id
    }

    let transport: FakeTransport
    let link: HostLink
    let events: EventLog
    /// Ends with the link.
    let end: Task<HostLink.End, Never>

    /// Times that tests can wait for.
    static var patience: HostLink.Patience {
        var patience = HostLink.Patience()
        patience.greeting = .seconds(2)
        patience.pause = .milliseconds(10)
        patience.absence = 2
        return patience
    }

    /// Runs a body beside a link, for at most 20 s; the link has ended afterwards.
    static func with(
        _ patience: HostLink.Patience = patience, transport: FakeTransport = FakeTransport(),
        also emit: @escaping @Sendable (LinkEvent) -> Void = { _ in },
        _ body: @escaping @Sendable (LinkFixture) async throws -> Void
    ) async throws {
        let events = EventLog()
        let order = LaunchOrder(
            run: identity.run, epoch: Epoch(rawValue: 1), token: identity.token, slots: 1, lanes: 1, driver: nil,
            grace: 10)
        let link = HostLink(
            host: host, transport: transport, order: order, identity: identity, patience: patience
        ) {
            events.add($0)
            emit($0)
        }
        // Awaited below, whatever the body does.
        let end = Task { await link.run() }
        let fixture = LinkFixture(transport: transport, link: link, events: events, end: end)
        do { try await withTimeLimit(.seconds(20)) { try await body(fixture) } } catch {
            end.cancel()
            _ = await end.value
            throw error
        }
        end.cancel()
        _ = await end.value
    }

    /// The next connection, not greeted.
    func connection() async throws -> ScriptedAgent {
        for await stream in transport.connections { return ScriptedAgent(stream) }
        throw ScriptedAgent.Ended()
    }

    /// The next connection, greeted.
    func agent() async throws -> ScriptedAgent {
        var agent = try await connection()
        try await agent.greet(Self.identity, incarnation: transport.incarnation)
        return agent
    }
}

/// What a link told, in order.
final class EventLog: Sendable {
    private let events = Locked<[LinkEvent]>([])

    @Sendable func add(_ event: LinkEvent) { events.withLock { $0.append(event) } }

    var all: [LinkEvent] { events.withLock { $0 } }

    /// The leases under which the agent was ready.
    var readyEpochs: [Int] {
        all.compactMap { if case .ready(_, let epoch, _, _) = $0 { epoch.rawValue } else { nil } }
    }

    /// The leases that were lost, and whether for good.
    var losses: [(epoch: Int, isFinal: Bool, reason: String)] {
        all.compactMap {
            if case .lost(_, let epoch, let reason, _, let isFinal) = $0 {
                (epoch.rawValue, isFinal, reason)
            } else {
                nil
            }
        }
    }

    /// The numbers of the results that were told.
    var results: [Int] { all.compactMap { if case .result(_, _, let result) = $0 { result.sequence } else { nil } } }

    /// The changes of the host that were told.
    var changes: [JournalEntry.HostChange.State] {
        all.compactMap { if case .changed(let change) = $0 { change.state } else { nil } }
    }

    /// Waits until a condition holds, at most 10 s.
    func wait(_ what: Comment, _ condition: @Sendable (EventLog) -> Bool) async throws {
        let held = await Waiting.until(within: .seconds(10)) { condition(self) }
        try #require(held, what)
    }
}

import FleetProtocol
import FleetSystem

@testable import FleetCoordinator

/// A host in memory: hands the agent's end of each connection to the test.
final class FakeTransport: AgentTransport {
    private struct State {
        var launches: [LaunchOrder] = []
        var launchFailures: [LinkError] = []
        var openFailures: [LinkError] = []
        var prepareFailure: LinkError?
        var closes = 0
    }

    let connections: AsyncStream<MemoryDuplex>
    private let feed: AsyncStream<MemoryDuplex>.Continuation
    private let state = Locked(State())

    init() { (connections, feed) = AsyncStream.makeStream(of: MemoryDuplex.self) }

    var launches: [LaunchOrder] { state.withLock(\.launches) }
    var closes: Int { state.withLock(\.closes) }
    func failPreparing(_ error: LinkError) { state.withLock { $0.prepareFailure = error } }
    func failOpening(_ errors: LinkError...) { state.withLock { $0.openFailures += errors } }
    func failLaunching(_ errors: [LinkError]) { state.withLock { $0.launchFailures += errors } }

    /// The word of the agent that was started last.
    var incarnation: String { "agent-\(launches.count)" }

    func prepare() async throws(LinkError) {
        if let failure = state.withLock(\.prepareFailure) { throw failure }
    }

    func launch(_ order: LaunchOrder) async throws(LinkError) -> AgentAddress {
        let failure = state.withLock { state -> LinkError? in
            guard state.launchFailures.isEmpty else { return state.launchFailures.removeFirst() }
            state.launches.append(order)
            return nil
        }
        if let failure { throw failure }
        return AgentAddress(port: 1, incarnation: incarnation)
    }

    func open(port: Int) async throws(LinkError) -> any ByteDuplex {
        let failure = state.withLock { $0.openFailures.isEmpty ? nil : $0.openFailures.removeFirst() }
        if let failure { throw failure }
        let (ours, theirs) = MemoryDuplex.pair()
        feed.yield(theirs)
        return ours
    }

    func sweep(_ scope: SweepScope) async throws(LinkError) -> [String] { [] }

    func close() async { state.withLock { $0.closes += 1 } }
}

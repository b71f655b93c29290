import FleetModel
import FleetSystem
import Logging
import Testing

@testable import FleetAgent

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// An environment without services, whose life the test decides.
final class FakeEnvironment: EnvironmentHolder, EnvironmentMaker {
    /// What went wrong, in the words of the test.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    let endpoints = Endpoints(["dns": ["address": "127.0.0.9", "port": "5353"]])
    let credentials = ["registry": ["password": "a-secret"]]
    let report = EnvironmentReport(driver: .process, services: [], seconds: 0.5)
    let namespaces = NamespaceChoice.none
    let canClimb: Bool
    private let broken = OneShot<String?>()
    private let start: OneShot<Failure?>
    private let downs = Locked(0)

    /// - Parameter start: when and how bringing it up ends; by default at once and well.
    init(start: OneShot<Failure?>? = nil, canClimb: Bool = true) {
        self.canClimb = canClimb
        self.start = start ?? OneShot()
        if start == nil { self.start.fulfil(nil) }
    }

    /// How often it was taken down.
    var downCount: Int { downs.withLock { $0 } }

    func breakDown(_ sentence: String) { broken.fulfil(sentence) }

    func bringUp(_ request: EnvironmentRequest, name: String, directory: String) async throws -> any EnvironmentHolder {
        if let failure = await start.value() { throw failure }
        return self
    }

    /// Fails for the highest mode alone.
    func climb(to mode: Mode) async throws {
        if mode == .enterprise { throw Failure(description: "no grafana here") }
    }

    func openLogWindow() -> @Sendable () -> [ServiceLog] {
        { [ServiceLog(service: "dns", text: BoundedText(head: "asked for x\n"))] }
    }

    func failure() async -> String? { await broken.value() }

    func takeDown() async -> [String] {
        downs.withLock { $0 += 1 }
        broken.fulfil(nil)
        return []
    }
}

/// A lane with real workers and an environment of the test's choice.
struct LaneFixture: Sendable {
    let runner: LaneRunner
    let events: Locked<[AgentSession.Event]>
    let workdir: String

    /// Runs a body with a lane, and ends the lane's workers afterwards.
    static func with(_ maker: any EnvironmentMaker, _ body: (LaneFixture) async throws -> Void) async throws {
        let workdir = "/tmp/fleet-lane-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        let run = try #require(RunID(rawValue: "lane-\(UInt32.random(in: 0...UInt32.max))"))
        let layout = SessionLayout(workdir: workdir, run: run, epoch: Epoch(rawValue: 1))
        for directory in [layout.packs, layout.unpacked, layout.attempts, layout.artifacts, layout.lanes] {
            try PrivateDirectory.ensure(directory)
        }
        let events = Locked<[AgentSession.Event]>([])
        let runner = LaneRunner(
            LaneRunner.Setup(
                lane: 0, layout: layout, agent: TestAgent.program, path: ProgramSearch.standardPath,
                packs: PackStore(packs: layout.packs, unpacked: layout.unpacked), artifactRoom: Locked(1 << 30),
                maker: maker,
                post: { event in events.withLock { $0.append(event) } }, logger: Logger(label: "test")))
        defer { _ = DirectoryTree.remove(workdir) }
        do {
            try await body(LaneFixture(runner: runner, events: events, workdir: workdir))
        } catch {
            _ = await runner.shutDown()
            throw error
        }
        #expect(await runner.shutDown().isEmpty)
    }

    /// The kinds of events that the lane has reported, in order.
    var kinds: [String] {
        events.withLock { events in
            events.compactMap { event in
                switch event {
                case .environmentReady: "ready"
                case .environmentFailed(_, let message): "failed: \(message)"
                case .environmentDown: "down"
                case .warning: "warning"
                case .attemptEnded: nil
                case .connected, .line, .closed, .tick, .slots, .terminate: "other"
                }
            }
        }
    }

    /// Waits until so many events were reported.
    func reported(_ count: Int) async -> Bool {
        await Waiting.until(within: .seconds(20)) { kinds.count >= count }
    }

    /// Carries out one attempt and returns its result.
    func run(_ order: Order, slot: Int) async throws -> AttemptResult {
        await runner.start(order, slot: slot)
        return try await result(of: order)
    }

    /// Waits for the result of an attempt.
    func result(of order: Order) async throws -> AttemptResult {
        func found() -> AttemptResult? {
            events.withLock { events in
                events.lazy.compactMap { event in
                    if case .attemptEnded(order.attempt, let result) = event { result } else { nil }
                }.first
            }
        }
        _ = await Waiting.until(within: .seconds(30)) { found() != nil }
        return try #require(found())
    }

    func order(_ attempt: Int, _ shell: String, needsEnvironment: Bool = true) throws -> Order {
        Order(
            attempt: AttemptID(rawValue: attempt),
            test: try command("a/t\(attempt)", modes: needsEnvironment ? [.solo] : [], shell),
            environment: needsEnvironment ? EnvironmentRequest(mode: .solo) : nil, epoch: Epoch(rawValue: 1))
    }
}

public import FleetModel
import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One environment that is up, held by a keeper of its own.
///
/// When this process ends, however it ends, the keeper takes the environment down.
public final class RunningEnvironment: Sendable {
    /// Where its services are.
    public var endpoints: Endpoints { content.withLock { $0.endpoints } }
    /// Its services, with what stands behind them.
    public var services: [ServiceInfo] { content.withLock { $0.services } }
    /// What only those may know who may change a service: values by service and name. Never to be logged.
    public var credentials: [String: [String: String]] { content.withLock { $0.secrets } }
    /// How it is isolated.
    public let driver: Driver
    /// How long it took until all services were ready, in seconds; after a climb, how long that took.
    public var readySeconds: Double { seconds.withLock { $0 } }
    /// The keeper, as this process sees it; with the driver `namespace` programs join its namespaces.
    public let keeperProcessID: Int32

    private let plan: EnvironmentPlan
    private let link: KeeperLink
    private let content: Locked<KeeperEvent.Ready>
    private let seconds: Locked<Double>
    private let taken = Locked<Task<[String], Never>?>(nil)

    init(plan: EnvironmentPlan, driver: Driver, link: KeeperLink, ready: KeeperEvent.Ready, seconds: Double) {
        self.plan = plan
        self.driver = driver
        self.link = link
        content = Locked(ready)
        keeperProcessID = link.keeper.processID
        self.seconds = Locked(seconds)
    }

    /// Brings an environment up and returns when all its services are ready.
    ///
    /// After an error nothing is left. A cancelled task takes down what was there and throws `cancelled`.
    /// - Parameter keeper: The program, and its first arguments, that calls `Keeper.main()`.
    public static func bringUp(
        _ plan: EnvironmentPlan, keeper: [String]
    ) async throws(EnvironmentFailure) -> RunningEnvironment {
        let begin = ContinuousClock.now
        _ = try ServiceCatalogue.choose(for: plan)
        let driver = try await Drivers.choose(for: plan)
        var plan = plan
        plan.request.driver = driver.driver
        let link = try KeeperLink.start(plan, driver: driver, keeper: keeper)
        let limit = Duration.seconds(plan.timeLimit + 20)
        switch await answer(to: link.outcome, within: limit) {
        case .ready(let ready)?:
            return RunningEnvironment(
                plan: plan, driver: driver.driver, link: link, ready: ready, seconds: begin.duration(to: .now).seconds)
        case .failed(var failure)?, .refused(var failure)?:
            let leftovers = await link.takeDown()
            if !leftovers.isEmpty { failure.happened += "; left behind: \(leftovers.joined(separator: ", "))" }
            throw failure
        case nil:
            _ = await link.takeDown()
            throw EnvironmentFailure(
                kind: .keeper, tried: "bringing the environment up", happened: "its keeper said nothing for \(limit)")
        }
    }

    /// Climbs to a higher mode: adds what is missing, and starts those again whose behaviour the mode decides.
    ///
    /// After an error of the kind `missing` the environment is as it was; after any other it is broken.
    public func climb(to mode: Mode) async throws(EnvironmentFailure) {
        let begin = ContinuousClock.now
        try await change(.climb(to: mode), doing: "climbing to \(mode)")
        seconds.withLock { $0 = begin.duration(to: .now).seconds }
    }

    /// Ends one service and starts it again with its data, on the same port.
    ///
    /// Errors as for `climb`.
    public func restart(_ service: String) async throws(EnvironmentFailure) {
        try await change(.restart(service: service), doing: "starting \(service) again")
    }

    private func change(_ order: KeeperOrder, doing what: String) async throws(EnvironmentFailure) {
        let limit = Duration.seconds(plan.timeLimit + 20)
        switch await Self.answer(to: link.give(order), within: limit) {
        case .ready(let ready)?: content.withLock { $0 = ready }
        case .failed(let failure)?, .refused(let failure)?: throw failure
        case nil:
            throw EnvironmentFailure(kind: .keeper, tried: what, happened: "its keeper said nothing for \(limit)")
        }
    }

    private static func answer(
        to outcome: OneShot<KeeperLink.Outcome>, within limit: Duration
    ) async -> KeeperLink.Outcome? {
        await withTaskCancellationHandler {
            await outcome.value(within: limit)
        } onCancel: {
            outcome.fulfil(
                .failed(
                    EnvironmentFailure(
                        kind: .cancelled, tried: "bringing the environment up", happened: "told to stop")))
        }
    }

    /// Marks this moment in the logs of all services.
    public func logMark() -> LogMark {
        logFiles.mark()
    }

    /// What each service has logged since a mark, bounded; services that were silent are left out.
    public func logs(since mark: LogMark) -> [ServiceLog] {
        logFiles.since(mark)
    }

    /// Waits until a service or the keeper ends; nil when the environment was taken down instead.
    public func failure() async -> EnvironmentFailure? { await link.broken.value() }

    /// Takes everything down; returns what could not be removed, empty when nothing is left. Once is enough; who asks
    /// again gets the same answer.
    public func takeDown() async -> [String] {
        let link = link
        let task = taken.withLock { task in
            // Awaited right below by everybody who asks; it goes on when one of them is cancelled.
            let running = task ?? Task { await link.takeDown() }
            task = running
            return running
        }
        return await task.value
    }

    private var logFiles: EnvironmentLogs {
        EnvironmentLogs(directory: plan.directory, services: services.map(\.name))
    }
}

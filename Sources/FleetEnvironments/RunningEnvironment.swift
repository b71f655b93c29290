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
    public let endpoints: Endpoints
    /// Its services, with what stands behind them.
    public let services: [ServiceInfo]
    /// How it is isolated.
    public let driver: Driver
    /// How long it took until all services were ready, in seconds.
    public let readySeconds: Double
    /// The keeper, as this process sees it; with the driver `namespace` programs join its namespaces.
    public let keeperProcessID: Int32
    /// What only those may know who may change a service: values by service and name. Never to be logged.
    public let credentials: [String: [String: String]]

    private let plan: EnvironmentPlan
    private let link: KeeperLink
    private let taken = Locked<Task<[String], Never>?>(nil)

    init(plan: EnvironmentPlan, driver: Driver, link: KeeperLink, ready: KeeperEvent.Ready, seconds: Double) {
        self.plan = plan
        self.driver = driver
        self.link = link
        endpoints = ready.endpoints
        services = ready.services
        credentials = ready.secrets
        keeperProcessID = link.keeper.processID
        readySeconds = seconds
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
        let link = try KeeperLink.start(plan, driver: driver, keeper: keeper)
        let limit = Duration.seconds(plan.timeLimit + 20)
        let outcome = await withTaskCancellationHandler {
            await link.outcome.value(within: limit)
        } onCancel: {
            link.outcome.fulfil(
                .failed(
                    EnvironmentFailure(
                        kind: .cancelled, tried: "bringing the environment up", happened: "told to stop")))
        }
        switch outcome {
        case .ready(let ready)?:
            let (seconds, attoseconds) = begin.duration(to: .now).components
            return RunningEnvironment(
                plan: plan, driver: driver.driver, link: link, ready: ready,
                seconds: Double(seconds) + Double(attoseconds) / 1e18)
        case .failed(var failure)?:
            let leftovers = await link.takeDown()
            if !leftovers.isEmpty { failure.happened += "; left behind: \(leftovers.joined(separator: ", "))" }
            throw failure
        case nil:
            _ = await link.takeDown()
            throw EnvironmentFailure(
                kind: .keeper, tried: "bringing the environment up", happened: "its keeper said nothing for \(limit)")
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

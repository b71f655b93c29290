import FleetHTTP
import FleetModel
import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The services of one environment: brought up in parallel in the order of their dependencies, taken down at once.
actor ServiceGroup {
    private var plan: EnvironmentPlan
    private let driver: any EnvironmentDriver
    private let client = HTTPClient(idleConnections: 4)
    // Ends everything that is under way: the holder is gone, or one service has failed.
    private let stop: OneShot<Void>
    private let abandon = OneShot<Void>()
    private let report: @Sendable (EnvironmentFailure) -> Void
    private var running: [String: ServiceProcess] = [:]

    /// - Parameter report: called for every service that ends by itself after it was ready.
    init(
        plan: EnvironmentPlan, driver: any EnvironmentDriver, stop: OneShot<Void>,
        report: @escaping @Sendable (EnvironmentFailure) -> Void
    ) {
        self.plan = plan
        self.driver = driver
        self.stop = stop
        self.report = report
    }

    /// Starts everything and returns when all gates are open; after an error the caller takes down what runs.
    func bringUp() async throws(EnvironmentFailure) -> KeeperEvent.Ready {
        try await start(try ServiceCatalogue.choose(for: plan))
        return told
    }

    /// Adds what a higher mode has; of the others those start anew, with their data, who now are told something else.
    /// After an error the caller takes down what runs.
    func climb(to mode: Mode) async throws(EnvironmentFailure) -> KeeperEvent.Ready {
        guard plan.request.mode < mode else {
            throw EnvironmentFailure(
                kind: .missing, tried: "climbing from \(plan.request.mode) to \(mode)",
                happened: "an environment never descends", advice: "bring another one up")
        }
        var higher = plan
        higher.request.mode = mode
        let chosen = try ServiceCatalogue.choose(for: higher)
        plan = higher
        try await start(chosen)
        return told
    }

    /// Ends one service and starts it again with its data, on the same port.
    func restart(_ name: String) async throws(EnvironmentFailure) -> KeeperEvent.Ready {
        guard let former = running[name] else {
            throw EnvironmentFailure(
                kind: .missing, service: name, tried: "starting it again",
                happened: "the environment does not have it",
                advice: "choose one of \(running.keys.sorted().joined(separator: ", "))")
        }
        try await start([former.backing], always: true)
        return told
    }

    /// Kills one service and starts it again on the same port, with its data or without.
    func replace(_ name: String, losingData: Bool) async throws(EnvironmentFailure) {
        guard let former = running[name], former.backing.kind != .container else {
            throw EnvironmentFailure(
                kind: .missing, service: name, tried: "killing it for a test",
                happened: "the environment does not have it, or in a container")
        }
        former.isEnding.fulfil(())
        former.child.send(signal: SIGKILL)
        _ = await former.child.exit()
        if losingData {
            let left = DirectoryTree.empty("\(plan.directory)/\(name)/data")
            guard left.isEmpty else {
                throw former.failure(.start, left.joined(separator: "; "), tried: "removing its data for a test")
            }
        }
        try await start([former.backing], always: true)
    }

    /// Ends everything at once, because nothing of it is wanted any more; returns what could not be ended.
    func takeDown() async -> [String] {
        abandon.fulfil(())
        await withTaskGroup(of: Void.self) { group in
            for process in running.values { group.addTask { await process.end(grace: .seconds(1)) } }
        }
        return running.values.filter { $0.child.status == nil }.map { "service \($0.backing.service)" }
    }

    /// The ports of services that have ended but that somebody still listens on; for drivers that share the network.
    func takenPorts() async -> [Int] {
        let ports = running.values.compactMap { $0.reservation?.port }
        _ = await Waiting.until(within: .seconds(2), every: .milliseconds(20)) {
            ports.allSatisfy(PortReservation.isFree)
        }
        return ports.filter { !PortReservation.isFree($0) }
    }

    // What runs already is started again when it must be, or always.
    private func start(_ backings: [any ServiceBacking], always: Bool = false) async throws(EnvironmentFailure) {
        let deadline = ContinuousClock.now + .seconds(plan.timeLimit)
        let standing = Set(running.keys).subtracting(backings.map(\.service))
        var order = StartOrder(backings, ready: standing)
        var first: EnvironmentFailure?
        await withTaskGroup(of: Result<ServiceProcess, EnvironmentFailure>.self) { group in
            while true {
                while case let startable = order.takeStartable(), !startable.isEmpty {
                    for backing in startable {
                        if !always, isWhatItShouldBe(backing) {
                            order.becameReady(backing.service)
                            continue
                        }
                        let former = running.removeValue(forKey: backing.service)
                        let start = start(of: backing, former: former, deadline: deadline)
                        group.addTask {
                            await former?.end()
                            return await start.run()
                        }
                    }
                }
                guard let result = await group.next() else { return }
                do throws(EnvironmentFailure) {
                    let process = try result.get()
                    try becameReady(process)
                    order.becameReady(process.backing.service)
                } catch {
                    // What fails after the first only fails because it was abandoned.
                    if first == nil { first = error }
                    order.giveUp()
                    abandon.fulfil(())
                }
            }
        }
        if let first { throw first }
    }

    // Whether a service runs as it would be started now.
    private func isWhatItShouldBe(_ backing: any ServiceBacking) -> Bool {
        guard let process = running[backing.service] else { return false }
        let launch = process.backing.launch(in: surroundings(of: process.backing), port: process.port)
        return process.launch.isSameStart(as: launch)
    }

    private func becameReady(_ process: ServiceProcess) throws(EnvironmentFailure) {
        running[process.backing.service] = process
        let (isStopping, report) = (stop, report)
        // Ends with the service, which `takeDown` ends.
        Task {
            let status = await process.child.exit()
            guard isStopping.current == nil, process.isEnding.current == nil else { return }
            report(process.failure(.died, "it was ready and then ended: \(status)"))
        }
        for other in running.values {
            do throws(SystemCallError) {
                try other.backing.follow(ready.endpoints, in: surroundings(of: other.backing))
            } catch {
                throw other.failure(.start, "\(error)", tried: "told it that \(process.backing.service) is ready")
            }
        }
    }

    // What others are told: not the parts of a service.
    private var told: KeeperEvent.Ready {
        var told = ready
        for part in ServiceTable.parts(of: plan.request.mode) {
            told.endpoints.services[part] = nil
            told.secrets[part] = nil
            told.services.removeAll { $0.name == part }
        }
        return told
    }

    private var ready: KeeperEvent.Ready {
        var ready = KeeperEvent.Ready(endpoints: environmentEndpoints, services: [], secrets: [:])
        for (name, process) in running {
            ready.endpoints.services[name] = process.launch.properties
            if !process.launch.secrets.isEmpty { ready.secrets[name] = process.launch.secrets }
            ready.services.append(process.info)
        }
        ready.services.sort { $0.name < $1.name }
        return ready
    }

    private var environmentEndpoints: Endpoints {
        Endpoints([
            "environment": [
                "mode": plan.request.mode.rawValue, "driver": driver.driver.rawValue, "name": plan.name,
                ServiceOrder.property: plan.orders,
            ]
        ])
    }

    private func surroundings(of backing: any ServiceBacking) -> ServiceSurroundings {
        let ready = ready
        return ServiceSurroundings(
            plan: plan, directory: "\(plan.directory)/\(backing.service)", endpoints: ready.endpoints,
            secrets: ready.secrets)
    }

    private func port(of service: String) -> PortChoice {
        if let port = plan.settings.services[service]?.port { return .fixed(port) }
        return driver.port(standard: ServiceTable.port(of: service, in: plan.settings.portPreset))
    }

    private func start(
        of backing: any ServiceBacking, former: ServiceProcess?, deadline: ContinuousClock.Instant
    ) -> ServiceStart {
        ServiceStart(
            backing: backing, surroundings: surroundings(of: backing),
            choice: port(of: backing.service), client: client, deadline: deadline,
            stops: [stop, abandon],
            formerPort: former.map { ServiceStart.FormerPort(number: $0.port, reservation: $0.reservation) })
    }
}

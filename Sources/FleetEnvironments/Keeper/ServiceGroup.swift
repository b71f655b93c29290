import FleetHTTP
import FleetModel
import FleetSystem

/// The services of one environment: brought up in parallel in the order of their dependencies, taken down in reverse.
actor ServiceGroup {
    private let plan: EnvironmentPlan
    private let driver: any EnvironmentDriver
    private let client = HTTPClient(idleConnections: 4)
    private let deadline: ContinuousClock.Instant
    // Ends everything that is under way: the holder is gone, or one service has failed.
    private let stop: OneShot<Void>
    private let abandon = OneShot<Void>()
    private var running: [ServiceProcess] = []

    init(plan: EnvironmentPlan, driver: any EnvironmentDriver, stop: OneShot<Void>) {
        self.plan = plan
        self.driver = driver
        self.stop = stop
        deadline = .now + .seconds(plan.timeLimit)
    }

    /// Starts everything and returns when all gates are open; after an error the caller takes down what runs.
    func bringUp() async throws(EnvironmentFailure) -> KeeperEvent.Ready {
        var order = StartOrder(try ServiceCatalogue.choose(for: plan))
        var ready = KeeperEvent.Ready(endpoints: environmentEndpoints, services: [], secrets: [:])
        var first: EnvironmentFailure?
        await withTaskGroup(of: Result<ServiceProcess, EnvironmentFailure>.self) { group in
            while true {
                for backing in order.takeStartable() {
                    let start = start(of: backing, after: ready)
                    group.addTask { await start.run() }
                }
                guard let result = await group.next() else { return }
                switch result {
                case .success(let process):
                    running.append(process)
                    let name = process.backing.service
                    ready.endpoints.services[name] = process.launch.properties
                    if !process.launch.secrets.isEmpty { ready.secrets[name] = process.launch.secrets }
                    ready.services.append(process.info)
                    order.becameReady(name)
                case .failure(let failure):
                    // What fails after the first only fails because it was abandoned.
                    if first == nil { first = failure }
                    order.giveUp()
                    abandon.fulfil(())
                }
            }
        }
        if let first { throw first }
        return ready
    }

    /// Calls once for every service that ends from now on.
    func watch(_ report: @escaping @Sendable (EnvironmentFailure) -> Void) {
        for process in running {
            let isStopping = stop
            // Ends with the service, which `takeDown` ends.
            Task {
                let status = await process.child.exit()
                if isStopping.current == nil {
                    report(process.failure(.died, "it was ready and then ended: \(status)"))
                }
            }
        }
    }

    /// Ends everything, those first that others do not need; returns what could not be ended.
    func takeDown() async -> [String] {
        abandon.fulfil(())
        var left = running
        while !left.isEmpty {
            let needed = Set(left.flatMap(\.backing.dependencies))
            var now = left.filter { !needed.contains($0.backing.service) }
            if now.isEmpty { now = left }
            left.removeAll { process in now.contains { $0.backing.service == process.backing.service } }
            await withTaskGroup(of: Void.self) { group in
                for process in now { group.addTask { await process.end() } }
            }
        }
        return running.filter { $0.child.status == nil }.map { "service \($0.backing.service)" }
    }

    /// The ports of services that have ended but that somebody still listens on; for drivers that share the network.
    func takenPorts() async -> [Int] {
        let ports = running.compactMap { $0.reservation?.port }
        _ = await Waiting.until(within: .seconds(2), every: .milliseconds(20)) {
            ports.allSatisfy(PortReservation.isFree)
        }
        return ports.filter { !PortReservation.isFree($0) }
    }

    private var environmentEndpoints: Endpoints {
        Endpoints([
            "environment": [
                "mode": plan.request.mode.rawValue, "driver": driver.driver.rawValue, "name": plan.name,
            ]
        ])
    }

    private func start(of backing: any ServiceBacking, after ready: KeeperEvent.Ready) -> ServiceStart {
        let surroundings = ServiceSurroundings(
            plan: plan, directory: "\(plan.directory)/\(backing.service)", endpoints: ready.endpoints,
            secrets: ready.secrets)
        return ServiceStart(
            backing: backing, surroundings: surroundings, choice: driver.port(standard: backing.standardPort),
            client: client, deadline: deadline, stops: [stop, abandon])
    }
}

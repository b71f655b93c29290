import FleetModel
import FleetSystem

/// How the services of an environment get a port.
enum PortChoice: Sendable, Hashable {
    /// The standard port: nobody else is in the network.
    case fixed(Int)
    /// Any that is free.
    case free
}

/// A way to isolate an environment on its host.
protocol EnvironmentDriver: Sendable {
    /// Its name in reports.
    var driver: Driver { get }

    /// Why it does not work on this host; nil when it does.
    func problem(with plan: EnvironmentPlan) async -> EnvironmentFailure?

    /// In which namespaces the keeper lives.
    func namespaces(for plan: EnvironmentPlan, keeper: String) -> NamespaceChoice

    /// How a service with this standard port gets its port.
    func port(standard: Int) -> PortChoice

    /// What the keeper does before the first service; runs in the keeper.
    func prepare(_ plan: EnvironmentPlan) async throws(EnvironmentFailure)

    /// Removes what processes and directories do not show; returns what could not be removed. Also called by the holder,
    /// when the keeper has died.
    func cleanUp(_ plan: EnvironmentPlan) async -> [String]
}

extension EnvironmentDriver {
    func cleanUp(_ plan: EnvironmentPlan) async -> [String] { [] }

    /// The failure of a system call before the first service.
    func failure(_ error: SystemCallError) -> EnvironmentFailure {
        EnvironmentFailure(kind: .driver, tried: "preparing the environment", happened: "\(error)")
    }
}

/// Finds the driver of an environment.
enum Drivers {
    /// The driver of a name; nil for those that are not there.
    static func driver(named name: Driver) -> (any EnvironmentDriver)? {
        switch name {
        case .namespace: NamespaceDriver()
        case .process: ProcessDriver()
        case .container: ContainerDriver()
        case .external: nil
        }
    }

    /// The driver that was asked for, or the best that works here.
    static func choose(for plan: EnvironmentPlan) async throws(EnvironmentFailure) -> any EnvironmentDriver {
        guard let wanted = plan.request.driver else {
            let namespace = NamespaceDriver()
            return await namespace.problem(with: plan) == nil ? namespace : ProcessDriver()
        }
        guard let driver = driver(named: wanted) else {
            throw EnvironmentFailure(
                kind: .driver, tried: "the driver \(wanted.rawValue)", happened: "this program does not have it",
                advice: "choose namespace, process or container")
        }
        if let problem = await driver.problem(with: plan) { throw problem }
        return driver
    }
}

import FleetEnvironments
import FleetModel
import FleetSystem

/// An environment that somebody else holds: a lane only uses it.
final class OutsideEnvironment: EnvironmentHolder {
    private let environment: ExternalEnvironment
    private let isDone = OneShot<Void>()

    init(_ environment: ExternalEnvironment) { self.environment = environment }

    var endpoints: Endpoints { environment.endpoints }
    var credentials: [String: [String: String]] { environment.credentials }
    var report: EnvironmentReport {
        EnvironmentReport(driver: .external, services: environment.services, seconds: environment.readySeconds)
    }
    var namespaces: NamespaceChoice { .none }

    /// Its logs are not ours to read.
    func openLogWindow() -> @Sendable () -> [ServiceLog] { { [] } }

    func failure() async -> String? {
        await isDone.value()
        return nil
    }

    func takeDown() async -> [String] {
        isDone.fulfil(())
        return []
    }
}

import FleetModel
import FleetSystem

/// Private directories and free ports: works everywhere, separates ports, data and directories, no more.
struct ProcessDriver: EnvironmentDriver {
    var driver: Driver { .process }

    func problem(with plan: EnvironmentPlan) async -> EnvironmentFailure? { nil }

    func namespaces(for plan: EnvironmentPlan, keeper: String) -> NamespaceChoice { .none }

    func port(standard: Int) -> PortChoice { .free }

    func prepare(_ plan: EnvironmentPlan) async throws(EnvironmentFailure) {
        do throws(SystemCallError) {
            // Services may start further processes; when the parent of such a one ends, it must come back to us.
            try ProcessTree.becomeSubreaper()
        } catch {
            throw failure(error)
        }
    }
}

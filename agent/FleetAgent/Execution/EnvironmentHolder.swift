import FleetModel
import FleetSystem

/// One running environment, as a lane uses it.
protocol EnvironmentHolder: Sendable {
    var endpoints: Endpoints { get }
    /// Secrets by service, then by property.
    var credentials: [String: [String: String]] { get }
    var report: EnvironmentReport { get }
    /// Where its tests run.
    var namespaces: NamespaceChoice { get }

    /// Where its files are.
    var directory: String { get }
    /// The process that holds it, as we see it; nil when it is not on this host.
    var keeper: Int32? { get }
    /// What state it had when it became ready; nil when nobody looked.
    var facts: EnvironmentFacts? { get }

    /// What state it has now; nil when that is not for us to say.
    func look() async throws -> EnvironmentFacts?

    /// Marks this moment in the logs of the services; the closure returns what they logged since.
    func openLogWindow() -> @Sendable () -> [ServiceLog]
    /// Whether it can climb to a higher mode.
    var canClimb: Bool { get }

    /// Adds what a higher mode has; after an error it has to be taken down.
    func climb(to mode: Mode) async throws
    /// Returns when a service died, with a sentence, or nil after `takeDown`.
    func failure() async -> String?
    /// Removes everything; returns what could not be removed.
    func takeDown() async -> [String]
}

extension EnvironmentHolder {
    var directory: String { "" }
    var keeper: Int32? { nil }
    var facts: EnvironmentFacts? { nil }
    var canClimb: Bool { false }

    func look() async throws -> EnvironmentFacts? { nil }

    func climb(to mode: Mode) async throws {
        throw DetachedStart.Failure(description: "this environment cannot climb to \(mode)")
    }
}

/// Makes environments: the real one in production, one without services in tests.
protocol EnvironmentMaker: Sendable {
    /// Brings an environment up.
    ///
    /// - Parameters:
    ///   - request: what is asked for.
    ///   - name: unique on the host.
    ///   - directory: private, made and removed by the environment.
    func bringUp(_ request: EnvironmentRequest, name: String, directory: String) async throws -> any EnvironmentHolder
}

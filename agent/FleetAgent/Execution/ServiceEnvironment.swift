import FleetEnvironments
import FleetModel
import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Makes environments of real services.
struct ServiceEnvironmentMaker: EnvironmentMaker {
    /// The path of our own program; `platform` lies beside it.
    let agent: String
    /// How to isolate where the request leaves it open.
    let driver: Driver?
    /// Directories that tests must see inside.
    let keptPaths: [String]
    /// How much services yield to others, from 0 to 19.
    var niceness = 0
    /// Whether the state of a new environment is looked at, so that it can be adopted later.
    var looks = false
    /// The working directory whose kept environments are taken over; nil: new ones are brought up.
    var adoptsFrom: String?

    /// The directory of the programs that were pushed together.
    static func bundle(of agent: String) -> String {
        agent.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }
    }

    /// What names our session to a sweep, when keeper and services have outlived everybody who knew them.
    private static var marks: [String: String] {
        guard let session = getenv(SessionLayout.variable) else { return [:] }
        return [SessionLayout.variable: String(cString: session)]
    }

    func bringUp(_ request: EnvironmentRequest, name: String, directory: String) async throws -> any EnvironmentHolder {
        var wanted = request
        wanted.driver = request.driver ?? driver
        if let workdir = adoptsFrom {
            return try await AdoptedEnvironment.adopt(wanted, workdir: workdir, agent: agent)
        }
        let bundle = Self.bundle(of: agent)
        var plan = EnvironmentPlan(
            request: wanted, name: name, directory: directory, bundle: bundle, keptPaths: keptPaths + [bundle],
            marks: Self.marks)
        plan.niceness = niceness
        let running = try await RunningEnvironment.bringUp(plan, keeper: [agent, "keeper"])
        let environment = ServiceEnvironment(running, directory: directory)
        guard looks else { return environment }
        do {
            let facts = try await EnvironmentFactsProgram.look(
                environment.endpoints, namespaces: environment.namespaces, agent: agent)
            return ServiceEnvironment(running, directory: directory, facts: facts)
        } catch {
            _ = await environment.takeDown()
            throw error
        }
    }
}

/// One environment of real services.
struct ServiceEnvironment: EnvironmentHolder {
    private let environment: RunningEnvironment
    let directory: String
    let facts: EnvironmentFacts?

    init(_ environment: RunningEnvironment, directory: String, facts: EnvironmentFacts? = nil) {
        self.environment = environment
        self.directory = directory
        self.facts = facts
    }

    var endpoints: Endpoints { environment.endpoints }
    var credentials: [String: [String: String]] { environment.credentials }
    var report: EnvironmentReport {
        EnvironmentReport(
            driver: environment.driver, services: environment.services, seconds: environment.readySeconds)
    }
    var namespaces: NamespaceChoice {
        environment.driver == .namespace ? .join(processID: environment.keeperProcessID) : .none
    }

    func openLogWindow() -> @Sendable () -> [ServiceLog] {
        let environment = environment
        let mark = environment.logMark()
        return { environment.logs(since: mark) }
    }

    func failure() async -> String? { await environment.failure()?.description }

    func takeDown() async -> [String] { await environment.takeDown() }
}

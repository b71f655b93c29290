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
    /// What the user's configuration says, with its secrets.
    var configuration = TestConfiguration()

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
        if wanted.driver == .external {
            return OutsideEnvironment(try await ExternalEnvironment.find(wanted, configuration.environment, name: name))
        }
        let bundle = Self.bundle(of: agent)
        var plan = EnvironmentPlan(
            request: wanted, name: name, directory: directory, bundle: bundle,
            keptPaths: keptPaths + [bundle, configuration.platformPrograms].compactMap(\.self),
            marks: Self.marks)
        if wanted.driver == .container, let session = Self.marks[SessionLayout.variable] {
            try StoredConfiguration.noteContainers(in: session)
        }
        plan.niceness = niceness
        plan.settings = configuration.environment
        plan.userPrograms = configuration.platformPrograms
        let running = try await RunningEnvironment.bringUp(plan, keeper: [agent, "keeper"])
        var environment = ServiceEnvironment(running, agent: agent, directory: directory)
        guard looks else { return environment }
        do {
            environment.facts = try await environment.look()
            return environment
        } catch {
            _ = await environment.takeDown()
            throw error
        }
    }
}

/// One environment of real services.
struct ServiceEnvironment: EnvironmentHolder {
    private let environment: RunningEnvironment
    private let eye: EnvironmentEye
    let directory: String
    fileprivate(set) var facts: EnvironmentFacts?

    init(_ environment: RunningEnvironment, agent: String, directory: String) {
        self.environment = environment
        self.directory = directory
        eye = EnvironmentEye(
            agent: agent, namespaces: Self.namespaces(of: environment), directory: directory,
            keeper: environment.keeperProcessID)
    }

    var endpoints: Endpoints { environment.endpoints }
    var credentials: [String: [String: String]] { environment.credentials }
    var report: EnvironmentReport {
        EnvironmentReport(
            driver: environment.driver, services: environment.services, seconds: environment.readySeconds)
    }
    // One whose state was looked at is kept for others, who compare with what they find.
    var canClimb: Bool { facts == nil }
    var namespaces: NamespaceChoice { Self.namespaces(of: environment) }
    var keeper: Int32? { environment.keeperProcessID }

    private static func namespaces(of environment: RunningEnvironment) -> NamespaceChoice {
        environment.driver == .namespace ? .join(processID: environment.keeperProcessID) : .none
    }

    func openLogWindow() -> @Sendable () -> [ServiceLog] {
        let environment = environment
        let mark = environment.logMark()
        return { environment.logs(since: mark) }
    }

    func look() async throws -> EnvironmentFacts? { try await eye.look(endpoints, credentials) }

    func climb(to mode: Mode) async throws { try await environment.climb(to: mode) }

    func failure() async -> String? { await environment.failure()?.description }

    func takeDown() async -> [String] { await environment.takeDown() }
}

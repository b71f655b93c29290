import FleetModel
import FleetTestKit
import InterfaceProfile

/// Reads the state of an environment, all services side by side; to be used where they can be reached.
///
/// It lists the processes that its keeper holds, the records of the DNS zone but its serial, the tags of the registry,
/// servers, clusters, workspaces, loaded extensions, unfinished tasks and batches of the orchestrator, databases, roles and
/// tables of PostgreSQL, secrets and keys of OpenBao, and what `ServiceFacts` lists.
struct EnvironmentReader: Sendable {
    let endpoints: Endpoints
    let credentials: [String: [String: String]]
    /// A directory that goes with the environment.
    let directory: String
    /// The keeper, as we see it; nil when none of its processes are here.
    let keeper: Int32?

    private let log = TestLog { _ in }

    init(
        _ endpoints: Endpoints, _ credentials: [String: [String: String]], directory: String, keeper: Int32?
    ) {
        self.endpoints = endpoints
        self.credentials = credentials
        self.directory = directory
        self.keeper = keeper
    }

    private var services: ServiceFacts { ServiceFacts(endpoints: endpoints, credentials: credentials, log: log) }

    /// The value of `Authorization` for the platform's own services: the former one, as long as it is good.
    func token(_ former: String?) async throws -> String? { try await services.token(former) }

    /// The state. What a service does not say is a fact of its own.
    func facts(token: String?) async -> EnvironmentFacts {
        await withTaskGroup(of: [String].self) { group in
            func look(_ service: String, _ read: @escaping @Sendable () async throws -> [String]) {
                guard endpoints.services[service] != nil else { return }
                group.addTask {
                    do {
                        return try await read()
                    } catch {
                        return ["the state of \(service) cannot be seen: \(error)"]
                    }
                }
            }
            look("dns", records)
            look("registry", tags)
            look("orchestrator") { try await state(token: token) }
            look("postgresql", tables)
            look("openbao") { try await secrets() }
            for listing in ServiceFacts.listings {
                look(listing.service) { try await services.read(listing, token: token) }
            }
            if let keeper { group.addTask { ProcessFacts.read(keeper: keeper) } }
            return EnvironmentFacts(facts: await group.reduce(into: []) { $0 += $1 }.sorted())
        }
    }

    private func url(_ service: String) throws -> String {
        guard let url = endpoints[service, "url"] else {
            throw DetachedStart.Failure(description: "it has no address")
        }
        return url
    }

    private func records() async throws -> [String] {
        guard let address = endpoints["dns", "address"], let port = endpoints["dns", "port"].flatMap({ Int($0) }),
            let zone = endpoints["dns", "zone"]
        else { throw DetachedStart.Failure(description: "it has no address") }
        return try await DNSClient(address: address, port: port).transfer(zone: zone).compactMap { record in
            if case .start = record.value { nil } else { "DNS record \(record)" }
        }
    }

    private func tags() async throws -> [String] {
        let registry = RegistryClient(web: WebClient(base: try url("registry"), log: log))
        var facts: [String] = []
        for name in try await registry.catalogue(pageSize: 1000).joined() {
            facts += try await registry.tags(of: name).map { "registry tag \(name):\($0)" }
        }
        return facts
    }

    private func state(token: String?) async throws -> [String] {
        let web = WebClient(base: try url("orchestrator"), log: log, authorization: token)
        let orchestrator = OrchestratorClient(web: web)
        var facts = try await orchestrator.servers().map { "server \($0.name)" }
        facts += try await orchestrator.clusters().map { "cluster \($0.name)" }
        facts += try await orchestrator.workspaces().map { "workspace \($0.name)" }
        facts += try await orchestrator.extensions().map { "extension \($0.type) \($0.name) \($0.version)" }
        let words = orchestrator.profile.spellings
        for state in [words.taskPending, words.taskRunning] {
            let tasks = try await orchestrator.tasks(status: state, limit: 1000)
            facts += tasks.map { "task \($0.name)\(EnvironmentFacts.unfinished)" }
            let batches = try await orchestrator.batches(status: state, limit: 1000)
            facts += batches.map { "batch \($0.id)\(EnvironmentFacts.unfinished)" }
        }
        return facts
    }

    private func tables() async throws -> [String] {
        guard let address = endpoints["postgresql", "address"], let port = endpoints["postgresql", "port"],
            let secrets = credentials["postgresql"], let user = secrets["user"], let password = secrets["password"]
        else { throw DetachedStart.Failure(description: "it has no address, or nobody knows its password") }
        @Sendable func ask(_ database: String, _ statement: String) async throws -> [String] {
            try await PostgreSQLClient(
                address: address, port: port, user: user, password: password, database: database, directory: directory
            ).query(statement).compactMap(\.first)
        }
        async let whole = ask(
            user, "select 'database ' || datname from pg_database union select 'role ' || rolname from pg_roles")
        var facts: [String] = []
        for database in (endpoints["postgresql", "databases"] ?? "").split(separator: ",") {
            facts += try await ask(
                String(database),
                """
                select 'table \(database).' || schemaname || '.' || tablename from pg_tables
                where schemaname not in ('pg_catalog', 'information_schema') and schemaname not like 'pg_temp%'
                """)
        }
        return try await whole + facts
    }

    private func secrets() async throws -> [String] {
        guard let token = credentials["openbao"]?["token"], let store = endpoints["openbao", "kv"],
            let transit = endpoints["openbao", "transit"]
        else { throw DetachedStart.Failure(description: "nobody knows where its engines are, or its token") }
        let web = WebClient(base: try url("openbao"), log: log, authorization: Authorization.bearer(token))
        let vault = OpenBaoClient(json: JSONClient(web: web), mount: store, transit: transit)
        async let keys = vault.keys().map { "OpenBao key \($0)" }
        return try await vault.secrets().map { "OpenBao secret \($0)" } + keys
    }
}

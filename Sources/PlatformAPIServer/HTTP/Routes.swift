import Crypto
import Hummingbird
import InterfaceProfile
import PlatformService

/// The API server's routes, at the paths of the standard profile.
struct Routes: Sendable {
    typealias Context = ServiceContext

    let desk: TokenDesk
    let store: OperationStore
    let runner: OperationRunner
    let orchestrator: OrchestratorClient
    let account: ServiceAccount
    let audit: AuditLog
    let pseudonyms: SymmetricKey
    let limiter: RateLimiter
    let policy: Policy
    let started: Timestamp
    /// Whether pages of other origins may call.
    let allowsOtherOrigins: Bool
    let counter = RequestCounter(failure: { APIAnswer.failure($0) })
    let paths = InterfaceProfile.standard.apiServer

    /// A router with every route.
    func router() -> Router<Context> {
        let router = Router(context: Context.self)
        if allowsOtherOrigins {
            // First, since refusals need its header too, and since a browser asks beforehand without a token.
            router.add(
                middleware: CORSMiddleware(allowOrigin: .all, allowMethods: [.get, .post, .delete, .head, .options]))
        }
        router.add(middleware: counter)
        let gate = SecurityGate(
            limiter: limiter, policy: policy, authentication: { [desk] in try await desk.principal(of: $0) },
            lookup: { await facts($0, $1) })
        router.add(middleware: SecurityChain(gate: gate, map: map, audit: audit))
        addStatus(to: router)
        addLogin(to: router)
        addServers(to: router)
        addOperations(to: router)
        AuditRoutes.add(
            to: router, query: path(paths.auditQuery), export: path(paths.auditExport), log: audit, key: pseudonyms)
        return router
    }

    private var map: AccessMap {
        AccessMap(
            probes: [paths.health, paths.ready, paths.metrics], open: [paths.login, paths.refresh],
            personal: [paths.identity, paths.logout],
            kinds: [
                (paths.servers, .server), (paths.taskservs, .taskserv), ("/v1/clusters", .cluster),
                (paths.workflows, .workflow), (paths.operations, .operation), ("/v1/audit", .audit),
                ("/v1/auth", .session),
            ],
            verbs: ["create": .deploy, "submit": .deploy, "cancel": .update, "logout": .delete],
            operationPaths: [paths.createTaskserv])
    }

    func path(_ template: String) -> RouterPath { RouterPath(template) }

    /// What the orchestrator knows of a workspace, so that isolation holds here too.
    private func facts(_ kind: ResourceKind, _ name: String) async -> ResourceFacts? {
        guard kind == .workspace else { return nil }
        let path = filledPath(InterfaceProfile.standard.paths.workspace, name)
        guard let workspace = try? await orchestrator.call("GET", path, as: account) else { return nil }
        let tier = workspace["environment"].text.flatMap { Tier(spelling: $0) }
        return ResourceFacts(workspace: name, owner: workspace["owner"].text, tier: tier ?? .development)
    }

    /// The session of the caller, with whose rights the orchestrator is called.
    func session(_ request: Request) async throws -> CallerSession {
        try await desk.session(of: try bearer(request))
    }

    /// Reads a JSON body, if there is one.
    func optionalBody(_ request: Request, _ context: Context) async throws -> JSONValue? {
        var request = request
        let bytes = try await request.collectBody(upTo: context.maxUploadSize)
        return bytes.readableBytes == 0 ? nil : try await body(JSONValue.self, request, context)
    }

    /// Reads a JSON body. Throws what is wrong with it, in words.
    func body<Value: Decodable & Sendable & SendableMetatype>(
        _ type: Value.Type, _ request: Request, _ context: Context
    ) async throws -> Value {
        try await context.requestDecoder.decode(Value.self, from: request, context: context)
    }

    private func addStatus(to router: Router<Context>) {
        router.get(path(paths.health)) { _, _ in try APIAnswer.bare(["status": "healthy"]) }
        router.get(path(paths.ready)) { _, _ in
            _ = try await store.counts()
            _ = try await orchestrator.call("GET", InterfaceProfile.standard.paths.identity, as: account)
            return try APIAnswer.bare(["status": "ready"])
        }
        router.get(path(paths.metrics)) { _, _ in
            let names = InterfaceProfile.standard.apiServerMetrics
            let counts = try await store.counts()
            var page = PrometheusPage()
            page.add(
                names.operations, .gauge, "Operations in each state.",
                samples: OperationStatus.allCases.map {
                    .init(Double(counts[$0] ?? 0), labels: [("status", $0.rawValue)])
                })
            counter.report(to: &page, as: names.requests)
            page.add(names.uptime, .gauge, "Seconds since the start.", Timestamp.now().seconds(since: started))
            page.addProcess()
            return page.response
        }
    }
}

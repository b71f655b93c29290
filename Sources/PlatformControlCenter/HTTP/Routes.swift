import Crypto
import Hummingbird
import InterfaceProfile
import PlatformService

/// The control center's routes, at the paths of the standard profile.
struct Routes: Sendable {
    typealias Context = ServiceContext

    let desk: LoginDesk
    let audit: AuditLog
    let pseudonyms: SymmetricKey
    let counter: RequestCounter
    let limiter: RateLimiter
    let started: Timestamp
    let paths = InterfaceProfile.standard.controlCenter
    let policy = Policy()

    /// A router with every route.
    func router() -> Router<Context> {
        let router = Router(context: Context.self)
        router.add(middleware: counter)
        let gate = SecurityGate(
            limiter: limiter, policy: policy, authentication: { [desk] in try await desk.principal(of: $0).0 })
        router.add(middleware: SecurityChain(gate: gate, map: map, audit: audit))
        addStatus(to: router)
        addLogin(to: router)
        addSecondFactor(to: router)
        addUsers(to: router)
        addServiceAccounts(to: router)
        AuditRoutes.add(
            to: router, query: path(paths.auditQuery), export: path(paths.auditExport), log: audit, key: pseudonyms)
        AuditRoutes.addStatistics(to: router, stats: path(paths.auditStats), log: audit)
        return router
    }

    private var map: AccessMap {
        AccessMap(
            probes: [paths.health, paths.ready, paths.metrics],
            open: [paths.login, paths.refresh, paths.keys, paths.revocations],
            personal: [
                paths.identity, paths.logout, paths.factors, paths.enrolMFA, paths.verifyMFA, paths.disableMFA,
            ],
            kinds: [
                (paths.users, .user), ("/api/v1/sessions", .session), (paths.serviceAccounts, .serviceAccount),
                ("/api/v1/audit", .audit), ("/auth", .session),
            ], verbs: ["rotate": .update])
    }

    func path(_ template: String) -> RouterPath { RouterPath(template) }

    /// Reads a JSON body. Throws what is wrong with it, in words.
    func body<Value: Decodable & Sendable & SendableMetatype>(
        _ type: Value.Type, _ request: Request, _ context: Context
    ) async throws -> Value {
        try await context.requestDecoder.decode(Value.self, from: request, context: context)
    }

    private func addStatus(to router: Router<Context>) {
        router.get(path(paths.health)) { _, _ in try Answer.data("Control center is healthy") }
        router.get(path(paths.ready)) { _, _ in
            _ = try await desk.sessions.count()
            return try Answer.data(["status": "ready", "database": "ok"])
        }
        router.get(path(paths.metrics)) { _, _ in
            let names = InterfaceProfile.standard.controlCenterMetrics
            var page = PrometheusPage()
            page.add(names.users, .gauge, "Users.", Double(try await desk.users.all(serviceAccounts: false).count))
            page.add(
                names.serviceAccounts, .gauge, "Service accounts.",
                Double(try await desk.users.all(serviceAccounts: true).count))
            page.add(names.sessions, .gauge, "Sessions that go on.", Double(try await desk.sessions.count()))
            counter.report(to: &page, as: names.requests)
            page.add(names.uptime, .gauge, "Seconds since the start.", Timestamp.now().seconds(since: started))
            page.addProcess()
            return page.response
        }
    }
}

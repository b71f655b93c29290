import Crypto
import Hummingbird
import InterfaceProfile
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The API server's routes, at the paths of the standard profile.
struct Routes: Sendable {
    typealias Context = ServiceContext

    let desk: TokenDesk
    let store: OperationStore
    let runner: OperationRunner
    let orchestrator: OrchestratorClient
    let audit: AuditLog
    let pseudonyms: SymmetricKey
    let limiter: RateLimiter
    let policy: Policy
    let started: Timestamp
    let counter = RequestCounter(failure: { APIAnswer.failure($0) })
    let paths = InterfaceProfile.standard.apiServer

    /// A router with every route.
    func router() -> Router<Context> {
        let router = Router(context: Context.self)
        router.add(middleware: counter)
        let gate = SecurityGate(
            limiter: limiter, policy: policy, authentication: { [desk] in try await desk.principal(of: $0) },
            lookup: { [orchestrator] in await Self.facts($0, $1, orchestrator) })
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
            personal: [paths.identity],
            kinds: [
                (paths.servers, .server), (paths.taskservs, .taskserv), ("/v1/clusters", .cluster),
                (paths.workflows, .workflow), (paths.operations, .operation), ("/v1/audit", .audit),
            ],
            verbs: ["create": .deploy, "submit": .deploy, "cancel": .update], operationPaths: [paths.createTaskserv])
    }

    func path(_ template: String) -> RouterPath { RouterPath(template) }

    /// What the orchestrator knows of a workspace, so that isolation holds here too.
    private static func facts(
        _ kind: ResourceKind, _ name: String, _ orchestrator: OrchestratorClient
    ) async -> ResourceFacts? {
        guard kind == .workspace else { return nil }
        let path = filledPath(InterfaceProfile.standard.paths.workspace, name)
        guard let workspace = try? await orchestrator.call("GET", path) else { return nil }
        let tier = workspace["environment"].text.flatMap { Tier(spelling: $0) }
        return ResourceFacts(workspace: name, owner: workspace["owner"].text, tier: tier ?? .development)
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
            try await orchestrator.checkHealth()
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

    private func addLogin(to router: Router<Context>) {
        router.post(path(paths.login)) { request, context in
            let login = try await body(JSONValue.self, request, context)
            var event = AuditEvent(action: "login", kind: .session, address: context.remoteAddress?.ipAddress)
            event.user = login["username"].text
            do {
                let tokens = try await desk.logIn(try JSONEncoder().encode(login))
                try await audit.record(event)
                return try APIAnswer.bare(tokens)
            } catch {
                event.status = Answer.failure(error).status.code
                event.reason = words(of: error)
                try await audit.record(event)
                throw error
            }
        }
        router.post(path(paths.refresh)) { request, context in
            guard let token = try await body(JSONValue.self, request, context)["refresh_token"].text else {
                throw PlatformError(.invalid, "refresh_token: is missing")
            }
            return try APIAnswer.bare(try await desk.refresh(token))
        }
        router.get(path(paths.identity)) { _, context in
            let caller = try context.caller()
            return try APIAnswer.bare(
                Identity(
                    username: caller.name, roles: caller.roles.map(\.rawValue).sorted(),
                    permissions: policy.permissions(of: caller.roles)))
        }
    }
}

private struct Identity: Encodable, Sendable {
    let username: String
    let roles: [String]
    let permissions: [String]
}

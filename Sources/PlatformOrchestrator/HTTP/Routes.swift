import Hummingbird
import InterfaceProfile
import PlatformExtensions
import PlatformService

/// What the routes need.
struct Services: Sendable {
    let engine: TaskEngine
    let events: EventHub
    let registry: ServerRegistry
    let providers: Providers
    let clusters: ClusterRegistry
    let batches: BatchEngine
    let loader: ExtensionLoader
    let workspaces: WorkspaceStore
    let backups: BackupStore
    let platformBackup: PlatformBackup
    let dns: DNSBook
    let faults: Faults
    let counter: RequestCounter
    let `guard`: Guard
    let secrets: SecretStore
    let started: Timestamp
}

extension Services {
    /// What goes on beside requests and tasks, until the task is cancelled.
    func runBackground() async {
        async let shipping: Void? = self.guard.shipper?.run()
        await secrets.run()
        _ = await shipping
    }
}

/// The orchestrator's routes, at the paths of the standard profile.
struct Routes: Sendable {
    typealias Context = ServiceContext

    let services: Services
    let paths = InterfaceProfile.standard.paths

    /// A router with every route.
    func router() -> Router<Context> {
        let router = Router(context: Context.self)
        router.add(middleware: services.counter)
        if services.faults.settings != FaultSettings() {
            router.add(middleware: FaultyRequests(faults: services.faults))
        }
        router.add(middleware: services.guard.chain)
        addStatus(to: router)
        addTasks(to: router)
        addEvents(to: router)
        addWorkflows(to: router)
        addServers(to: router)
        addDNS(to: router)
        addClusters(to: router)
        addBatches(to: router)
        addWorkspaces(to: router)
        addBackups(to: router)
        addExtensions(to: router)
        addSecrets(to: router)
        addKeys(to: router)
        AuditRoutes.add(
            to: router, query: path(paths.auditQuery), export: path(paths.auditExport), log: services.guard.audit,
            key: services.guard.pseudonyms)
        AuditRoutes.addStatistics(to: router, stats: path(paths.auditStats), log: services.guard.audit)
        return router
    }

    /// Reads a JSON body. Throws what is wrong with it, in words.
    func body<Value: Decodable & Sendable & SendableMetatype>(
        _ type: Value.Type, _ request: Request, _ context: Context
    ) async throws -> Value {
        try await context.requestDecoder.decode(Value.self, from: request, context: context)
    }

    /// Reads a JSON body, if there is one.
    func optionalBody<Value: Decodable & Sendable & SendableMetatype>(
        _ type: Value.Type, _ request: Request, _ context: Context
    ) async throws -> Value? {
        var request = request
        let bytes = try await request.collectBody(upTo: context.maxUploadSize)
        return bytes.readableBytes == 0 ? nil : try await body(type, request, context)
    }
}

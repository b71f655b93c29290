import FleetSystem
import Hummingbird
import InterfaceProfile
public import Logging
import NIOCore
import NIOPosix
import PlatformService

/// The reference orchestrator of solo mode: puts the parts together, runs, and takes them apart.
public enum Orchestrator {
    /// What `platform version` prints.
    public static let version = "reference platform 0.1"

    /// Runs until SIGTERM or SIGINT. `listening` is called with the port as soon as requests are answered.
    ///
    /// Throws an error with words for the operator when a part cannot be started. All servers have ended when this
    /// returns; their records and the tasks stay in the data directory.
    public static func run(
        _ configuration: OrchestratorConfiguration, logger: Logger,
        listening: @escaping @Sendable (_ port: Int) -> Void
    ) async throws {
        let directory = try DataDirectory(configuration.dataDirectory, of: "orchestrator")
        defer { directory.release() }
        let parts = try await OrchestratorParts(configuration, logger: logger)
        await parts.workflow.recover()
        try await parts.services.engine.start()
        // Cancelled and awaited below; what it has not done by then, the next start does.
        let background = Task { await parts.services.runBackground() }
        let result: Result<Void, any Error>
        do {
            try await ServiceProgram.run(
                router: Routes(services: parts.services).router(),
                listen: ListenAddress(host: configuration.host, port: configuration.port), logger: logger,
                listening: listening, onStop: { await parts.services.engine.close() })
            result = .success(())
        } catch { result = .failure(error) }
        await parts.services.engine.close()
        await parts.services.engine.waitForAttempts(within: .seconds(15))
        await parts.services.registry.stopAll()
        background.cancel()
        await background.value
        logger.info("stopped")
        try result.get()
    }
}

/// The parts of an orchestrator, made in the order of their needs.
struct OrchestratorParts: Sendable {
    let services: Services
    let workflow: ServerWorkflow

    init(_ configuration: OrchestratorConfiguration, logger: Logger) async throws {
        let data = configuration.dataDirectory
        let group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
        let profile = InterfaceProfile.standard
        for directory in ["tasks", "servers", "ssh"] { try PrivateDirectory.ensure("\(data)/\(directory)") }

        let server = try SocketAddress(ipAddress: configuration.dnsAddress, port: configuration.dnsPort)
        let dns = DNSRegistrar(
            zone: try DNSName(configuration.zone), ttl: profile.dns.ttl,
            transport: DNSTransport(server: server, group: group),
            key: try DNSKeyFile.read(configuration.dnsKeyFile))
        let client = RegistryClient(http: try RegistryHTTP(url: configuration.registry, group: group))
        let loader = try ExtensionLoader(
            directory: "\(data)/extensions", client: client, capacity: profile.artifacts.cacheEntries, logger: logger)
        let identity = "\(data)/ssh/id_ed25519"
        let provider = LocalProvider(
            directory: "\(data)/servers", network: try IPv4Network(configuration.serverNetwork),
            user: try LocalUser.current(), keeper: configuration.keeper, shell: RemoteShell(identity: identity),
            publicKey: try await KeyPair.ensure(identity, comment: "provisioning-platform"), group: group,
            logger: logger)
        let registry = try ServerRegistry(directory: "\(data)/server-records", logger: logger)
        workflow = ServerWorkflow(registry: registry, provider: provider, dns: dns, logger: logger)
        let taskservs = TaskservWorkflow(registry: registry, provider: provider, loader: loader, logger: logger)
        let runner = WorkRunner(servers: workflow, taskservs: taskservs)
        let engine = TaskEngine(
            width: configuration.width, store: try TaskStore(directory: "\(data)/tasks"), logger: logger,
            perform: { await runner.perform($0) })
        services = Services(
            engine: engine, registry: registry, loader: loader,
            workspaces: try WorkspaceStore(directory: "\(data)/workspaces"), dns: dns, client: client,
            counter: RequestCounter(), guard: try await Guard(configuration.settings, data: data, logger: logger),
            secrets: try SecretStore(
                directory: "\(data)/secrets", servers: "\(data)/servers", source: configuration.settings.secrets.source,
                settings: configuration.settings.secrets, logger: logger,
                serverID: { await registry.server($0)?.id }),
            started: .now())
    }
}

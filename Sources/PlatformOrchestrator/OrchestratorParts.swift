import FleetSystem
import InterfaceProfile
import Logging
import NIOCore
import NIOPosix
import PlatformExtensions
import PlatformService

/// The parts of an orchestrator, made in the order of their needs.
struct OrchestratorParts: Sendable {
    let services: Services
    let workflow: ServerWorkflow
    let clusterWorkflow: ClusterWorkflow

    init(_ configuration: OrchestratorConfiguration, logger: Logger) async throws {
        let data = configuration.dataDirectory
        let group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
        for directory in ["tasks", "servers", "ssh", "dns", "clusters", "providers", "batches"] {
            try PrivateDirectory.ensure("\(data)/\(directory)")
        }
        let faults = Faults(configuration.settings.faults)
        let loader = try Self.loader(configuration, faults, logger)
        let providers = try await Self.providers(configuration, group, logger)
        let dns = try Self.dns(configuration, faults, providers, group, logger)
        let registry = try ServerRegistry(directory: "\(data)/server-records", providers: providers)
        workflow = ServerWorkflow(registry: registry, providers: providers, dns: dns, logger: logger)
        let taskservs = TaskservWorkflow(registry: registry, providers: providers, loader: loader, logger: logger)
        let clusters = try ClusterRegistry("\(data)/clusters/clusters.log")
        clusterWorkflow = ClusterWorkflow(clusters: clusters, servers: workflow, taskservs: taskservs, logger: logger)
        let runner = WorkRunner(servers: workflow, taskservs: taskservs, clusters: clusterWorkflow, faults: faults)
        let events = EventHub()
        let engine = try await TaskEngine.open(
            "\(data)/tasks/tasks.log", width: configuration.settings.width, events: events, logger: logger,
            perform: { await runner.perform($0) })
        let batches = try BatchEngine(
            "\(data)/batches/batches.log",
            performer: BatchPerformer(runner: runner, registry: registry, clusters: clusters), events: events,
            logger: logger)
        services = Services(
            engine: engine, events: events, registry: registry, providers: providers, clusters: clusters,
            batches: batches, loader: loader, workspaces: try WorkspaceStore(directory: "\(data)/workspaces"),
            backups: try BackupStore(directory: "\(data)/backups"),
            platformBackup: PlatformBackup(
                engine: engine, batches: batches, servers: workflow, clusters: clusters, loader: loader, logger: logger),
            dns: dns, faults: faults, counter: RequestCounter(),
            guard: try await Guard(configuration.settings, data: data, logger: logger),
            secrets: try SecretStore(
                directory: "\(data)/secrets", servers: "\(data)/servers", source: configuration.settings.secrets.source,
                settings: configuration.settings.secrets, logger: logger,
                serverID: { await registry.server($0)?.id }),
            started: .now())
    }

    /// Makes everything again what the records say, before anything new begins.
    func recover() async {
        await services.dns.start()
        await workflow.recover()
        let unfinished = await services.engine.records.filter { !$0.task.status.isFinal }.map(\.id)
        await clusterWorkflow.recover(unfinished: await services.batches.unfinished.union(unfinished))
    }
}

extension OrchestratorParts {
    private static func providers(
        _ configuration: OrchestratorConfiguration, _ group: any EventLoopGroup, _ logger: Logger
    ) async throws -> Providers {
        let data = configuration.dataDirectory
        let identity = "\(data)/ssh/id_ed25519"
        let shell = RemoteShell(identity: identity)
        let local = LocalProvider(
            directory: "\(data)/servers", network: try IPv4Network(configuration.serverNetwork),
            user: try LocalUser.current(), keeper: configuration.keeper, shell: shell,
            publicKey: try await KeyPair.ensure(identity, comment: "provisioning-platform"), group: group,
            logger: logger)
        let simulated = try [SimulatedVendor.aws(), SimulatedVendor.upcloud()].map { vendor -> any ServerProvider in
            try SimulatedProvider(
                vendor, configuration.settings.providers[vendor.name] ?? SimulationSettings(),
                path: "\(data)/providers/\(vendor.name)-simulated.log")
        }
        return Providers(all: [local] + simulated, shell: shell)
    }

    private static func loader(
        _ configuration: OrchestratorConfiguration, _ faults: Faults, _ logger: Logger
    ) throws -> ExtensionLoader {
        let data = configuration.dataDirectory
        var settings = configuration.settings.extensions
        // The option names the registry; the section can say more of it, for example a login.
        settings.oci = settings.oci ?? SourceSettings.OCI(url: configuration.registry)
        var sources = try settings.sources()
        let visible = faults.settings.visibleVersions
        if visible > 0 { sources = sources.map { FaultySource(source: $0, visible: visible) } }
        return try ExtensionLoader(
            directory: "\(data)/extensions", sources: sources,
            roots: settings.directories + ["\(data)/workspaces"],
            capacity: InterfaceProfile.standard.artifacts.cacheEntries, logger: logger)
    }

    private static func dns(
        _ configuration: OrchestratorConfiguration, _ faults: Faults, _ providers: Providers,
        _ group: any EventLoopGroup, _ logger: Logger
    ) throws -> DNSBook {
        let server = try SocketAddress(ipAddress: configuration.dnsAddress, port: configuration.dnsPort)
        let client = DNSClient(
            zone: try DNSName(configuration.zone), transport: DNSTransport(server: server, group: group))
        let writer: any DNSWriter
        if let file = configuration.settings.zoneFile {
            writer = ZoneFileWriter(client: client, path: file.path, patience: file.reload)
        } else if let key = configuration.dnsKeyFile {
            writer = DNSUpdater(client: client, key: try DNSKeyFile.read(key))
        } else {
            throw PlatformError(
                .invalid, "give --dns-key-file for signed updates, or zone_file in --settings to write a zone file")
        }
        return try DNSBook(
            "\(configuration.dataDirectory)/dns/records.log", writer: FaultyDNSWriter(writer: writer, faults: faults),
            client: client,
            networks: providers.all.map(\.network), settings: configuration.settings.dns, logger: logger)
    }
}

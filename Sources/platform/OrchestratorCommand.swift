import ArgumentParser
import Logging
import PlatformOrchestrator
import PlatformService

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// `platform orchestrator`.
struct OrchestratorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "orchestrator", abstract: "Run the orchestrator until SIGTERM.",
        discussion: """
            The first line on standard output is {"type":"listening","port":N}, as soon as requests are answered. Logs go to \
            standard error, one line each.
            """)

    @Option(help: "Address and port to listen on; port 0 takes a free one. Default: 127.0.0.1:9090.")
    var listen: String?

    @Option(help: "Port to listen on at 127.0.0.1, instead of --listen.")
    var port: UInt16?

    @Option(name: [.customLong("data"), .customLong("data-dir")], help: "Directory for everything that is kept.")
    var data: String

    @Option(help: "What everything is kept in: filesystem, the only one that is here.")
    var storageType = "filesystem"

    @Option(help: "The mode: solo (no logins), multiuser, cicd or enterprise.")
    var mode = "solo"

    @Option(
        help: "File with all other settings: a JSON object, mode 0600 (docs/PLATFORM.md); outside solo mode required.")
    var settings: String?

    @Option(help: "The zone that servers are registered in.")
    var zone = "provisioning.local"

    @Option(help: "Address and port of the DNS server, which takes signed updates; or dns.coredns_url in --settings.")
    var dns: String?

    @Option(help: "File with the hmac-sha256 key for updates, as `keymgr -t` prints it; not needed with a zone file.")
    var dnsKeyFile: String?

    @Option(help: "Base URL of the OCI registry.")
    var registry: String

    @Option(help: "The network that servers get addresses of.")
    var serverNetwork = "127.64.0.0/16"

    func validate() throws {
        guard ["solo", "multiuser", "cicd", "enterprise"].contains(mode) else {
            throw ValidationError("--mode: \"\(mode)\" is none of solo, multiuser, cicd, enterprise")
        }
        guard mode == "solo" || settings != nil else {
            throw ValidationError(
                "--settings: a \(mode) orchestrator needs the section \"security\" of a settings file")
        }
        guard storageType == "filesystem" else {
            throw ValidationError(
                "--storage-type: \"\(storageType)\" is not there; this platform keeps everything in files (filesystem)")
        }
        guard listen == nil || port == nil else {
            throw ValidationError("--port: the port stands in --listen already; give one of the two")
        }
        _ = try address
    }

    /// Where to listen.
    private var address: ListenAddress {
        get throws { try ServiceOptions.address(listen ?? "127.0.0.1:\(port ?? 9090)", "--listen") }
    }

    func run() async throws {
        let listen = try address
        let settings = try readSettings()
        let dns = try dnsServer(settings)
        let configuration = OrchestratorConfiguration(
            host: listen.host, port: listen.port, dataDirectory: ServiceOptions.absolute(data), zone: zone,
            dnsAddress: dns.host, dnsPort: dns.port, dnsKeyFile: dnsKeyFile, registry: registry,
            serverNetwork: serverNetwork, keeper: [Self.executable(), "server-keeper"],
            settings: settings)
        try await Orchestrator.run(
            configuration, logger: Logger(label: "orchestrator"), listening: ServiceOptions.announce)
    }

    /// Where the DNS server is, which either the command line says or the settings.
    private func dnsServer(_ settings: OrchestratorSettings) throws -> ListenAddress {
        switch (dns, settings.dns.server) {
        case (let text?, nil): try ServiceOptions.address(text, "--dns")
        case (nil, let server?): server
        case (nil, nil): throw ValidationError("--dns: where is the DNS server? Give it, or coredns_url in --settings")
        case (_?, _?): throw ValidationError("--dns: coredns_url stands in --settings already; give one of the two")
        }
    }

    private func readSettings() throws -> OrchestratorSettings {
        guard let settings else { return OrchestratorSettings() }
        let read = try ServiceOptions.read(settings, OrchestratorSettings.self)
        guard (mode == "solo") == (read.security == nil) else {
            throw ValidationError("--settings: the section \"security\" belongs to every mode but solo")
        }
        return read
    }

    /// This program's own file.
    private static func executable() -> String {
        guard let path = realpath("/proc/self/exe", nil) else { return CommandLine.arguments[0] }
        defer { free(path) }
        return String(cString: path)
    }
}

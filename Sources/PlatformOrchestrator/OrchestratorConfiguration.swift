/// What an orchestrator is told at its start.
public struct OrchestratorConfiguration: Sendable {
    /// Address and port to listen on; port 0 takes any that is free.
    public var host: String
    /// See `host`.
    public var port: Int
    /// Directory for everything that it keeps; made with mode 0700 if need be.
    public var dataDirectory: String
    /// Zone that servers are registered in.
    public var zone: String
    /// Address and port of the DNS server that takes updates.
    public var dnsAddress: String
    /// See `dnsAddress`.
    public var dnsPort: Int
    /// File with the TSIG key for updates, as `keymgr -t` prints it; nil when the settings name a zone file.
    public var dnsKeyFile: String?
    /// Base URL of the OCI registry.
    public var registry: String
    /// Network in CIDR form that servers get addresses of.
    public var serverNetwork: String
    /// Executable and first arguments of the program that keeps one server; the path of an sshd_config is added.
    public var keeper: [String]
    /// The settings file.
    public var settings: OrchestratorSettings

    /// A configuration of these values.
    public init(
        host: String, port: Int, dataDirectory: String, zone: String, dnsAddress: String, dnsPort: Int,
        dnsKeyFile: String?, registry: String, serverNetwork: String, keeper: [String],
        settings: OrchestratorSettings = .init()
    ) {
        self.host = host
        self.port = port
        self.dataDirectory = dataDirectory
        self.zone = zone
        self.dnsAddress = dnsAddress
        self.dnsPort = dnsPort
        self.dnsKeyFile = dnsKeyFile
        self.registry = registry
        self.serverNetwork = serverNetwork
        self.keeper = keeper
        self.settings = settings
    }
}

public import PlatformExtensions
public import PlatformService

/// The orchestrator's settings file, `--settings`; its keys are described in docs/PLATFORM.md.
public struct OrchestratorSettings: Sendable, Decodable {
    /// Who may enter; nil in solo mode.
    public var security: SecuritySettings?
    /// Where audit events go beside the orchestrator's own files.
    public var audit = AuditSettings()
    /// How long secrets live, and where those come from that are not ours.
    public var secrets = SecretSettings()
    /// How many tasks run at once, 1 to 64.
    public var width = 4
    /// How simulated vendors behave, by name: `aws` and `upcloud`.
    public var providers: [String: SimulationSettings] = [:]
    /// How names are registered.
    public var dns = DNSSettings()
    /// The zone file that is written instead of sending updates; for servers like CoreDNS, which take none.
    public var zoneFile: ZoneFileSettings?
    /// What is wrong on purpose.
    public var faults = FaultSettings()
    /// Where extensions come from beside the OCI registry that the command line names.
    public var extensions = SourceSettings()

    enum CodingKeys: String, CodingKey, CaseIterable {
        case security, audit, extensions, secrets, width, providers, dns, faults
        case zoneFile = "zone_file"
    }

    /// What holds without a settings file: no logins, and nothing leaves the orchestrator.
    public init() {}

    /// Reads the file's object. Throws when a member is unknown or makes no sense.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        security = try container.decodeIfPresent(SecuritySettings.self, forKey: .security)
        audit = try container.decodeIfPresent(AuditSettings.self, forKey: .audit) ?? audit
        secrets = try container.decodeIfPresent(SecretSettings.self, forKey: .secrets) ?? secrets
        extensions = try container.decodeIfPresent(SourceSettings.self, forKey: .extensions) ?? extensions
        width = try container.decodeIfPresent(Int.self, forKey: .width) ?? width
        providers = try container.decodeIfPresent([String: SimulationSettings].self, forKey: .providers) ?? providers
        dns = try container.decodeIfPresent(DNSSettings.self, forKey: .dns) ?? dns
        zoneFile = try container.decodeIfPresent(ZoneFileSettings.self, forKey: .zoneFile)
        faults = try container.decodeIfPresent(FaultSettings.self, forKey: .faults) ?? faults
        guard (1...64).contains(width) else {
            throw PlatformError(.invalid, "settings: width: \(width) is not between 1 and 64")
        }
        if let unknown = providers.keys.sorted().first(where: { !["aws", "upcloud"].contains($0) }) {
            throw PlatformError(.invalid, "settings: providers: \(unknown) is none of aws, upcloud")
        }
    }
}

/// A zone file that the orchestrator writes.
public struct ZoneFileSettings: Sendable, Decodable {
    /// Its path. The file has an SOA record; what stands above the platform's mark is left alone.
    public var path: String
    /// Seconds in which the server reads a changed file.
    public var reload = 10.0

    enum CodingKeys: String, CodingKey, CaseIterable {
        case path
        case reload = "reload_seconds"
    }

    /// Reads the members. Throws when one is unknown or makes no sense.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        path = try container.decode(String.self, forKey: .path)
        reload = try container.decodeIfPresent(Double.self, forKey: .reload) ?? reload
        guard path.hasPrefix("/"), (0.1...120).contains(reload) else {
            throw PlatformError(.invalid, "settings: zone_file: give an absolute path, and 0.1 to 120 seconds")
        }
    }
}

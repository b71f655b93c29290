public import PlatformExtensions
public import PlatformService

/// What an extension registry is told in its settings file.
public struct RegistrySettings: Sendable, Decodable {
    /// Where extensions come from, and are published to; `directories` is not for this service.
    public let sources: SourceSettings
    /// Seconds for which the description of an extension is not asked for again; default 10.
    public let lifetime: Double
    /// Who may publish; without it nobody may.
    public let security: SecuritySettings?
    /// Where audit events go beside the service's own files.
    public let audit: AuditSettings

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case oci, gitea, security, audit
        case lifetime = "cache_ttl_seconds"
    }

    /// Reads the settings. Throws when there is no source at all.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        sources = SourceSettings(
            oci: try container.decodeIfPresent(SourceSettings.OCI.self, forKey: .oci),
            gitea: try container.decodeIfPresent(SourceSettings.Gitea.self, forKey: .gitea))
        lifetime = try container.decodeIfPresent(Double.self, forKey: .lifetime) ?? 10
        security = try container.decodeIfPresent(SecuritySettings.self, forKey: .security)
        audit = try container.decodeIfPresent(AuditSettings.self, forKey: .audit) ?? AuditSettings()
        guard sources.oci != nil || sources.gitea != nil else {
            throw PlatformError(.invalid, "settings: neither oci nor gitea is given; a registry needs one of them")
        }
    }
}

public import PlatformService

/// The orchestrator's settings file, `--settings`; its keys are described in docs/PLATFORM.md.
public struct OrchestratorSettings: Sendable, Decodable {
    /// Who may enter; nil in solo mode.
    public var security: SecuritySettings?
    /// Where audit events go beside the orchestrator's own files.
    public var audit: AuditSettings
    /// How long secrets live, and where those come from that are not ours.
    public var secrets = SecretSettings()

    enum CodingKeys: String, CodingKey, CaseIterable { case security, audit, secrets }

    /// What holds without a settings file: no logins, and nothing leaves the orchestrator.
    public init() {
        security = nil
        audit = AuditSettings()
    }

    /// Reads the file's object.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        security = try container.decodeIfPresent(SecuritySettings.self, forKey: .security)
        audit = try container.decodeIfPresent(AuditSettings.self, forKey: .audit) ?? AuditSettings()
        secrets = try container.decodeIfPresent(SecretSettings.self, forKey: .secrets) ?? secrets
    }
}

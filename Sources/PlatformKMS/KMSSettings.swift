import PlatformService

/// The KMS service's settings file, `--settings`; its keys are described in docs/PLATFORM.md.
public struct KMSSettings: Sendable, Decodable {
    /// OpenBao's base URL, and a token for the two mounts.
    let openBao: String
    let openBaoToken: String
    /// Mounts of the engines transit and KV v2, without slashes.
    let transit: String
    let store: String
    /// Name of the transit key.
    let key: String
    let security: SecuritySettings
    let audit: AuditSettings

    enum CodingKeys: String, CodingKey, CaseIterable {
        case transit, key, security, audit
        case openBao = "openbao"
        case openBaoToken = "openbao_token"
        case store = "kv"
    }

    /// Reads the file's object.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        openBao = try container.decode(String.self, forKey: .openBao)
        openBaoToken = try container.decode(String.self, forKey: .openBaoToken)
        transit = try container.decodeIfPresent(String.self, forKey: .transit) ?? "transit"
        store = try container.decodeIfPresent(String.self, forKey: .store) ?? "secret"
        key = try container.decodeIfPresent(String.self, forKey: .key) ?? "provisioning"
        security = try container.decode(SecuritySettings.self, forKey: .security)
        audit = try container.decodeIfPresent(AuditSettings.self, forKey: .audit) ?? AuditSettings()
    }
}

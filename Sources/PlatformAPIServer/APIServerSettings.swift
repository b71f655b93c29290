import PlatformPostgres
import PlatformService

/// The API server's settings file, `--settings`; its keys are described in docs/PLATFORM.md.
public struct APIServerSettings: Sendable, Decodable {
    let database: PostgresSettings
    let orchestrator: String
    let controlCenter: String
    /// The service account with which the API server calls the orchestrator.
    let username: String
    let password: String
    /// Hours; 24 and 168 are documented.
    let tokenHours: Int
    let refreshHours: Int
    /// Seconds after which an operation is given up; 300 is documented.
    let timeout: Int
    /// Operations at once; 10 is documented.
    let concurrency: Int
    let rateLimit: Int
    let rateSeconds: Double
    let exempt: [AddressRange]
    let corporateNetworks: [AddressRange]
    let audit: AuditSettings

    enum CodingKeys: String, CodingKey, CaseIterable {
        case database, orchestrator, username, password, audit
        case controlCenter = "control_center"
        case tokenHours = "token_expiry_hours"
        case refreshHours = "refresh_token_expiry_hours"
        case timeout = "timeout_seconds"
        case concurrency = "max_concurrent_operations"
        case rateLimit = "rate_limit"
        case rateSeconds = "rate_seconds"
        case exempt = "rate_exempt"
        case corporateNetworks = "corporate_networks"
    }

    /// Reads the file's object.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        database = try container.decode(PostgresSettings.self, forKey: .database)
        orchestrator = try container.decode(String.self, forKey: .orchestrator)
        controlCenter = try container.decode(String.self, forKey: .controlCenter)
        username = try container.decode(String.self, forKey: .username)
        password = try container.decode(String.self, forKey: .password)
        tokenHours = try container.decodeIfPresent(Int.self, forKey: .tokenHours) ?? 24
        refreshHours = try container.decodeIfPresent(Int.self, forKey: .refreshHours) ?? 168
        timeout = try container.decodeIfPresent(Int.self, forKey: .timeout) ?? 300
        concurrency = max(1, try container.decodeIfPresent(Int.self, forKey: .concurrency) ?? 10)
        rateLimit = try container.decodeIfPresent(Int.self, forKey: .rateLimit) ?? 6000
        rateSeconds = try container.decodeIfPresent(Double.self, forKey: .rateSeconds) ?? 60
        exempt = try container.decodeIfPresent([AddressRange].self, forKey: .exempt) ?? []
        corporateNetworks =
            try container.decodeIfPresent([AddressRange].self, forKey: .corporateNetworks)
            ?? AddressRange.privateNetworks
        audit = try container.decodeIfPresent(AuditSettings.self, forKey: .audit) ?? AuditSettings()
    }
}

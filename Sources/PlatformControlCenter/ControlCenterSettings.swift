import PlatformPostgres
import PlatformService

/// The control center's settings file, `--settings`; its keys are described in docs/PLATFORM.md.
public struct ControlCenterSettings: Sendable, Decodable {
    /// A user, or a service account, that is made at the start unless it is there.
    struct Seed: Sendable, Decodable {
        let username: String
        let password: String
        let roles: [Role]
        let teams: [Team]
        let workspace: String?
        let mfaSecret: String?
        let isServiceAccount: Bool

        enum CodingKeys: String, CodingKey, CaseIterable {
            case username, password, roles, teams, workspace
            case mfaSecret = "mfa_secret"
            case isServiceAccount = "service_account"
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
            username = try container.decode(String.self, forKey: .username)
            password = try container.decode(String.self, forKey: .password)
            roles = try container.decode([Role].self, forKey: .roles)
            teams = try container.decodeIfPresent([Team].self, forKey: .teams) ?? []
            workspace = try container.decodeIfPresent(String.self, forKey: .workspace)
            mfaSecret = try container.decodeIfPresent(String.self, forKey: .mfaSecret)
            isServiceAccount = try container.decodeIfPresent(Bool.self, forKey: .isServiceAccount) ?? false
        }
    }

    let database: PostgresSettings
    let users: [Seed]
    /// Seconds; 15 minutes and 7 days are documented.
    let accessSeconds: Int
    let refreshSeconds: Int
    let rateLimit: Int
    let rateSeconds: Double
    let exempt: [AddressRange]
    let audit: AuditSettings

    enum CodingKeys: String, CodingKey, CaseIterable {
        case database, users, audit
        case accessSeconds = "access_token_seconds"
        case refreshSeconds = "refresh_token_seconds"
        case rateLimit = "rate_limit"
        case rateSeconds = "rate_seconds"
        case exempt = "rate_exempt"
    }

    /// Reads the file's object.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        database = try container.decode(PostgresSettings.self, forKey: .database)
        users = try container.decodeIfPresent([Seed].self, forKey: .users) ?? []
        accessSeconds = try container.decodeIfPresent(Int.self, forKey: .accessSeconds) ?? 15 * 60
        refreshSeconds = try container.decodeIfPresent(Int.self, forKey: .refreshSeconds) ?? 7 * 86_400
        rateLimit = try container.decodeIfPresent(Int.self, forKey: .rateLimit) ?? 6000
        rateSeconds = try container.decodeIfPresent(Double.self, forKey: .rateSeconds) ?? 60
        exempt = try container.decodeIfPresent([AddressRange].self, forKey: .exempt) ?? []
        audit = try container.decodeIfPresent(AuditSettings.self, forKey: .audit) ?? AuditSettings()
    }
}

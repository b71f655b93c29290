import Crypto
public import Logging
import PlatformPostgres
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The API server's settings file, `--settings`; its keys are described in docs/PLATFORM.md.
public struct APIServerSettings: Sendable, Decodable {
    let database: PostgresSettings
    let orchestrator: String
    let controlCenter: String
    /// The service account for what the API server does by itself.
    let username: String
    let password: String
    /// Signs tokens; nil: a key of the data directory does. Documented, as the environment variable is that it may come from.
    let secret: SymmetricKey?
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
    /// Sessions that a user may have at once.
    let sessionsOfAUser: Int
    /// `cors_enabled`; documented.
    let allowsOtherOrigins: Bool
    let audit: AuditSettings
    private let logging: LoggingSettings

    enum CodingKeys: String, CodingKey, CaseIterable {
        case database, orchestrator, username, password, audit, logging
        case secret = "jwt_secret"
        case sessionsOfAUser = "max_sessions_per_user"
        case allowsOtherOrigins = "cors_enabled"
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
        secret = try Self.key(
            ProcessInfo.processInfo.environment["JWT_SECRET"]
                ?? container.decodeIfPresent(String.self, forKey: .secret))
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
        sessionsOfAUser = max(1, try container.decodeIfPresent(Int.self, forKey: .sessionsOfAUser) ?? 1000)
        allowsOtherOrigins = try container.decodeIfPresent(Bool.self, forKey: .allowsOtherOrigins) ?? false
        audit = try container.decodeIfPresent(AuditSettings.self, forKey: .audit) ?? AuditSettings()
        logging = try container.decodeIfPresent(LoggingSettings.self, forKey: .logging) ?? LoggingSettings()
    }

    /// Seconds that a session lasts from its last refresh on: as long as any token that names it.
    var sessionSeconds: Int { max(tokenHours, refreshHours) * 3600 }

    /// A logger as the section `logging` wants it.
    public var logger: Logger {
        var logger = Logger(label: "api-server") { label in
            var lines = LogLines(label: label)
            lines.isJSON = logging.isJSON
            return lines
        }
        logger.logLevel = logging.level
        return logger
    }

    private static func key(_ secret: String?) throws -> SymmetricKey? {
        guard let secret else { return nil }
        guard secret.utf8.count >= 32 else {
            throw PlatformError(.invalid, "settings: JWT_SECRET, jwt_secret: needs at least 32 bytes")
        }
        return SymmetricKey(data: Data(secret.utf8))
    }
}

/// The section `logging`; documented.
private struct LoggingSettings: Sendable, Decodable {
    let level: Logger.Level
    let isJSON: Bool

    enum CodingKeys: String, CodingKey, CaseIterable {
        case level
        case isJSON = "json_format"
    }

    init() { (level, isJSON) = (.info, false) }

    init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(keyedBy: CodingKeys.self)
        let word = try container.decodeIfPresent(String.self, forKey: .level) ?? Logger.Level.info.rawValue
        guard let level = Logger.Level(rawValue: word == "warn" ? Logger.Level.warning.rawValue : word) else {
            let known = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw PlatformError(.invalid, "settings: logging.level: \"\(word)\" is none of \(known)")
        }
        self.level = level
        isJSON = try container.decodeIfPresent(Bool.self, forKey: .isJSON) ?? false
    }
}

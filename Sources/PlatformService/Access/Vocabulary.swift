/// What a user is. Documented.
public enum Role: String, Sendable, Codable, Hashable, CaseIterable {
    /// May do everything.
    case admin
    /// Runs the infrastructure.
    case `operator`
    /// Works in development and, carefully, in staging.
    case developer
    /// Looks.
    case viewer
    /// Looks, at the audit log too.
    case auditor

    /// The team whose rules hold for the role.
    public var team: Team {
        switch self {
        case .admin: .platformAdmin
        case .operator: .sre
        case .developer: .developers
        case .viewer: .viewers
        case .auditor: .audit
        }
    }
}

/// The policy's word for those who share rights. Documented, but for `viewers`.
public enum Team: String, Sendable, Codable, Hashable, CaseIterable {
    case platformAdmin = "platform-admin"
    case sre
    case developers
    case viewers
    case audit
    /// Can lock users out, and look.
    case security
}

/// How careful one must be in an environment. Documented. The later, the more careful.
public enum Tier: String, Sendable, Codable, Hashable, CaseIterable, Comparable {
    case development, staging, production

    /// Reads a tier by its name or its usual short form (`dev`, `test`, `prod`); nil for another word.
    public init?(spelling: String) {
        switch spelling.lowercased() {
        case "development", "dev", "test": self = .development
        case "staging": self = .staging
        case "production", "prod": self = .production
        default: return nil
        }
    }

    /// Whether the left one needs less care.
    public static func < (left: Tier, right: Tier) -> Bool {
        (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
    }
}

/// What somebody does. Documented.
public enum Action: String, Sendable, Codable, Hashable, CaseIterable {
    case create, delete, update, read, list, deploy, rollback, ssh, execute, monitor, admin
}

/// What it is done to. The first eight are documented entities, the others follow the interfaces.
public enum ResourceKind: String, Sendable, Codable, Hashable, CaseIterable {
    case environment, workspace, server, taskserv, cluster, workflow, user, team
    case task, `extension`, dns, secret, key, audit, session, platform
    case serviceAccount = "service_account"
    case operation, kms

    /// Users, their rights and the platform itself, which are in no environment.
    public static let administrative: Set<ResourceKind> = [.user, .team, .serviceAccount, .session, .platform, .audit]
}

import PlatformPostgres
import PlatformService

/// A user or a service account, as the control center keeps it.
struct User: Sendable {
    let name: String
    let password: PasswordHash
    let roles: Set<Role>
    let teams: Set<Team>
    let workspace: String?
    /// Sealed; nil without a second factor.
    let mfaSecret: String?
    /// Whether the second factor counts: it was enrolled and then verified.
    let hasMFA: Bool
    /// The last step whose code was used.
    let mfaStep: Int
    let isServiceAccount: Bool
    let isLocked: Bool
    let createdAt: String

    static let columns = """
        name, password, roles, teams, workspace, mfa_secret, has_mfa, mfa_step, is_service_account, is_locked, \
        to_char(created_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
        """

    init(_ row: PostgresRow) {
        name = row.text(0)
        password = PasswordHash(kept: row.text(1))
        roles = Set(row.text(2).split(separator: ",").compactMap { Role(rawValue: String($0)) })
        teams = Set(row.text(3).split(separator: ",").compactMap { Team(rawValue: String($0)) })
        workspace = row[4]
        mfaSecret = row[5]
        hasMFA = row.bool(6)
        mfaStep = row.int(7)
        isServiceAccount = row.bool(8)
        isLocked = row.bool(9)
        createdAt = row.text(10)
    }

    /// Who he is in tokens.
    func principal(mfaVerified: Bool) -> Principal {
        Principal(
            name: name, roles: roles, teams: teams, workspace: workspace, mfaVerified: mfaVerified,
            isServiceAccount: isServiceAccount)
    }
}

/// A user as callers see him.
struct UserView: Encodable, Sendable {
    let username: String
    let roles: [String]
    let teams: [String]
    let workspace: String?
    let hasMFA: Bool
    let isServiceAccount: Bool
    let isLocked: Bool
    let createdAt: String

    enum CodingKeys: String, CodingKey {
        case username, roles, teams, workspace
        case hasMFA = "mfa_enabled"
        case isServiceAccount = "service_account"
        case isLocked = "locked"
        case createdAt = "created_at"
    }

    init(_ user: User) {
        username = user.name
        roles = user.roles.map(\.rawValue).sorted()
        teams = user.teams.map(\.rawValue).sorted()
        workspace = user.workspace
        hasMFA = user.hasMFA
        isServiceAccount = user.isServiceAccount
        isLocked = user.isLocked
        createdAt = user.createdAt
    }
}

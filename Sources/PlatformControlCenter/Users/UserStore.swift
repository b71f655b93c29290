import PlatformPostgres
import PlatformService

/// Users and service accounts in the database.
struct UserStore: Sendable {
    let pool: PostgresPool

    /// What somebody wants a user to be.
    struct New: Sendable {
        var name: String
        var password: PasswordHash
        var roles: Set<Role>
        var teams: Set<Team> = []
        var workspace: String?
        /// Sealed.
        var mfaSecret: String?
        var isServiceAccount = false
    }

    /// Makes a user. Throws `.conflict` when the name is taken.
    func create(_ user: New) async throws -> User {
        guard try await insert(user) else { throw PlatformError(.conflict, "there is a user \(user.name) already") }
        return try await self.user(user.name)
    }

    /// Makes a user unless the name is taken; whether it did.
    func insert(_ user: New) async throws -> Bool {
        let rows = try await pool.query(
            """
            INSERT INTO control_center.users
                (name, password, roles, teams, workspace, mfa_secret, has_mfa, is_service_account)
            VALUES ($1, $2, $3, $4, $5, $6::text, $6::text IS NOT NULL, $7) ON CONFLICT DO NOTHING RETURNING name
            """,
            [
                user.name, user.password.text, Self.list(user.roles), Self.list(user.teams), user.workspace,
                user.mfaSecret, user.isServiceAccount ? "t" : "f",
            ])
        return !rows.isEmpty
    }

    /// A user; nil when there is none.
    func find(_ name: String) async throws -> User? {
        try await pool.query("SELECT \(User.columns) FROM control_center.users WHERE name = $1", [name]).first
            .map(User.init)
    }

    /// A user. Throws `.notFound` when there is none.
    func user(_ name: String) async throws -> User {
        guard let user = try await find(name) else { throw PlatformError(.notFound, "there is no user \(name)") }
        return user
    }

    /// All users, or all service accounts, by name.
    func all(serviceAccounts: Bool) async throws -> [User] {
        try await pool.query(
            "SELECT \(User.columns) FROM control_center.users WHERE is_service_account = $1 ORDER BY name",
            [serviceAccounts ? "t" : "f"]
        ).map(User.init)
    }

    /// What is to be changed of a user; nil stays as it is.
    struct Change: Sendable {
        var password: PasswordHash?
        var roles: Set<Role>?
        var teams: Set<Team>?
        var workspace: String?
        var isLocked: Bool?

        /// Whether an administrator is none any more afterwards.
        var endsAdministration: Bool { isLocked == true || roles.map { !$0.contains(.admin) } == true }
    }

    /// Changes a user and ends his sessions: his tokens must not say what no longer holds. Throws `.conflict` for the last
    /// administrator when he would be none any more.
    func change(_ name: String, _ change: Change) async throws -> User {
        try await pool.transaction { connection in
            if change.endsAdministration { try Self.refuseLastAdministrator(name, connection) }
            let rows = try connection.query(
                """
                UPDATE control_center.users SET password = coalesce($2, password), roles = coalesce($3, roles),
                    teams = coalesce($4, teams), workspace = coalesce($5, workspace),
                    is_locked = coalesce($6::boolean, is_locked)
                WHERE name = $1 RETURNING \(User.columns)
                """,
                [
                    name, change.password?.text, change.roles.map(Self.list), change.teams.map(Self.list),
                    change.workspace, change.isLocked.map { $0 ? "t" : "f" },
                ])
            guard let row = rows.first else { throw PlatformError(.notFound, "there is no user \(name)") }
            try SessionStore.revokeAll(of: name, connection)
            return User(row)
        }
    }

    /// Removes a user and ends his sessions. Throws `.conflict` for the last administrator, without whom nobody could
    /// make another.
    func remove(_ name: String, serviceAccount: Bool) async throws {
        try await pool.transaction { connection in
            try Self.refuseLastAdministrator(name, connection)
            let rows = try connection.query(
                "SELECT name FROM control_center.users WHERE name = $1 AND is_service_account = $2 FOR UPDATE",
                [name, serviceAccount ? "t" : "f"])
            guard !rows.isEmpty else { throw PlatformError(.notFound, "there is no \(name)") }
            try SessionStore.revokeAll(of: name, connection)
            try connection.query("DELETE FROM control_center.users WHERE name = $1", [name])
        }
    }

    /// Throws `.conflict` when nobody else could make an administrator.
    private static func refuseLastAdministrator(_ name: String, _ connection: PostgresConnection) throws {
        // All are locked, so that two cannot end each other's administration at the same time.
        let administrators = try connection.query(
            """
            SELECT name FROM control_center.users
            WHERE 'admin' = ANY (string_to_array(roles, ',')) AND NOT is_locked AND NOT is_service_account
            ORDER BY name FOR UPDATE
            """, [])
        guard administrators.map({ $0[0] }) != [name] else {
            throw PlatformError(.conflict, "\(name) is the last administrator; make another one first")
        }
    }

    /// Keeps a sealed second factor, which does not count yet.
    func enrol(_ name: String, secret: String) async throws {
        try await pool.query(
            "UPDATE control_center.users SET mfa_secret = $2, has_mfa = false, mfa_step = 0 WHERE name = $1",
            [name, secret])
    }

    /// Notes that the code of a step was used, and that the second factor counts. False when it had been used already.
    func useMFA(_ name: String, step: Int) async throws -> Bool {
        let rows = try await pool.query(
            """
            UPDATE control_center.users SET has_mfa = true, mfa_step = $2::bigint
            WHERE name = $1 AND mfa_step < $2::bigint RETURNING name
            """, [name, "\(step)"])
        return !rows.isEmpty
    }

    /// Forgets the second factor.
    func forgetMFA(_ name: String) async throws {
        try await pool.query(
            "UPDATE control_center.users SET mfa_secret = NULL, has_mfa = false WHERE name = $1", [name])
    }

    /// Takes a user's second factor away, and ends his sessions, whose tokens say that he has shown it.
    func takeMFA(from name: String) async throws -> User {
        try await pool.transaction { connection in
            let rows = try connection.query(
                """
                UPDATE control_center.users SET mfa_secret = NULL, has_mfa = false
                WHERE name = $1 AND mfa_secret IS NOT NULL RETURNING \(User.columns)
                """, [name])
            guard let row = rows.first else {
                throw PlatformError(.notFound, "there is no user \(name) with a second factor")
            }
            try SessionStore.revokeAll(of: name, connection)
            return User(row)
        }
    }

    private static func list<Word: RawRepresentable<String>>(_ words: Set<Word>) -> String {
        words.map(\.rawValue).sorted().joined(separator: ",")
    }
}

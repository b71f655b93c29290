import PlatformPostgres
import PlatformService

/// Logins and the tokens that came of them, in the database.
struct SessionStore: Sendable {
    let pool: PostgresPool

    /// A refresh token's id names its session too: `SESSION.RANDOM`.
    struct RefreshID: Sendable, Hashable {
        let session: String
        let text: String

        init(session: String, random: String) {
            self.session = session
            text = "\(session).\(random)"
        }

        init?(_ text: String) {
            guard let dot = text.firstIndex(of: ".") else { return nil }
            session = String(text[..<dot])
            self.text = text
        }
    }

    /// The ids of a new pair of tokens, and how long they are good.
    struct Pair: Sendable {
        let access: String
        let refresh: RefreshID
        let accessSeconds: Int
        let refreshSeconds: Int
    }

    /// Begins a session.
    func begin(_ user: String, mfa: Bool, _ pair: Pair) async throws {
        try await pool.transaction { connection in
            try connection.query("DELETE FROM control_center.sessions WHERE expires < now()")
            try connection.query("DELETE FROM control_center.access_tokens WHERE expires < now()")
            try connection.query(
                """
                INSERT INTO control_center.sessions (id, user_name, mfa, refresh_id, expires)
                VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5::int))
                """,
                [pair.refresh.session, user, mfa ? "t" : "f", pair.refresh.text, "\(pair.refreshSeconds)"])
            try Self.noteAccess(pair, user, connection)
        }
    }

    /// What became of a refresh token.
    enum Refreshing: Sendable, Hashable {
        /// It was good; the session had a second factor or not.
        case renewed(mfa: Bool)
        /// It had been used before: somebody else may have it, so the session has ended for everybody.
        case reused
        /// Its session has ended.
        case ended
    }

    /// Takes a refresh token for a new pair. One that was used before ends its session.
    func refresh(_ id: RefreshID, of user: String, _ pair: Pair) async throws -> Refreshing {
        try await pool.transaction { connection in
            let rows = try connection.query(
                """
                SELECT refresh_id, mfa FROM control_center.sessions
                WHERE id = $1 AND NOT is_revoked AND expires > now() FOR UPDATE
                """, [id.session])
            guard let row = rows.first else { return .ended }
            guard row.text(0) == id.text else {
                try Self.revoke(session: id.session, connection)
                return .reused
            }
            try connection.query(
                """
                UPDATE control_center.sessions
                SET refresh_id = $2, expires = now() + make_interval(secs => $3::int) WHERE id = $1
                """, [id.session, pair.refresh.text, "\(pair.refreshSeconds)"])
            try Self.noteAccess(pair, user, connection)
            return .renewed(mfa: row.bool(1))
        }
    }

    /// Ends the session of an access token.
    func end(access: String) async throws {
        try await pool.transaction { connection in
            let rows = try connection.query(
                "SELECT session FROM control_center.access_tokens WHERE id = $1", [access])
            for row in rows { try Self.revoke(session: row.text(0), connection) }
        }
    }

    /// Whether an access token was issued, and not revoked.
    func isGood(access: String) async throws -> Bool {
        let rows = try await pool.query(
            "SELECT NOT is_revoked FROM control_center.access_tokens WHERE id = $1", [access])
        return rows.first?.bool(0) ?? false
    }

    /// Ids of revoked access tokens that have not expired yet.
    func revoked() async throws -> [String] {
        try await pool.query("SELECT id FROM control_center.access_tokens WHERE is_revoked AND expires > now()")
            .map { $0.text(0) }
    }

    /// How many sessions go on.
    func count() async throws -> Int {
        try await pool.query(
            "SELECT count(*) FROM control_center.sessions WHERE NOT is_revoked AND expires > now()")[0].int(0)
    }

    /// Ends all sessions of a user, in a transaction that goes on.
    static func revokeAll(of user: String, _ connection: PostgresConnection) throws {
        try connection.query("UPDATE control_center.sessions SET is_revoked = true WHERE user_name = $1", [user])
        try connection.query("UPDATE control_center.access_tokens SET is_revoked = true WHERE user_name = $1", [user])
    }

    private static func revoke(session: String, _ connection: PostgresConnection) throws {
        try connection.query("UPDATE control_center.sessions SET is_revoked = true WHERE id = $1", [session])
        try connection.query("UPDATE control_center.access_tokens SET is_revoked = true WHERE session = $1", [session])
    }

    private static func noteAccess(_ pair: Pair, _ user: String, _ connection: PostgresConnection) throws {
        try connection.query(
            """
            INSERT INTO control_center.access_tokens (id, session, user_name, expires)
            VALUES ($1, $2, $3, now() + make_interval(secs => $4::int))
            """, [pair.access, pair.refresh.session, user, "\(pair.accessSeconds)"])
    }
}

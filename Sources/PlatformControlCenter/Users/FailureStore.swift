import PlatformPostgres

/// Wrong passwords in a row, by name.
struct FailureStore: Sendable {
    let pool: PostgresPool

    /// Seconds that the name is still locked out; nil when it is not.
    func blockedSeconds(_ name: String) async throws -> Int? {
        let rows = try await pool.query(
            """
            SELECT ceil(extract(epoch FROM blocked_until - now()))::int FROM control_center.failures
            WHERE name = $1 AND blocked_until > now()
            """, [name])
        return rows.first?.int(0)
    }

    /// Counts a failure, and locks the name out as `Backoff` says.
    func count(_ name: String) async throws {
        try await pool.transaction { connection in
            let rows = try connection.query(
                """
                INSERT INTO control_center.failures VALUES ($1, 1, now())
                ON CONFLICT (name) DO UPDATE SET count = control_center.failures.count + 1 RETURNING count
                """, [name])
            let seconds = Backoff.seconds(after: rows[0].int(0))
            try connection.query(
                """
                UPDATE control_center.failures SET blocked_until = now() + make_interval(secs => $2::int) WHERE name = $1
                """, [name, "\(seconds)"])
        }
    }

    /// Forgets the failures of a name.
    func forget(_ name: String) async throws {
        try await pool.query("DELETE FROM control_center.failures WHERE name = $1", [name])
    }
}

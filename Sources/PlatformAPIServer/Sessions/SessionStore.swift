import Crypto
import PlatformPostgres
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Sessions in the database; the control center's tokens are sealed with a key that is not there.
struct SessionStore: Sendable {
    let pool: PostgresPool
    let key: SymmetricKey
    /// How long a session lasts from its last refresh on.
    let seconds: Int
    /// How many sessions a user has at most; the oldest make room for new ones.
    let limit: Int

    /// A session as it is kept.
    struct Kept: Sendable {
        let tokens: CenterTokens
        /// The id of the one refresh token of ours that is good.
        let refreshID: String
    }

    /// Keeps a new session.
    func begin(_ id: String, owner: String, _ tokens: CenterTokens, refreshID: String) async throws {
        let values = [id, owner, try seal(tokens, of: id), refreshID, "\(seconds)"]
        try await pool.transaction { [limit] connection in
            try connection.query("DELETE FROM api_server.sessions WHERE expires < now()")
            try connection.query(
                """
                INSERT INTO api_server.sessions (id, owner, tokens, refresh_id, expires)
                VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5::int))
                """, values)
            try connection.query(
                """
                DELETE FROM api_server.sessions WHERE owner = $1 AND id NOT IN
                    (SELECT id FROM api_server.sessions WHERE owner = $1 ORDER BY begun DESC LIMIT $2::int)
                """, [owner, "\(limit)"])
        }
    }

    /// A session. Throws `.unauthorised` when it has ended.
    func session(_ id: String) async throws -> Kept {
        let rows = try await pool.query(
            "SELECT tokens, refresh_id FROM api_server.sessions WHERE id = $1 AND expires > now()", [id])
        guard let row = rows.first, let tokens = try? open(row.text(0), of: id) else {
            throw PlatformError(.unauthorised, "the session has ended; log in again")
        }
        return Kept(tokens: tokens, refreshID: row.text(1))
    }

    /// Keeps new tokens of the control center.
    func keep(_ tokens: CenterTokens, of id: String) async throws {
        try await pool.query(
            "UPDATE api_server.sessions SET tokens = $2 WHERE id = $1", [id, try seal(tokens, of: id)])
    }

    /// Makes another refresh token of ours the one that is good, and the session last.
    func turn(_ id: String, refreshID: String) async throws {
        try await pool.query(
            """
            UPDATE api_server.sessions SET refresh_id = $2, expires = now() + make_interval(secs => $3::int)
            WHERE id = $1
            """, [id, refreshID, "\(seconds)"])
    }

    /// Forgets a session.
    func remove(_ id: String) async throws {
        try await pool.query("DELETE FROM api_server.sessions WHERE id = $1", [id])
    }

    private func seal(_ tokens: CenterTokens, of id: String) throws -> String {
        let content = try JSONEncoder().encode(tokens)
        guard let box = try AES.GCM.seal(content, using: key, authenticating: Data(id.utf8)).combined else {
            throw PlatformError(.failed, "a session cannot be kept")
        }
        return box.base64EncodedString()
    }

    private func open(_ sealed: String, of id: String) throws -> CenterTokens {
        let box = try AES.GCM.SealedBox(combined: Data(base64Encoded: sealed) ?? Data())
        let content = try AES.GCM.open(box, using: key, authenticating: Data(id.utf8))
        return try JSONDecoder().decode(CenterTokens.self, from: content)
    }
}

import PlatformPostgres
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Operations in the database.
struct OperationStore: Sendable {
    let pool: PostgresPool

    /// Keeps a new operation, pending, which is submitted with the rights of that session.
    func create(_ call: OrchestratorCall, owner: String, session: String) async throws -> Operation {
        let text = String(decoding: try JSONEncoder().encode(call), as: UTF8.self)
        let rows = try await pool.query(
            """
            INSERT INTO api_server.operations (id, owner, session, call) VALUES ($1, $2, $3, $4)
            RETURNING \(Operation.columns)
            """, [UUID().uuidString.lowercased(), owner, session, text])
        return try Operation(rows[0])
    }

    /// One operation. Throws `.notFound` when there is none.
    func operation(_ id: String) async throws -> Operation {
        let rows = try await pool.query("SELECT \(Operation.columns) FROM api_server.operations WHERE id = $1", [id])
        guard let row = rows.first else { throw PlatformError(.notFound, "there is no operation \(id)") }
        return try Operation(row)
    }

    /// Operations, the newest first; of everybody where no owner is named.
    func all(
        _ status: OperationStatus?, kind: OrchestratorCall.Kind?, owner: String?, limit: Int, offset: Int
    ) async throws -> [Operation] {
        try await pool.query(
            """
            SELECT \(Operation.columns) FROM api_server.operations
            WHERE ($1::text IS NULL OR status = $1) AND ($2::text IS NULL OR call::json ->> 'kind' = $2)
                AND ($3::text IS NULL OR owner = $3)
            ORDER BY created_at DESC, id LIMIT $4::int OFFSET $5::int
            """, [status?.rawValue, kind?.rawValue, owner, "\(limit)", "\(offset)"]
        ).map(Operation.init)
    }

    /// Ids of operations that have not ended, the oldest first.
    func open() async throws -> [String] {
        try await pool.query(
            "SELECT id FROM api_server.operations WHERE status IN ('pending', 'running') ORDER BY created_at"
        ).map { $0.text(0) }
    }

    /// How many operations are in each state.
    func counts() async throws -> [OperationStatus: Int] {
        let rows = try await pool.query("SELECT status, count(*) FROM api_server.operations GROUP BY status")
        return Dictionary(
            rows.compactMap { row in OperationStatus(rawValue: row.text(0)).map { ($0, row.int(1)) } }
        ) { first, _ in first }
    }

    /// Makes a pending operation a running one, which that program submits; false when it no longer is pending. The same
    /// program may ask again when it got no answer.
    func begin(_ id: String, by program: String) async throws -> Bool {
        let rows = try await pool.query(
            """
            UPDATE api_server.operations SET status = 'running', begun_by = $2, updated_at = clock_timestamp()
            WHERE id = $1 AND (status = 'pending' OR (status = 'running' AND begun_by = $2)) RETURNING id
            """, [id, program])
        return !rows.isEmpty
    }

    /// Notes the orchestrator's id.
    func note(_ id: String, remoteID: String) async throws {
        try await pool.query(
            "UPDATE api_server.operations SET remote_id = $2, updated_at = clock_timestamp() WHERE id = $1",
            [id, remoteID])
    }

    /// Ends an operation, unless it has ended.
    func end(_ id: String, _ status: OperationStatus, result: JSONValue? = nil, error: String? = nil) async throws {
        let text = try result.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
        try await pool.query(
            """
            UPDATE api_server.operations SET status = $2, result = $3, error = $4, updated_at = clock_timestamp()
            WHERE id = $1 AND status IN ('pending', 'running')
            """, [id, status.rawValue, text, error])
    }

    /// Ends a pending operation as cancelled, or notes whose session cancels one that is being submitted. Throws
    /// `.conflict` when it has ended.
    func cancel(_ id: String, by session: String) async throws -> Operation {
        let rows = try await pool.query(
            """
            UPDATE api_server.operations SET cancelled_by = $2, updated_at = clock_timestamp(),
                status = CASE status WHEN 'pending' THEN 'cancelled' ELSE status END
            WHERE id = $1 AND status IN ('pending', 'running') RETURNING \(Operation.columns)
            """, [id, session])
        if let row = rows.first { return try Operation(row) }
        let ended = try await operation(id)
        throw PlatformError(.conflict, "the operation \(id) has ended: \(ended.status.rawValue)")
    }
}

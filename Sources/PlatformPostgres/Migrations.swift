import PlatformService

/// Brings the tables of a service to the form that its program wants.
public enum Migrations {
    /// Runs the steps that the schema has not seen yet, in order and in one transaction; each is a list of statements.
    ///
    /// The schema, named after the service, is made if need be. Throws `.conflict` when a newer program has used it.
    public static func run(_ steps: [[String]], schema: String, pool: PostgresPool) async throws {
        try await pool.transaction { connection in
            // Two programs that start at once migrate one after the other.
            try connection.query("SELECT pg_advisory_xact_lock(hashtext($1))", ["provisioning.\(schema)"])
            try connection.query("CREATE SCHEMA IF NOT EXISTS \(schema)")
            try connection.query("CREATE TABLE IF NOT EXISTS \(schema).migrations (step int PRIMARY KEY)")
            let done = try connection.query("SELECT count(*) FROM \(schema).migrations")[0].int(0)
            guard done <= steps.count else {
                throw PlatformError(.conflict, "the schema \(schema) was made by a newer program; use that")
            }
            for (number, statements) in steps.enumerated().dropFirst(done) {
                for statement in statements { try connection.query(statement) }
                try connection.query("INSERT INTO \(schema).migrations VALUES ($1)", ["\(number + 1)"])
            }
        }
    }
}

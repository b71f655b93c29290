import FleetSystem

/// PostgreSQL, asked with the `psql` of the host: a second implementation, and so an independent witness.
public struct PostgreSQLClient: Sendable {
    let address: String
    let port: String
    let user: String
    let password: String
    let database: String
    let directory: String

    /// Names a database and who asks; nothing is sent yet.
    ///
    /// - Parameter directory: A private one, where the password lies for the moment of a query.
    public init(
        address: String, port: String, user: String, password: String, database: String, directory: String
    ) {
        self.address = address
        self.port = port
        self.user = user
        self.password = password
        self.database = database
        self.directory = directory
    }

    /// Carries out one statement, and returns its rows; each is a list of texts, null an empty one.
    ///
    /// - Throws: `ProgramFailure` with what the server said when it refuses.
    public func query(_ statement: String) async throws -> [[String]] {
        // Neither arguments nor variables may have the password.
        let file = "\(directory)/pgpass-\(UInt64.random(in: 0 ... .max))"
        try AtomicFile.write(Array("*:*:*:*:\(password)\n".utf8), to: file)
        let arguments = [
            "--no-password", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--field-separator=\u{1f}",
            "--set=ON_ERROR_STOP=1", "--host=\(address)", "--port=\(port)", "--username=\(user)",
            "--dbname=\(database)", "--command=\(statement)",
        ]
        let result = try await ProgramRun.run(
            "psql", arguments, home: directory, variables: ["PGPASSFILE": file, "PGCONNECT_TIMEOUT": "10"],
            limit: .seconds(20))
        guard result.status.isSuccess else {
            throw ProgramFailure(program: "psql", reason: "\(result.status): \(result.errorOutput.suffix(500))")
        }
        return result.output.split(separator: "\n").map { line in
            line.split(separator: "\u{1f}", omittingEmptySubsequences: false).map(String.init)
        }
    }
}

extension TestContext {
    /// The environment's database server, as the owner of a database or as the superuser.
    ///
    /// - Parameters:
    ///   - user: `control_center`, `api_server`, or nil for the superuser.
    ///   - database: nil for the one of the user's name.
    public func postgreSQL(as user: String? = nil, database: String? = nil) throws -> PostgreSQLClient {
        let name = try user ?? credential("postgresql", "user")
        return PostgreSQLClient(
            address: try endpoint("postgresql", "address"), port: try endpoint("postgresql", "port"), user: name,
            password: try credential("postgresql", user.map { "\($0)-password" } ?? "password"),
            database: database ?? name, directory: scratch)
    }
}

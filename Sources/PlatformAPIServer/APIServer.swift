public import Logging
import PlatformPostgres
public import PlatformService

/// The API server: the platform for programs.
public enum APIServer {
    /// Runs until SIGTERM or SIGINT. `listening` is called with the port as soon as requests are answered.
    ///
    /// Throws an error with words for the operator when the database cannot be used or the directory is taken.
    public static func run(
        _ settings: APIServerSettings, listen: ListenAddress, data: String, logger: Logger,
        listening: @escaping @Sendable (_ port: Int) -> Void
    ) async throws {
        let directory = try DataDirectory(data, of: "api-server")
        defer { directory.release() }
        let pool = PostgresPool(settings.database)
        let result: Result<Void, any Error>
        do {
            result = .success(
                try await serve(settings, listen, directory, pool, logger: logger, listening: listening))
        } catch { result = .failure(error) }
        await pool.close()
        try result.get()
    }

    private static func serve(
        _ settings: APIServerSettings, _ listen: ListenAddress, _ directory: DataDirectory, _ pool: PostgresPool,
        logger: Logger, listening: @escaping @Sendable (_ port: Int) -> Void
    ) async throws {
        try await Migrations.run(OperationStore.steps, schema: OperationStore.schema, pool: pool)
        try await pool.query("DELETE FROM api_server.used_tokens WHERE expires < now()")
        let place = try directory.directory("audit")
        let audit = try AuditLog(directory: place, service: "api-server")
        let pseudonyms = try SecretKeyFile.ensure("\(place)/pseudonyms.key")
        let shipper = try await settings.audit.shipper(
            of: audit, key: pseudonyms, cursor: "\(place)/shipped", logger: logger)
        let store = OperationStore(pool: pool)
        let orchestrator = OrchestratorClient(settings)
        let runner = OperationRunner(store, orchestrator, settings, logger: logger)
        let routes = Routes(
            desk: await TokenDesk(
                key: try SecretKeyFile.ensure("\(directory.path)/tokens.key"),
                center: ServiceClient(settings.controlCenter), pool: pool, settings: settings),
            store: store, runner: runner, orchestrator: orchestrator, audit: audit, pseudonyms: pseudonyms,
            limiter: RateLimiter(limit: settings.rateLimit, seconds: settings.rateSeconds, exempt: settings.exempt),
            policy: Policy(corporateNetworks: settings.corporateNetworks), started: .now())
        try await AuditShipper.running(shipper) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await runner.run() }
                try await ServiceProgram.run(
                    router: routes.router(), listen: listen, logger: logger, listening: listening)
                group.cancelAll()
            }
        }
    }
}

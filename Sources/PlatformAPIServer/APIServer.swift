import InterfaceProfile
import JWTKit
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
        try await Migrations.run(Schema.steps, schema: Schema.name, pool: pool)
        let place = try directory.directory("audit")
        let audit = try AuditLog(directory: place, service: "api-server")
        let pseudonyms = try SecretKeyFile.ensure("\(place)/pseudonyms.key")
        let shipper = try await settings.audit.shipper(
            of: audit, key: pseudonyms, cursor: "\(place)/shipped", logger: logger)
        let center = CenterClient(settings.controlCenter)
        let sessions = Sessions(
            SessionStore(
                pool: pool, key: try SecretKeyFile.ensure("\(directory.path)/sessions.key"),
                seconds: settings.sessionSeconds, limit: settings.sessionsOfAUser), center: center)
        let store = OperationStore(pool: pool)
        let orchestrator = OrchestratorClient(settings.orchestrator)
        let account = ServiceAccount(settings, center: center)
        let runner = OperationRunner(store, orchestrator, account, sessions, settings, logger: logger)
        // Before anything new comes, so that nothing is taken twice.
        for id in try await store.open() { runner.submit(id) }
        let routes = Routes(
            desk: try await desk(settings, directory, center, sessions), store: store, runner: runner,
            orchestrator: orchestrator, account: account, audit: audit, pseudonyms: pseudonyms,
            limiter: RateLimiter(limit: settings.rateLimit, seconds: settings.rateSeconds, exempt: settings.exempt),
            policy: Policy(corporateNetworks: settings.corporateNetworks), started: .now(),
            allowsOtherOrigins: settings.allowsOtherOrigins)
        try await AuditShipper.running(shipper) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await runner.run() }
                try await ServiceProgram.run(
                    router: routes.router(), listen: listen, logger: logger, listening: listening)
                group.cancelAll()
            }
        }
    }

    private static func desk(
        _ settings: APIServerSettings, _ directory: DataDirectory, _ center: CenterClient, _ sessions: Sessions
    ) async throws -> TokenDesk {
        let keys = JWTKeyCollection()
        let key = try settings.secret ?? SecretKeyFile.ensure("\(directory.path)/tokens.key")
        await keys.add(hmac: HMACKey(key: key), digestAlgorithm: .sha256)
        let paths = InterfaceProfile.standard.controlCenter
        return TokenDesk(
            keys: keys, center: center,
            verifier: TokenVerifier(
                controlCenter: settings.controlCenter, keysPath: paths.keys, revocationsPath: paths.revocations),
            sessions: sessions, tokenSeconds: settings.tokenHours * 3600, refreshSeconds: settings.refreshHours * 3600)
    }
}

import Crypto
import FleetSystem
public import Logging
import NIOPosix
import PlatformPostgres
public import PlatformService

/// The control center: users, logins and tokens.
public enum ControlCenter {
    /// Runs until SIGTERM or SIGINT. `listening` is called with the port as soon as requests are answered.
    ///
    /// Throws an error with words for the operator when the database cannot be used or the directory is taken.
    public static func run(
        _ settings: ControlCenterSettings, listen: ListenAddress, data: String, logger: Logger,
        listening: @escaping @Sendable (_ port: Int) -> Void
    ) async throws {
        let directory = try DataDirectory(data, of: "control-center")
        defer { directory.release() }
        let pool = PostgresPool(settings.database)
        let threads = NIOThreadPool(numberOfThreads: 2)
        threads.start()
        let result: Result<Void, any Error>
        do {
            result = .success(
                try await serve(settings, listen, directory, pool, threads, logger: logger, listening: listening))
        } catch { result = .failure(error) }
        try await threads.shutdownGracefully()
        await pool.close()
        try result.get()
    }

    private static func serve(
        _ settings: ControlCenterSettings, _ listen: ListenAddress, _ directory: DataDirectory, _ pool: PostgresPool,
        _ threads: NIOThreadPool, logger: Logger, listening: @escaping @Sendable (_ port: Int) -> Void
    ) async throws {
        try await Migrations.run(Schema.steps, schema: Schema.name, pool: pool)
        let desk = LoginDesk(
            users: UserStore(pool: pool), sessions: SessionStore(pool: pool), failures: FailureStore(pool: pool),
            key: try await SigningKey(file: "\(directory.path)/signing-key.pem"),
            mfaKey: try SecretKeyFile.ensure("\(directory.path)/second-factor.key"), threads: threads,
            decoy: try PasswordHash(of: "nobody"), accessSeconds: settings.accessSeconds,
            refreshSeconds: settings.refreshSeconds)
        try await seed(settings.users, desk)
        let place = try directory.directory("audit")
        let audit = try AuditLog(directory: place, service: "control-center")
        let pseudonyms = try SecretKeyFile.ensure("\(place)/pseudonyms.key")
        let shipper = try await settings.audit.shipper(
            of: audit, key: pseudonyms, cursor: "\(place)/shipped", logger: logger)
        let routes = Routes(
            desk: desk, audit: audit, pseudonyms: pseudonyms, counter: RequestCounter(),
            limiter: RateLimiter(limit: settings.rateLimit, seconds: settings.rateSeconds, exempt: settings.exempt),
            started: .now())
        try await AuditShipper.running(shipper) {
            try await ServiceProgram.run(
                router: routes.router(), listen: listen, logger: logger, listening: listening)
        }
    }

    /// Makes the users of the settings file that are not there yet; those that are stay as they are.
    private static func seed(_ users: [ControlCenterSettings.Seed], _ desk: LoginDesk) async throws {
        for user in users where try await desk.users.find(user.username) == nil {
            var new = UserStore.New(
                name: user.username, password: try PasswordHash(of: user.password), roles: Set(user.roles))
            new.teams = Set(user.teams)
            new.workspace = user.workspace
            new.isServiceAccount = user.isServiceAccount
            if let secret = user.mfaSecret {
                guard let totp = TOTP(base32: secret) else {
                    throw PlatformError(
                        .invalid, "settings: users: \(user.username): mfa_secret is no base32 of 80 bits")
                }
                new.mfaSecret = try desk.seal(totp)
            }
            _ = try await desk.users.insert(new)
        }
    }
}

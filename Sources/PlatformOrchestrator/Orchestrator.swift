public import Logging
import PlatformService

/// The reference orchestrator of solo mode: puts the parts together, runs, and takes them apart.
public enum Orchestrator {
    /// What `platform version` prints.
    public static let version = "reference platform 0.1"

    /// Runs until SIGTERM or SIGINT. `listening` is called with the port as soon as requests are answered.
    ///
    /// Throws an error with words for the operator when a part cannot be started. All servers have ended when this
    /// returns; their records and the tasks stay in the data directory.
    public static func run(
        _ configuration: OrchestratorConfiguration, logger: Logger,
        listening: @escaping @Sendable (_ port: Int) -> Void
    ) async throws {
        let directory = try DataDirectory(configuration.dataDirectory, of: "orchestrator")
        defer { directory.release() }
        let parts = try await OrchestratorParts(configuration, logger: logger)
        await parts.recover()
        await parts.services.engine.start()
        await parts.services.batches.start()
        // Cancelled and awaited below; what it has not done by then, the next start does.
        let background = Task { await parts.services.runBackground() }
        let result: Result<Void, any Error>
        do {
            try await ServiceProgram.run(
                router: Routes(services: parts.services).router(),
                listen: ListenAddress(host: configuration.host, port: configuration.port), logger: logger,
                listening: listening,
                onStop: {
                    parts.services.events.close()
                    await parts.services.engine.close()
                    await parts.services.batches.close()
                })
            result = .success(())
        } catch { result = .failure(error) }
        await parts.services.engine.close()
        await parts.services.batches.close()
        await parts.services.engine.waitForAttempts(within: .seconds(15))
        await parts.services.batches.waitForWork(within: .seconds(15))
        await parts.services.dns.close()
        await parts.services.clusters.close()
        await parts.services.providers.stopAll()
        background.cancel()
        await background.value
        logger.info("stopped")
        try result.get()
    }
}

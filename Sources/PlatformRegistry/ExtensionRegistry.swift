import InterfaceProfile
public import Logging
import PlatformExtensions
public import PlatformService

/// The extension registry of the reference platform: shows what OCI registry and Gitea have, hands it out, and publishes.
public enum ExtensionRegistry {
    /// Runs until SIGTERM or SIGINT. `listening` is called with the port as soon as requests are answered.
    ///
    /// Throws an error with words for the operator when it cannot be started.
    public static func run(
        _ settings: RegistrySettings, listen: ListenAddress, data: String, logger: Logger,
        listening: @escaping @Sendable (_ port: Int) -> Void
    ) async throws {
        let directory = try DataDirectory(data, of: "extension-registry")
        defer { directory.release() }
        let sources: [(any PublishingSource)?] = [try settings.sources.ociSource(), try settings.sources.giteaSource()]
        let present = sources.compactMap { $0 }
        let routes = RegistryRoutes(
            sources: present, catalogue: Catalogue(sources: present, lifetime: settings.lifetime),
            archives: try ArchiveCache(
                directory: try directory.directory("cache"),
                capacity: InterfaceProfile.standard.artifacts.cacheEntries, logger: logger),
            publisher: try Publisher(directory: try directory.directory("incoming")))
        let access = try await RegistryAccess(settings, directory: "\(data)/audit", logger: logger)
        // Cancelled and awaited below; what it has not shipped by then, the next start ships.
        let shipping = Task { await access?.shipper?.run() }
        let result: Result<Void, any Error>
        do {
            try await ServiceProgram.run(
                router: routes.router(chain: access?.chain), listen: listen, logger: logger, listening: listening)
            result = .success(())
        } catch { result = .failure(error) }
        shipping.cancel()
        await shipping.value
        logger.info("stopped")
        try result.get()
    }
}

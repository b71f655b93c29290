public import Hummingbird
public import Logging
import NIOCore
import ServiceLifecycle
import UnixSignals

/// The life of a service of the platform as a process: listen, say where, serve, stop.
public enum ServiceProgram {
    /// Seconds that open requests have to end after a signal; what is left then is cut off.
    private static let grace = Duration.seconds(4)

    /// Serves until SIGTERM or SIGINT, and returns when the last request has been answered.
    ///
    /// - Parameters:
    ///   - router: The routes; its first middleware should be a `RequestCounter`.
    ///   - listen: Where to listen.
    ///   - logger: Where the service's own events go.
    ///   - listening: Called with the port as soon as requests are answered.
    ///   - onStop: Called at the signal: makes waiting answers come, so that the server can end. Give what the service
    ///     holds back after this function has returned.
    ///
    /// Throws an error with words for the operator when the address cannot be had.
    public static func run<Context: RequestContext>(
        router: Router<Context>, listen: ListenAddress, logger: Logger,
        listening: @escaping @Sendable (_ port: Int) -> Void,
        onStop: @escaping @Sendable () async -> Void = {}
    ) async throws where Context.Source == ApplicationRequestContextSource {
        let application = Application(
            router: router,
            server: .http1(configuration: .init(additionalChannelHandlers: [ConnectionEnd()])),
            configuration: ApplicationConfiguration(
                address: .hostname(listen.host, port: listen.port), serverName: "provisioning"),
            onServerRunning: { channel in listening(channel.localAddress?.port ?? listen.port) }, logger: logger)
        // Nobody awaits the task: the server's end waits for what it sets off.
        let signals = StopSignals { Task { await onStop() } }
        defer { withExtendedLifetime(signals) {} }
        var configuration = ServiceGroupConfiguration(
            services: [application], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        configuration.maximumGracefulShutdownDuration = grace
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch let error as IOError {
            throw PlatformError(.unavailable, "cannot listen on \(listen.host):\(listen.port): \(error)")
        }
        logger.info("stopping")
    }
}

import BuiltinSupport
import Hummingbird
public import Logging
public import PlatformService

/// The builtin Grafana: a subset of the published API of Grafana 11, without its pages.
public enum GrafanaService {
    /// Serves until SIGTERM; everything is kept in the data directory. Calls `listening` as soon as requests are answered.
    ///
    /// Throws an error with words for the operator when the directory or the address cannot be used.
    public static func run(
        _ settings: GrafanaSettings, listen: ListenAddress, data: String, logger: Logger,
        listening: @escaping @Sendable (_ port: Int) -> Void
    ) async throws {
        let directory = try DataDirectory(data, of: "grafana")
        defer { directory.release() }
        let grafana = try Grafana(settings: settings, directory: directory.path)
        try await ServiceProgram.run(
            router: grafana.table().router(), listen: listen, logger: logger, listening: listening)
    }
}

extension Grafana {
    /// All routes.
    func table() -> RouteTable {
        let routes = [
            userRoutes(), datasourceRoutes(), queryRoutes(), dashboardRoutes(), folderRoutes(), accountRoutes(),
        ].flatMap { $0 }
        return RouteTable(routes) { refusal, _ in
            var body: JSON = ["message": .string(refusal.message)]
            if !refusal.code.isEmpty { body["status"] = .string(refusal.code) }
            return Reply.json(body, status: refusal.status)
        }
    }
}

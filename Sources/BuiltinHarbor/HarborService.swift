import BuiltinSupport
import Hummingbird
public import Logging
public import PlatformService

/// The builtin Harbor: the published API v2.0 and its token service, in front of a docker-registry.
public enum HarborService {
    /// Serves until SIGTERM; everything but content is kept in the data directory. Calls `listening` as soon as requests
    /// are answered.
    ///
    /// Throws an error with words for the operator when the directory or the address cannot be used.
    public static func run(
        _ settings: HarborSettings, listen: ListenAddress, data: String, logger: Logger,
        listening: @escaping @Sendable (_ port: Int) -> Void
    ) async throws {
        let directory = try DataDirectory(data, of: "harbor")
        defer { directory.release() }
        let harbor = try Harbor(settings: settings, directory: directory.path)
        try await ServiceProgram.run(
            router: harbor.table().router(), listen: listen, logger: logger, listening: listening)
    }
}

extension Harbor {
    /// All routes.
    func table() -> RouteTable {
        let routes = [systemRoutes(), projectRoutes(), artifactRoutes(), accountRoutes(), registryRoutes()].flatMap {
            $0
        }
        return RouteTable(routes) { refusal, _ in
            let code = refusal.code.isEmpty ? "UNKNOWN" : refusal.code
            return Reply.json(
                ["errors": [["code": .string(code), "message": .string(refusal.message)]]], status: refusal.status)
        }
    }
}

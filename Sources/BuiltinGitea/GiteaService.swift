import BuiltinSupport
import Hummingbird
public import Logging
public import PlatformService

/// The builtin Gitea: the published API of Gitea 1.22 over the real `git`.
public enum GiteaService {
    /// Serves until SIGTERM; everything is kept in the data directory. Calls `listening` as soon as requests are answered.
    ///
    /// Throws an error with words for the operator when the directory or the address cannot be used.
    public static func run(
        _ settings: GiteaSettings, listen: ListenAddress, data: String, logger: Logger,
        listening: @escaping @Sendable (_ port: Int) -> Void
    ) async throws {
        let directory = try DataDirectory(data, of: "gitea")
        defer { directory.release() }
        let gitea = try Gitea(settings: settings, directory: directory.path, logger: logger)
        try gitea.resumeDeliveries()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await gitea.courier.run() }
            try await ServiceProgram.run(
                router: gitea.table().router(), listen: listen, logger: logger, listening: listening)
            group.cancelAll()
        }
    }
}

extension Gitea {
    /// All routes.
    func table() -> RouteTable {
        let routes = [
            userRoutes(), adminRoutes(), organisationRoutes(), teamRoutes(), repositoryRoutes(), contentRoutes(),
            referenceRoutes(), issueRoutes(), commentRoutes(), labelRoutes(), releaseRoutes(), assetRoutes(),
            hookRoutes(),
            gitRoutes(),
        ].flatMap { $0 }
        return RouteTable(routes) { refusal, request in
            guard request.uri.path.hasPrefix("/api/") else {
                // Git asks its user for a password when it reads this.
                let headers = refusal.status == 401 ? ["WWW-Authenticate": "Basic realm=\"Gitea\""] : [:]
                let text = Array("\(refusal.message)\n".utf8)
                return Reply.bytes(text, type: "text/plain; charset=utf-8", status: refusal.status, headers: headers)
            }
            let host = self.settings.rootURL ?? "http://\(request.head.authority ?? "localhost")"
            return Reply.json(
                ["message": .string(refusal.message), "url": .string("\(host)/api/swagger")], status: refusal.status)
        }
    }
}

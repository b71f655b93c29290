import BuiltinSupport
import Hummingbird

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Harbor {
    /// Health, what the system is, tokens, audit logs and searching.
    func systemRoutes() -> [Route] {
        [
            Route("GET /api/v2.0/ping") { _ in Reply.bytes(Array("Pong".utf8), type: "text/plain; charset=utf-8") },
            Route("GET /api/v2.0/health") { _ in await self.health() },
            Route("GET /api/v2.0/systeminfo") { call in
                Reply.json([
                    "auth_mode": "db_auth", "primary_auth_mode": false, "harbor_version": .string(Self.version),
                    "registry_url": .string(call.request.head.authority ?? ""), "external_url": .string(call.baseURL),
                    "project_creation_restriction": "everyone", "self_registration": false, "has_ca_root": false,
                    "read_only": false, "notification_enable": false, "banner_message": "",
                    "current_time": .string(Clock.precise()),
                ])
            },
            Route("GET /service/token") { call in try self.token(call) },
            admin("GET /audit-logs") { call, _ in try ListQuery(call).answer(self.audit.all()) },
            admin("GET /auditlog-exts") { call, _ in try ListQuery(call).answer(self.audit.all()) },
            route("GET /projects/{project}/logs") { call, caller in
                try ListQuery(call).answer(self.audit.all(project: try self.project(call, caller).id))
            },
            route("GET /statistics") { _, caller in
                let (projects, repositories) = self.state.read { state in
                    (state.projects.values.filter { !caller.actions(in: $0).isEmpty }, state.repositories.values)
                }
                let open = Set(projects.filter(\.isPublic).map(\.id))
                let closed = Set(projects.map(\.id)).subtracting(open)
                let openCount = repositories.filter { open.contains($0.project) }.count
                let closedCount = repositories.filter { closed.contains($0.project) }.count
                return Reply.json([
                    "public_project_count": .int(open.count), "private_project_count": .int(closed.count),
                    "total_project_count": .int(projects.count), "public_repo_count": .int(openCount),
                    "private_repo_count": .int(closedCount), "total_repo_count": .int(openCount + closedCount),
                ])
            },
            Route("GET /api/v2.0/search") { call in try self.search(call) },
        ]
    }

    /// What we consist of: ourselves, our files, and the registry behind us.
    private func health() async -> Response {
        var problem: String?
        do {
            let answer = try await Upstream.get("\(settings.registry)/v2/")
            if answer.status != 200 { problem = "the registry answers \(answer.status)" }
        } catch { problem = "\(error)" }
        var registry: JSON = ["name": "registry", "status": problem == nil ? "healthy" : "unhealthy"]
        if let problem { registry["error"] = .string(problem) }
        return Reply.json([
            "status": problem == nil ? "healthy" : "unhealthy",
            "components": [
                ["name": "core", "status": "healthy"], ["name": "database", "status": "healthy"], registry,
            ],
        ])
    }

    /// The token service that registry clients are sent to.
    private func token(_ call: Call) throws -> Response {
        let caller = try caller(call)
        guard call.query["service"] == TokenService.service else { throw Self.bad("service: unknown") }
        var access: [String: Set<String>] = [:]
        for scope in call.query.all("scope").flatMap({ $0.split(separator: " ") }) {
            // The name may hold a port, and so a colon.
            let parts = scope.split(separator: ":").map(String.init)
            guard parts.count >= 3, parts[0] == "repository" else { continue }
            let name = parts[1..<(parts.count - 1)].joined(separator: ":")
            let wanted = Set(parts[parts.count - 1].split(separator: ",").map(String.init))
            access[name, default: []].formUnion(
                allowed(caller, name).intersection(wanted.contains("*") ? ["pull", "push", "delete"] : wanted))
        }
        let now = Date()
        let token = try tokens.token(TokenService.Claims(subject: caller?.name ?? "", access: access), now: now)
        return Reply.json([
            "token": .string(token), "access_token": .string(token), "expires_in": .int(TokenService.lifetime),
            "issued_at": .string(Clock.text(now)),
        ])
    }

    /// What a caller may do with a repository; nothing where its project is missing.
    func allowed(_ caller: Caller?, _ repository: String) -> Set<String> {
        let name = String(repository.prefix { $0 != "/" })
        guard let project = state.read({ $0.project(name) }) else { return [] }
        return caller?.actions(in: project) ?? (project.isPublic ? ["pull"] : [])
    }

    private func search(_ call: Call) throws -> Response {
        let caller = try caller(call)
        let text = call.query["q"] ?? ""
        let state = state.read { $0 }
        let projects = state.projects.values.filter { $0.isPublic || !(caller?.actions(in: $0) ?? []).isEmpty }
        let names = Dictionary(projects.map { ($0.id, $0) }) { first, _ in first }
        let found = state.repositories.values.filter { names[$0.project] != nil && $0.name.contains(text) }
        return Reply.json([
            "project": .array(
                projects.filter { $0.name.contains(text) }.sorted { $0.name < $1.name }
                    .map { describe($0, caller, state) }),
            "repository": .array(
                found.sorted { $0.name < $1.name }.map { repository in
                    [
                        "project_id": .int(repository.project),
                        "project_name": .string(names[repository.project]?.name ?? ""),
                        "project_public": .bool(names[repository.project]?.isPublic ?? false),
                        "repository_name": .string(repository.name), "pull_count": .int(repository.pulls),
                        "artifact_count": .int(repository.artifacts.count),
                    ]
                }),
        ])
    }
}

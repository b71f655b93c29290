import FleetModel
import FleetTestKit
import InterfaceProfile

extension RBACTests {
    static let workspaceIsolation = test(
        "security/rbac/workspace-isolation", "Workspace isolation", modes: modes, estimate: 8
    ) { context in
        let remover = try await context.administrator()
        let (owner, other) = (
            try await context.makeUser("owner", roles: ["developer"], remover: remover),
            try await context.makeUser("other", roles: ["developer"], remover: remover)
        )
        let (ours, theirs) = (
            try context.orchestrator(as: try await context.addSecondFactor(to: owner).session),
            try context.orchestrator(as: try await context.addSecondFactor(to: other).session)
        )
        let workspace = context.unique("private")
        let server = context.unique("inside")
        await context.cleanup("delete workspace \(workspace)") { try await ours.deleteWorkspace(workspace) }
        await context.cleanup("delete server \(server)") { try await ours.removeServer(server) }
        let backup = try await context.step("a developer makes a workspace, a backup of it, and a server in it") {
            _ = try await ours.createWorkspace(workspace)
            var options = SubmissionOptions()
            options.workspace = workspace
            try await ours.completed(try await ours.createServers([server], options: options))
            return try await ours.backUpWorkspace(workspace)
        }
        try await context.step("another developer gets at none of it, by no way") {
            try await expectClosed(workspace, server, backup.id, to: theirs, context)
            let own = context.unique("own")
            await context.cleanup("delete workspace \(own)") { try await theirs.deleteWorkspace(own) }
            _ = try await theirs.createWorkspace(own)
            let body: JSONValue = .object(["backup": .string(backup.id), "workspace": .string(workspace)])
            for path in [filledPath(context.profile.paths.workspaceRestore, own)] {
                for given in [body, .object(["backup": .string(backup.id)])] {
                    let status = try await theirs.ask(Endpoint("POST", path, body: given)).status
                    try expect([403, 404].contains(status), "a foreign backup is not restored", actual: status)
                }
            }
        }
        try await context.step("what he owns he still has, and who runs the infrastructure sees it") {
            try expectEqual(
                try await ours.server(server)?.status, context.profile.spellings.serverRunning.lowercased(),
                "the server")
            let entries = try await ours.workspace(workspace)?.entries ?? []
            try expect(!entries.isEmpty, "the workspace has its entries")
            let sre = try context.orchestrator(as: try await context.login("operator"))
            try expect(try await sre.workspace(workspace) != nil, "the operator sees the workspace")
        }
        try await context.step("who is bound to a workspace stays in it") {
            let bound = try await context.makeUser(
                "bound", roles: ["operator"], workspace: workspace, remover: remover)
            let session = try await context.addSecondFactor(to: bound).session
            let inside = try context.orchestrator(as: session)
            try expect(try await inside.workspace(workspace) != nil, "he sees his workspace")
            let foreign = context.unique("foreign")
            await context.cleanup("delete workspace \(foreign)") { try await ours.deleteWorkspace(foreign) }
            _ = try await ours.createWorkspace(foreign)
            try await expectClosed(foreign, nil, nil, to: inside, context)
        }
    }

    /// Every way to a workspace, and to a server in it, ends with 403.
    private static func expectClosed(
        _ workspace: String, _ server: String?, _ backup: String?, to stranger: OrchestratorClient,
        _ context: TestContext
    ) async throws {
        let (paths, fields) = (context.profile.paths, context.profile.fields.submission)
        let inside: JSONValue = .object([
            fields.servers: .array([.string(context.unique("intruder"))]), fields.workspace: .string(workspace),
        ])
        var ways = [
            Endpoint("GET", filledPath(paths.workspace, workspace)),
            Endpoint("DELETE", filledPath(paths.workspace, workspace)),
            Endpoint("POST", filledPath(paths.workspaceBackup, workspace)),
            Endpoint("GET", filledPath(paths.workspaceBackups, workspace)),
            Endpoint("POST", filledPath(paths.workspaceRestore, workspace), body: .object(["backup": "none"])),
            Endpoint("POST", paths.createServers, body: inside),
            Endpoint("GET", "\(paths.servers)?workspace=\(workspace)"),
        ]
        if let backup {
            ways.append(Endpoint("GET", filledPath(paths.workspaceArchive, workspace, backup)))
            ways.append(Endpoint("DELETE", filledPath(paths.workspaceArchive, workspace, backup)))
        }
        if let server {
            let servers: JSONValue = .object([fields.servers: .array([.string(server)])])
            let taskserv: JSONValue = .object([
                fields.servers: .array([.string(server)]), fields.taskserv: "anything",
            ])
            ways += [
                Endpoint("GET", filledPath(paths.server, server)),
                Endpoint("DELETE", filledPath(paths.server, server)),
                Endpoint("POST", paths.deleteServers, body: servers),
                Endpoint("POST", paths.updateServers, body: servers),
                Endpoint("POST", paths.createTaskserv, body: taskserv),
            ]
        }
        var open: [String] = []
        for way in ways {
            let status = try await stranger.ask(way).status
            if status != 403 { open.append("\(way): \(status)") }
        }
        try expectEqual(open, [], "the ways into \(workspace) that are open to a stranger")
        let listed = try await stranger.workspaces().map(\.name)
        try expect(!listed.contains(workspace), "the list does not name it to a stranger", actual: listed)
    }

    static let apiEndpointAuthorization = test(
        "security/rbac/api-endpoint-authorization", "API endpoint authorization", modes: modes, estimate: 8
    ) { context in
        let lists = [
            ("orchestrator", GuardedEndpoint.orchestrator(context.profile)),
            ("control-center", GuardedEndpoint.controlCenter(context.profile)),
        ]
        for (service, endpoints) in lists {
            try await context.step(
                "nobody gets at anything of the \(service) without a login: \(endpoints.count) endpoints"
            ) {
                try await AccessWalk.expectUnauthorized("nobody", try context.web(service), at: endpoints)
                let stranger = WebClient(
                    base: try context.endpoint(service, "url"), log: context.log,
                    authorization: Authorization.bearer("eyJhbGciOiJSUzI1NiJ9.e30.AAAA"))
                try await AccessWalk.expectUnauthorized("a made-up token", stranger, at: endpoints)
            }
        }
        try await context.step("health, readiness and metrics are for everybody") {
            for service in ["orchestrator", "control-center"] {
                let web = try context.web(service)
                for path in [context.profile.paths.health, context.profile.paths.ready, context.profile.paths.metrics] {
                    // What is not ready for a moment says so, to everybody.
                    try await eventually("\(service)\(path) is good") {
                        try expectEqual(
                            try await web.ask(Endpoint("GET", path)).status, 200, "the status of \(service)\(path)")
                    }
                }
            }
        }
        try await context.step("a path that nobody knows is closed, not open, to who is no administrator") {
            let web = try context.web("orchestrator", as: try await context.login("operator"))
            for path in ["/api/v1/nowhere", "/workflows/nowhere", "/api/v2/servers", "//api/v1/servers"] {
                let status = try await web.ask(Endpoint("GET", path)).status
                try expect([403, 404].contains(status), "GET \(path) is closed", actual: status)
            }
        }
        try await context.step("a session that was ended lets nobody in") {
            let session = try await context.login("viewer")
            _ = try await context.orchestrator(as: session).servers()
            try await context.controlCenter(as: session).logout()
            try await expectTurnedAway(session, "a session that was ended", context)
        }
        try await context.step("a refresh token is good once; shown again it ends its session") {
            let session = try await context.login("viewer")
            let next = try await context.controlCenter().refresh(session.refreshToken)
            try await expectRefusal("a refresh token that was used", statuses: 401...401) {
                _ = try await context.controlCenter().refresh(session.refreshToken)
            }
            try await expectTurnedAway(next, "a session whose refresh token was shown twice", context)
        }
        try await context.step("who is refused is noted") {
            let path = context.profile.paths.createServers
            let viewer = try context.web("orchestrator", as: try await context.login("viewer"))
            _ = try await viewer.ask(Endpoint("POST", path, body: .object([:])))
            try await expectAudited("viewer", "deploy", path: path, outcome: "failure", context)
        }
    }
}

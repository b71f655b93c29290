import FleetHTTP
import FleetModel
import FleetTestKit
import InterfaceProfile

extension Multiuser {
    static let rolePermissions = test(
        "modes/multiuser/role-based-permissions", "Role-based permissions (viewer, developer, operator, admin)",
        modes: [.multiuser], estimate: 6
    ) { context in
        let people = try await context.step("everybody logs in") {
            var people: [(name: String, session: Session)] = []
            for name in ["viewer", "developer", "operator", "admin"] {
                people.append((name, try await context.login(name)))
            }
            return people
        }
        try await context.step("each role may do what it may, and nothing else") {
            try await RoleAccess.check(table(context), as: people, context)
        }
        let platform = try await context.platform
        for (name, session) in people {
            let server = context.unique(name)
            await context.cleanup("delete server \(server)") { try await platform.removeServer(server) }
            let orchestrator = try context.orchestrator(as: session)
            if name == "viewer" {
                try await context.step("a viewer creates no server, and none comes to be") {
                    try await expectRefusal("a server of a viewer", statuses: 403...403) {
                        _ = try await orchestrator.createServers([server])
                    }
                    try expectEqual(try await platform.server(server), nil, "the server")
                    let values = try await context.dns.values("\(server).\(try context.zone)", .a)
                    try expectEqual(values, [], "its addresses")
                }
            } else {
                try await context.step("the \(name) creates a server, which answers to its name") {
                    try await orchestrator.completed(try await orchestrator.createServers([server]))
                    let made = try require(try await platform.server(server), "the server")
                    let values = try await context.dns.values("\(server).\(try context.zone)", .a)
                    try expectEqual(values, [made.address].compactMap(\.self), "its addresses")
                }
            }
        }
        try await context.step("a developer deploys to development, not to production") {
            let web = JSONClient(web: try context.web("orchestrator", as: people[1].session))
            let names = context.profile.fields.submission
            func status(_ tier: String) async throws -> Int {
                let body: JSONValue = .object([
                    names.servers: .array([.string(context.unique("tier"))]), names.checkMode: true,
                    context.profile.fields.workspace.environment: .string(tier),
                ])
                return try await web.status(.post, context.profile.paths.createServers, body)
            }
            try expectEqual(try await status("development"), 200, "the status for development")
            try expectEqual(try await status("production"), 403, "the status for production")
        }
    }

    private static func table(_ context: TestContext) -> [RoleAccess] {
        let (paths, center) = (context.profile.paths, context.profile.controlCenter)
        let none = "00000000-0000-4000-8000-000000000000"
        let everybody: Set<String> = ["viewer", "developer", "operator", "admin"]
        let builders: Set<String> = ["developer", "operator", "admin"]
        let looks = [
            paths.tasks, filledPath(paths.task, none), paths.servers, paths.workspaces, paths.dnsRecords,
            paths.extensions,
        ].map { RoleAccess(service: "orchestrator", method: .get, path: $0, allowed: everybody) }
        // Without members they are refused for what they say, once they are past the policy.
        let changes = [
            paths.createServers, paths.deleteServers, paths.createTaskserv, filledPath(paths.cancelTask, none),
            paths.workspaces, paths.loadExtension,
        ].map {
            RoleAccess(service: "orchestrator", method: .post, path: $0, body: .object([:]), allowed: builders)
        }
        // None of them has a second factor, which every deletion over HTTP needs.
        let deletions = [
            filledPath(paths.server, context.unique("x")), filledPath(paths.workspace, context.unique("x")),
        ]
        .map { RoleAccess(service: "orchestrator", method: .delete, path: $0, allowed: []) }
        let rights = [
            RoleAccess(service: "control-center", method: .get, path: center.users, allowed: ["admin"]),
            RoleAccess(
                service: "control-center", method: .post, path: center.users, body: .object([:]), allowed: ["admin"]),
            RoleAccess(
                service: "control-center", method: .patch, path: filledPath(center.user, context.unique("x")),
                body: .object(["roles": .array(["admin"])]), allowed: ["admin"]),
            RoleAccess(
                service: "control-center", method: .post, path: center.serviceAccounts, body: .object([:]),
                allowed: ["admin"]),
        ]
        return looks + changes + deletions + rights
    }

    static let userIsolation = test(
        "modes/multiuser/user-isolation", "User isolation", modes: [.multiuser], estimate: 5
    ) { context in
        let root = try await context.administrator()
        let (anna, ben) = try await context.step("make two developers") {
            let users = [
                try await context.makeUser("anna", roles: ["developer"], remover: root),
                try await context.makeUser("ben", roles: ["developer"], remover: root),
            ]
            return (try await context.login(users[0]), try await context.login(users[1]))
        }
        let platform = try await context.platform
        let (workspace, server) = (context.unique("annas"), context.unique("annas"))
        let owner = try context.orchestrator(as: anna)
        await context.cleanup("delete workspace \(workspace)") { try await platform.deleteWorkspace(workspace) }
        await context.cleanup("delete server \(server)") { try await platform.removeServer(server) }
        try await context.step("one of them makes a workspace, and a server in it") {
            _ = try await owner.createWorkspace(workspace)
            let names = context.profile.fields.submission
            let body: JSONValue = .object([
                names.servers: .array([.string(server)]), "workspace": .string(workspace), names.wait: true,
            ])
            let web = JSONClient(web: try context.web("orchestrator", as: anna))
            try await web.ask(.post, context.profile.paths.createServers, body)
            try expect(try await owner.workspace(workspace) != nil, "its owner sees the workspace")
            try expect(try await owner.server(server) != nil, "its owner sees the server")
        }
        try await context.step("the other one sees neither, and changes neither") {
            let paths = context.profile.paths
            let names = context.profile.fields.submission
            let one: JSONValue = .object([names.servers: .array([.string(server)])])
            let requests: [RoleAccess] = [
                RoleAccess(
                    service: "orchestrator", method: .get, path: filledPath(paths.workspace, workspace), allowed: []),
                RoleAccess(
                    service: "orchestrator", method: .post, path: filledPath(paths.workspaceBackup, workspace),
                    allowed: []),
                RoleAccess(
                    service: "orchestrator", method: .post, path: filledPath(paths.workspaceRestore, workspace),
                    body: .object([:]), allowed: []),
                RoleAccess(
                    service: "orchestrator", method: .delete, path: filledPath(paths.workspace, workspace), allowed: []),
                RoleAccess(service: "orchestrator", method: .get, path: filledPath(paths.server, server), allowed: []),
                RoleAccess(
                    service: "orchestrator", method: .post, path: paths.deleteServers, body: one, allowed: []),
                RoleAccess(
                    service: "orchestrator", method: .post, path: paths.createServers,
                    body: .object([
                        names.servers: .array([.string(context.unique("in"))]), names.checkMode: true,
                        "workspace": .string(workspace),
                    ]), allowed: []),
            ]
            try await RoleAccess.check(requests, as: [("ben", ben)], context)
            let other = try context.orchestrator(as: ben)
            let seen = try await other.workspaces().map(\.name)
            try expect(!seen.contains(workspace), "the list is without it", actual: seen)
        }
        try await context.step("what is not theirs stays: owner and operator still see both") {
            for session in [anna, try await context.login("operator")] {
                let orchestrator = try context.orchestrator(as: session)
                try expect(try await orchestrator.workspace(workspace) != nil, "the workspace is there")
                try expectEqual(try await orchestrator.server(server)?.status, "running", "the state of the server")
            }
        }
        try await context.step("who is bound to a workspace gets into no other one") {
            let bound = try await context.makeUser("bound", roles: ["operator"], workspace: workspace, remover: root)
            let session = try await context.login(bound)
            try expect(
                try await context.orchestrator(as: session).workspace(workspace) != nil, "he gets into his own")
            // Not the environment's own workspace: a test of data loss may have been here.
            let other = try await context.makeWorkspace("foreign").name
            let status = try await JSONClient(web: try context.web("orchestrator", as: session))
                .status(.get, filledPath(context.profile.paths.workspace, other))
            try expectEqual(status, 403, "the status for another workspace")
        }
    }
}

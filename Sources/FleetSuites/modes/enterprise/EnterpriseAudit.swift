import FleetHTTP
import FleetModel
import FleetTestKit
import InterfaceProfile

extension Enterprise {
    static let auditLogging = test(
        "modes/enterprise/audit-logging", "Audit logging for all operations", modes: [.enterprise], estimate: 8
    ) { context in
        let root = try await context.administrator()
        let user = try await context.makeUser("audited", roles: ["developer"], remover: root)
        let session = try await context.login(user)
        let server = context.unique("seen")
        try await context.step("a developer does something at each service, and is refused something") {
            let orchestrator = try context.orchestrator(as: session)
            let body: JSONValue = .object([:])
            try await orchestrator.completed(try await orchestrator.createServers([server], checkMode: true))
            let requests: [(service: String, method: HTTPMethod, path: String)] = [
                ("orchestrator", .get, context.profile.paths.servers),
                ("orchestrator", .delete, filledPath(context.profile.paths.server, server)),
                ("control-center", .post, context.profile.controlCenter.users),
                ("kms", .get, context.profile.kms.status),
            ]
            for (service, method, path) in requests {
                _ = try await JSONClient(web: try context.web(service, as: session)).status(method, path, body)
            }
            _ = try await JSONClient(
                web: try context.web("api-server", as: try await context.apiServerLogin(user))
            ).status(.get, context.profile.apiServer.servers)
            _ = try? await context.controlCenter().login(user.name, "not-the-password")
        }
        let elasticsearch = try context.elasticsearch
        let events = try await context.step("Elasticsearch has an event of each, good and bad") {
            try await eventually("all events are there", within: .seconds(30)) {
                let events = try await elasticsearch.auditEvents(["user.name": user.name])
                let seen = Set(events.map(summary))
                let expected: Set<String> = [
                    "orchestrator POST \(context.profile.paths.createServers) 200",
                    "orchestrator GET \(context.profile.paths.servers) 200",
                    "orchestrator DELETE \(filledPath(context.profile.paths.server, server)) 403",
                    "control-center POST \(context.profile.controlCenter.users) 403",
                    "kms GET \(context.profile.kms.status) 200",
                    "api-server GET \(context.profile.apiServer.servers) 200",
                ]
                try expectEqual(expected.subtracting(seen), [], "the events that are missing among \(seen.sorted())")
                let logins = events.filter { $0["event", "action"]?.string == "login" }
                let outcomes = Set(logins.compactMap { $0["event", "outcome"]?.string })
                try expectEqual(outcomes, ["success", "failure"], "the outcomes of the logins")
                return events
            }
        }
        try await context.step("each says when, who, from where and what came of it") {
            for event in events {
                try expect(event["@timestamp"]?.string != nil, "it has a time", actual: event)
                try expect(event["source", "ip"]?.string != nil, "it has an address", actual: event)
                let status = try require(event["http", "response", "status_code"]?.integer, "the status in \(event)")
                let outcome = status < 400 ? "success" : "failure"
                try expectEqual(event["event", "outcome"]?.string, outcome, "the outcome of an event with \(status)")
            }
            let ids = events.compactMap { $0["event", "id"]?.string }
            try expectEqual(Set(ids).count, events.count, "the number of different ids")
        }
        try await context.step("no event holds a token") {
            let all = events.map(\.description).joined()
            try expect(!all.contains(session.token), "the access token is nowhere")
            try expect(!all.contains(session.refreshToken), "the refresh token is nowhere")
        }
        try await context.step("the orchestrator's own log has the same events; an auditor reads it, the developer not")
        {
            let path = context.profile.paths.auditQuery + "?user=\(percentEncoded(user.name))&limit=1000"
            let auditor = try context.web("orchestrator", as: try await context.login("auditor"))
            let answer = try await JSONClient(web: auditor).ask(.get, path)
            let own = Set((answer["data"]?.array ?? []).compactMap { $0["event", "id"]?.string })
            let shipped = events.filter { $0["service", "name"]?.string == "orchestrator" }
            let missing = shipped.compactMap { $0["event", "id"]?.string }.filter { !own.contains($0) }
            try expectEqual(missing, [], "the events that the orchestrator does not have")
            let counts = context.profile.paths.auditStats + "?user=\(percentEncoded(user.name))"
            let total = try await JSONClient(web: auditor).ask(.get, counts)["data", "total"]?.integer ?? 0
            try expect(total >= shipped.count, "all of them are counted", actual: total)
            let developer = try context.web("orchestrator", as: session)
            try expectEqual(try await JSONClient(web: developer).status(.get, path), 403, "the developer's status")
        }
    }

    private static func summary(_ event: JSONValue) -> String {
        let words = [
            event["service", "name"]?.string, event["http", "request", "method"]?.string, event["url", "path"]?.string,
            event["http", "response", "status_code"]?.integer.map(String.init),
        ]
        return words.compactMap(\.self).joined(separator: " ")
    }

    static let fullRoleEnforcement = test(
        "modes/enterprise/full-rbac-enforcement", "Full RBAC enforcement", modes: [.enterprise], estimate: 10
    ) { context in
        let roles = ["viewer", "auditor", "developer", "operator", "admin"]
        var people: [(name: String, session: Session)] = []
        for role in roles { people.append((role, try await context.login(role))) }
        let sessions = people
        try await context.step("at the platform's own services every role may what it may, and nothing else") {
            try await RoleAccess.check(table(context), as: sessions, context)
        }
        var atTheAPI: [(name: String, session: Session)] = []
        for role in roles {
            let password = try context.credential("control-center", "\(role)-password")
            atTheAPI.append((role, try await context.apiServer().login(role, password)))
        }
        let logins = atTheAPI
        try await context.step("at the API server, with its own tokens, it is the same") {
            let paths = context.profile.apiServer
            let everybody = Set(roles)
            let builders: Set<String> = ["developer", "operator", "admin"]
            let looks = [paths.servers, paths.taskservs, paths.workflows, paths.operations].map {
                RoleAccess(service: "api-server", method: .get, path: $0, allowed: everybody)
            }
            let changes = [paths.createServer, paths.createTaskserv, paths.submitWorkflow].map {
                RoleAccess(service: "api-server", method: .post, path: $0, body: .object([:]), allowed: builders)
            }
            let audit = RoleAccess(
                service: "api-server", method: .get, path: paths.auditQuery, allowed: ["auditor", "admin"])
            try await RoleAccess.check(looks + changes + [audit], as: logins, context)
            let developer = try require(logins.first { $0.name == "developer" }, "the developer's login")
            try await expectStagingClosed(to: developer.session, context)
        }
        try await context.step("the same holds for who asks with a role of his own making") {
            let viewer = try require(sessions.first, "the viewer").session
            let web = try context.web("control-center", as: viewer)
            let own = filledPath(context.profile.controlCenter.user, "viewer")
            let status = try await JSONClient(web: web).status(.patch, own, .object(["roles": .array(["admin"])]))
            try expectEqual(status, 403, "the status when a viewer makes himself an administrator")
            let again = try await context.controlCenter(as: try await context.login("viewer")).identity()
            try expectEqual(again.roles, ["viewer"], "his roles")
        }
    }

    /// What nobody reaches without a second factor, he does not reach through the API server either.
    private static func expectStagingClosed(to developer: Session, _ context: TestContext) async throws {
        let robot = try await CICD.robot(context)
        let name = context.unique("staged")
        await context.cleanup("delete server \(name)") {
            try await robot.completed(try await robot.deleteServer(name).id)
        }
        try await robot.completed(try await robot.createServer(name, ["environment": "staging"]).id)
        let api = try context.apiServer(as: developer)
        let fields = context.profile.batch
        let removal: JSONValue = .object([
            "id": "remove", fields.type: "delete", fields.target: "server", fields.items: .array([.string(name)]),
        ])
        let asked = try await api.submitWorkflow(
            .object(["name": .string(name), "version": "1.0.0", fields.operations: .array([removal])]))
        try await eventually("the batch that removes a server of staging fails", within: .seconds(30)) {
            try expectEqual(try await api.workflow(asked.id).status, "failed", "the state")
        }
        let left = try await robot.servers().compactMap { $0["hostname"]?.string }
        try expectContains(left, name, "the servers that are left")
    }

    private static func table(_ context: TestContext) -> [RoleAccess] {
        let (paths, kms, registry) = (context.profile.paths, context.profile.kms, context.profile.extensionRegistry)
        let everybody: Set<String> = ["viewer", "auditor", "developer", "operator", "admin"]
        let builders: Set<String> = ["developer", "operator", "admin"]
        let none = context.unique("none")
        func rules(
            _ service: String, _ method: HTTPMethod, _ paths: [String], _ allowed: Set<String>
        ) -> [RoleAccess] {
            let body: JSONValue? = method == .get ? nil : .object([:])
            return paths.map { RoleAccess(service: service, method: method, path: $0, body: body, allowed: allowed) }
        }
        return rules("orchestrator", .get, [paths.tasks, paths.servers, paths.clusters, paths.extensions], everybody)
            + rules(
                "orchestrator", .post,
                [
                    paths.createServers, paths.deleteServers, paths.createCluster, paths.createTaskserv,
                    paths.workspaces,
                    paths.loadExtension, context.profile.batchPaths.execute, context.profile.secrets.generate,
                ], builders)
            + rules("orchestrator", .get, [context.profile.secrets.list], builders)
            + rules("orchestrator", .get, [paths.auditQuery], ["auditor", "admin"])
            + rules("orchestrator", .delete, [filledPath(paths.server, none), filledPath(paths.workspace, none)], [])
            + rules("kms", .get, [kms.sshKeys, filledPath(kms.sshKey, none)], builders)
            + rules("kms", .post, [kms.encrypt, kms.decrypt, kms.sshKeys], builders)
            + rules("kms", .get, [kms.auditQuery], ["auditor", "admin"])
            + rules("control-center", .get, [context.profile.controlCenter.users], ["auditor", "admin"])
            + rules("control-center", .post, [context.profile.controlCenter.users], ["admin"])
            + rules("control-center", .get, [context.profile.controlCenter.auditQuery], ["auditor", "admin"])
            + rules("extension-registry", .post, [registry.clearCache], ["operator", "admin", "developer"])
    }
}

import FleetModel
import FleetTestKit
import InterfaceProfile

extension RBACTests {
    static let serviceAccountPermissions = test(
        "security/rbac/service-account-permissions", "Service account automation permissions", modes: modes, estimate: 6
    ) { context in
        let administrator = try await context.administrator()
        let center = try context.controlCenter(as: administrator)
        let name = context.unique("robot")
        await context.cleanup("remove service account \(name)") { try await center.removeServiceAccount(name) }
        let secret = try await context.step("an administrator makes a service account, whose secret is shown once") {
            let secret = try await center.createServiceAccount(name, roles: ["operator"])
            try expect(secret.count >= 32, "the secret is long", actual: secret.count)
            let listed = try await context.web("control-center", as: administrator).ask(
                Endpoint("GET", context.profile.controlCenter.serviceAccounts))
            try expect(listed.text.contains(name), "it is listed")
            try expect(!listed.text.contains(secret), "the list does not show its secret")
            return secret
        }
        let session = try await context.controlCenter().login(name, secret)
        let robot = try context.orchestrator(as: session)
        try await context.step("it automates: makes a server and removes it, without a second factor") {
            let server = context.unique("made")
            let platform = try await context.platform
            await context.cleanup("delete server \(server)") { try await platform.removeServer(server) }
            try await robot.completed(try await robot.createServers([server]))
            let address = try require(try await robot.server(server)?.address, "the address of the server")
            try await context.expectAddresses([address], of: "\(server).\(try context.zone)")
            let path = filledPath(context.profile.paths.server, server)
            let answer = try await robot.ask(Endpoint("DELETE", path))
            try expectEqual(answer.status, 200, "the status of DELETE \(path)")
            let id = try require(answer.json?[context.profile.fields.envelope.data]?.string, "the task")
            try await robot.completed(id)
            try await context.expectAddresses([], of: "\(server).\(try context.zone)")
        }
        try await context.step("it manages nobody, and is no administrator: every other endpoint") {
            for (service, endpoints) in [
                ("orchestrator", GuardedEndpoint.orchestrator(context.profile)),
                ("control-center", GuardedEndpoint.controlCenter(context.profile)),
            ] {
                try await AccessWalk.expect(name, try context.web(service, as: session), at: endpoints) {
                    AccessRules.allows(.operator, $0.act, $0.area)
                }
            }
        }
        try await context.step("not even as an administrator may a program give rights away") {
            let chief = context.unique("chief")
            await context.cleanup("remove service account \(chief)") { try await center.removeServiceAccount(chief) }
            let secret = try await center.createServiceAccount(chief, roles: ["admin"])
            let web = try context.web(
                "control-center", as: try await context.controlCenter().login(chief, secret))
            let changes = GuardedEndpoint.controlCenter(context.profile).filter { $0.act != .look }
            try await AccessWalk.expect(chief, web, at: changes) { _ in false }
        }
        try await context.step("a new secret ends the old one") {
            let fresh = try await center.rotateServiceAccount(name)
            try await expectRefusal("a login with the old secret", statuses: 401...401) {
                _ = try await context.controlCenter().login(name, secret)
            }
            _ = try await context.controlCenter().login(name, fresh)
        }
    }

    static let roleEscalationPrevention = test(
        "security/rbac/role-escalation-prevention", "Role escalation prevention", modes: modes, estimate: 8
    ) { context in
        let remover = try await context.administrator()
        let user = try await context.makeUser("climber", roles: ["developer"], remover: remover)
        let session = try await context.login(user)
        let center = try context.web("control-center", as: session)
        try await context.step("nobody gives himself, or a friend, another role") {
            let paths = context.profile.controlCenter
            let admin: JSONValue = .object(["roles": .array(["admin"])])
            let friend: JSONValue = .object([
                "username": .string(context.unique("friend")), "password": "long-enough-1", "roles": .array(["admin"]),
            ])
            let robot: JSONValue = .object(["name": .string(context.unique("robot")), "roles": .array(["admin"])])
            for asked in [
                Endpoint("PATCH", filledPath(paths.user, user.name), body: admin),
                Endpoint("PATCH", filledPath(paths.user, "admin"), body: .object(["password": "taken-over-1"])),
                Endpoint("POST", paths.users, body: friend), Endpoint("POST", paths.serviceAccounts, body: robot),
                Endpoint("POST", filledPath(paths.rotateServiceAccount, "automation")),
            ] {
                try expectEqual(try await center.ask(asked).status, 403, "the status of \(asked)")
            }
        }
        try await context.step("he is still what he was, and so says his next token") {
            let again = try await context.controlCenter().refresh(session.refreshToken)
            try expectEqual(
                try again.claims[context.profile.controlCenterFields.roles]?.array, ["developer"], "the roles")
            let identity = try await context.orchestrator(as: again).identity()
            try expectEqual(identity.roles, ["developer"], "the roles by the orchestrator's word")
        }
        try await context.step("a token that somebody has made or changed himself is none") {
            try await expectForgeriesRefused(try await context.login(user), context)
        }
        try await context.step("headers and queries make nobody an administrator") {
            let web = try context.web("orchestrator", as: try await context.login(user))
            for path in [context.profile.paths.platformBackups, context.profile.paths.auditQuery] {
                for query in ["?role=admin", "?roles=admin&user=admin", "?workspace=admin&environment=development"] {
                    let asked = Endpoint("GET", path + query)
                    try expectEqual(try await web.ask(asked).status, 403, "the status of \(asked)")
                }
            }
        }
        try await context.step("who loses a role loses it at once, in the sessions that he has") {
            let before = try await context.login(user)
            try await context.controlCenter(as: remover).changeUser(user.name, ["roles": .array(["viewer"])])
            try await expectTurnedAway(before, "a session with a role that was taken away", context)
        }
    }

    /// Tokens that are not the control center's, or not for access.
    private static func expectForgeriesRefused(_ session: Session, _ context: TestContext) async throws {
        let parts = session.token.split(separator: ".").map(String.init)
        let names = context.profile.controlCenterFields
        var claims = try session.claims
        guard case .object(var members) = claims else { return try expect(false, "the claims are an object") }
        members[names.roles] = .array(["admin"])
        members[names.mfaVerified] = true
        claims = .object(members)
        let payload = Base64URL.text(of: claims.bytes)
        let unsigned = Base64URL.text(of: Array(#"{"alg":"none","typ":"JWT"}"#.utf8))
        let symmetric = Base64URL.text(of: Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8))
        // The last letter of a signature of 256 bytes has bits that do not count, so the first is changed.
        let flipped = (parts[2].hasPrefix("A") ? "B" : "A") + parts[2].dropFirst()
        let forgeries: KeyValuePairs<String, String> = [
            "other claims under the old signature": "\(parts[0]).\(payload).\(parts[2])",
            "no signature": "\(unsigned).\(payload).", "no algorithm": "\(unsigned).\(payload).\(parts[2])",
            "another algorithm": "\(symmetric).\(payload).\(parts[2])",
            "a signature that is not right": "\(parts[0]).\(parts[1]).\(flipped)",
            "a refresh token in place of an access token": session.refreshToken, "half a token": parts[0],
            "no token": "-",
        ]
        for (what, token) in forgeries {
            for service in ["orchestrator", "control-center"] {
                let path =
                    service == "orchestrator" ? context.profile.paths.servers : context.profile.controlCenter.identity
                let web = WebClient(
                    base: try context.endpoint(service, "url"), log: context.log,
                    authorization: Authorization.bearer(token))
                let status = try await web.ask(Endpoint("GET", path)).status
                try expectEqual(status, 401, "the status of GET \(path) with \(what)")
            }
        }
    }

    /// A session does not let anybody in any more; the platform may take a moment to hear of it.
    static func expectTurnedAway(_ session: Session, _ what: String, _ context: TestContext) async throws {
        let web = try context.web("orchestrator", as: session)
        try await eventually("\(what) is turned away", within: .seconds(10)) {
            let status = try await web.ask(Endpoint("GET", context.profile.paths.servers)).status
            try expectEqual(status, 401, "the status of a request with \(what)")
        }
        try await expectRefusal("a refresh of \(what)", statuses: 401...401) {
            _ = try await context.controlCenter().refresh(session.refreshToken)
        }
    }

    static let permissionInheritance = test(
        "security/rbac/permission-inheritance", "Permission inheritance", modes: modes, estimate: 6
    ) { context in
        let remover = try await context.administrator()
        try await context.step("each role may what the one below it may, and more") {
            var below: Set<String> = []
            for role in ["viewer", "developer", "operator", "admin"] {
                let identity = try await context.orchestrator(as: try await context.login(role)).identity()
                let own = Set(identity.permissions)
                try expectEqual(below.subtracting(own), [], "what \(role) lacks of the role below")
                // Developers and operators differ in production, which the list does not tell of.
                if role != "operator" { try expect(own.count > below.count, "\(role) may more than the role below") }
                below = own
            }
        }
        try await context.step("who has two roles may what either may, and nothing else") {
            let user = try await context.makeUser("both", roles: ["viewer", "auditor"], remover: remover)
            let session = try await context.login(user)
            for (service, endpoints) in [
                ("orchestrator", GuardedEndpoint.orchestrator(context.profile)),
                ("control-center", GuardedEndpoint.controlCenter(context.profile)),
            ] {
                let web = try context.web(service, as: session)
                try await AccessWalk.expect("who is viewer and auditor", web, at: endpoints) { guarded in
                    let either = [.viewer, .auditor].contains { AccessRules.allows($0, guarded.act, guarded.area) }
                    return either && !guarded.isDELETE
                }
            }
        }
        try await context.step("who has no role may nothing but look at himself") {
            let user = try await context.makeUser("nobody", roles: [], remover: remover)
            let web = try context.web("orchestrator", as: try await context.login(user))
            try await AccessWalk.expect("who has no role", web, at: GuardedEndpoint.orchestrator(context.profile)) {
                _ in
                false
            }
            let identity = try await context.orchestrator(as: try await context.login(user)).identity()
            try expectEqual(identity.permissions, [], "his permissions")
        }
        try await context.step("what is in a workspace is as closed as the workspace") {
            try await expectInherited(remover, context)
        }
    }

    /// A server of a workspace in staging is in staging, whatever a request calls it. Not production: there nobody makes a
    /// workspace outside of working hours.
    private static func expectInherited(_ administrator: Session, _ context: TestContext) async throws {
        let admin = try context.orchestrator(as: administrator)
        let workspace = context.unique("live")
        let fields = context.profile.fields.workspace
        let body: JSONValue = .object([
            fields.name: .string(workspace), fields.environment: "staging",
        ])
        await context.cleanup("delete workspace \(workspace)") {
            let path = filledPath(context.profile.paths.workspace, workspace)
            let status = try await admin.ask(Endpoint("DELETE", path)).status
            try expectEqual(status, 200, "the status of DELETE \(path)")
        }
        let made = try await admin.ask(Endpoint("POST", context.profile.paths.workspaces, body: body))
        try expectEqual(made.status, 201, "the status of a workspace in staging")
        let sre = try context.orchestrator(as: try await context.login("operator"))
        for environment in [nil, "development", "staging"] {
            var options = SubmissionOptions()
            options.workspace = workspace
            options.environment = environment
            let given = options
            let name = context.unique("hidden")
            try await expectRefusal(
                "a server in a staging workspace, called \(environment ?? "nothing"), without a second factor",
                statuses: 403...403
            ) {
                _ = try await sre.createServers([name], checkMode: true, options: given)
            }
        }
    }
}

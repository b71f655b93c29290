import FleetModel
import FleetTestKit
import InterfaceProfile

extension RBACTests {
    /// The modes that have logins.
    static let modes = [Mode].from(.multiuser)

    /// A role walks over every endpoint of orchestrator and control center: without a second factor, which every DELETE
    /// needs, and over the DELETEs with one.
    static func walk(_ role: AccessRules.Role, _ remover: Session, _ context: TestContext) async throws {
        let session = try await context.login(role.rawValue)
        let lists = [
            ("orchestrator", GuardedEndpoint.orchestrator(context.profile)),
            ("control-center", GuardedEndpoint.controlCenter(context.profile)),
        ]
        for (service, endpoints) in lists {
            try await AccessWalk.expect("\(role)", try context.web(service, as: session), at: endpoints) {
                AccessRules.allows(role, $0.act, $0.area) && !$0.isDELETE
            }
        }
        let user = try await context.makeUser("walking-\(role)", roles: [role.rawValue], remover: remover)
        let careful = try await context.addSecondFactor(to: user).session
        for (service, endpoints) in lists {
            let deletions = endpoints.filter(\.isDELETE)
            let web = try context.web(service, as: careful)
            try await AccessWalk.expect("\(role) with a second factor", web, at: deletions) {
                AccessRules.allows(role, $0.act, $0.area)
            }
        }
    }

    /// The platform has noted that somebody was refused, by whose rules, at that path.
    static func expectAudited(
        _ user: String, _ action: String, path: String, outcome: String, _ context: TestContext
    ) async throws {
        let auditor = try context.orchestrator(as: try await context.login("auditor"))
        try await eventually("the audit log tells of \(user) at \(path)") {
            let query = "\(context.profile.paths.auditQuery)?user=\(user)&limit=1000"
            let events = try await auditor.ask(Endpoint("GET", query)).json?[context.profile.fields.envelope.data]?
                .array
            let found = (events ?? []).filter { event in
                event["url"]?["path"]?.string == path && event["event"]?["outcome"]?.string == outcome
                    && event["event"]?["action"]?.string == action
            }
            try expect(!found.isEmpty, "an event of \(action) at \(path) with \(outcome)", actual: events?.count)
        }
    }

    static let viewerCannotCreateServers = test(
        "security/rbac/viewer-cannot-create-servers", "Viewer cannot create servers", modes: modes, estimate: 6
    ) { context in
        let viewer = try context.orchestrator(as: try await context.login("viewer"))
        let remover = try await context.administrator()
        let name = context.unique("forbidden")
        try await context.step("he may look") {
            _ = try await viewer.servers()
            _ = try await viewer.tasks(limit: 1)
        }
        try await context.step("he may not create a server, not even to see what would happen, in no environment") {
            for environment in [nil, "development", "staging", "production"] {
                for checkMode in [false, true] {
                    var options = SubmissionOptions()
                    options.environment = environment
                    options.approval = "EMERGENCY-1"
                    let refusal = try await expectRefusal(
                        "a server of a viewer in \(environment ?? "no environment")", statuses: 403...403
                    ) {
                        _ = try await viewer.createServers([name], checkMode: checkMode, options: options)
                    }
                    try expect(!refusal.message.isEmpty, "the refusal says why")
                }
            }
        }
        try await context.step("nor by a batch, a cluster or a taskserv") {
            let profile = context.profile
            try await expectRefusal("a batch of a viewer", statuses: 403...403) {
                _ = try await viewer.executeBatch(BatchDefinition(name, [.servers("make", [name], profile)]))
            }
            try await expectRefusal("a cluster of a viewer", statuses: 403...403) {
                _ = try await viewer.createCluster(ClusterDefinition(name, nodes: [name]))
            }
            try await expectRefusal("a taskserv of a viewer", statuses: 403...403) {
                _ = try await viewer.taskserv(.install, name, on: [name])
            }
        }
        try await context.step("nothing was made, and the audit log knows who tried") {
            try expectEqual(try await viewer.server(name), nil, "the server")
            try await context.expectAddresses([], of: "\(name).\(try context.zone)")
            let tasks = try await viewer.allTasks().filter { $0.arguments.contains(name) }
            try expectEqual(tasks, [], "the tasks")
            try await expectAudited(
                "viewer", "deploy", path: context.profile.paths.createServers, outcome: "failure", context)
        }
        try await context.step("every other endpoint, for a viewer and for an auditor") {
            try await walk(.viewer, remover, context)
            try await walk(.auditor, remover, context)
        }
    }

    static let developerDeploysToDevelopmentOnly = test(
        "security/rbac/developer-deploys-to-dev", "Developer can deploy to dev, not prod", modes: modes,
        estimate: 6
    ) { context in
        let developer = try context.orchestrator(as: try await context.login("developer"))
        let remover = try await context.administrator()
        let careful = try await withSecondFactor("developer", remover, context)
        let allowed = context.unique("dev")
        await context.cleanup("delete server \(allowed)") { try await developer.removeServer(allowed) }
        try await context.step("he deploys to development, and the server is there") {
            try await developer.completed(try await developer.createServers([allowed], options: tier("development")))
            let server = try require(try await developer.server(allowed), "the server")
            let address = try require(server.address, "its address")
            try await context.expectAddresses([address], of: "\(allowed).\(try context.zone)")
            let daemon = TCPClient(host: address, port: try require(server.sshPort, "its SSH port"))
            try expect(try await daemon.isListening(), "SSH listens at \(address)")
        }
        try await context.step("he does not deploy to production, however he spells it and whatever he shows") {
            for client in [developer, careful] {
                for environment in ["production", "prod", "PRODUCTION"] {
                    try await expectProductionClosed(to: client, environment, context)
                }
            }
        }
        try await context.step("not even by way of a server that is in production") {
            try await expectProductionServerClosed(developer, remover, context)
        }
        try await context.step("staging wants a second factor") {
            let name = context.unique("staging")
            try await expectRefusal("staging without a second factor", statuses: 403...403) {
                _ = try await developer.createServers([name], checkMode: true, options: tier("staging"))
            }
            _ = try await careful.createServers([name], checkMode: true, options: tier("staging"))
        }
        try await context.step("every other endpoint") { try await walk(.developer, remover, context) }
    }

    static func tier(_ environment: String, approval: String? = nil) -> SubmissionOptions {
        var options = SubmissionOptions()
        options.environment = environment
        options.approval = approval
        return options
    }

    /// The orchestrator as a new user of a role, who has shown a second factor.
    static func withSecondFactor(
        _ role: String, _ remover: Session, _ context: TestContext
    ) async throws -> OrchestratorClient {
        let user = try await context.makeUser("careful-\(role)", roles: [role], remover: remover)
        return try context.orchestrator(as: try await context.addSecondFactor(to: user).session)
    }

    private static func expectProductionClosed(
        to developer: OrchestratorClient, _ environment: String, _ context: TestContext
    ) async throws {
        let name = context.unique("prod")
        for approval in [nil, "CHG-1", "EMERGENCY-1"] {
            for checkMode in [false, true] {
                try await expectRefusal("\(environment) with \(approval ?? "no approval")", statuses: 403...403) {
                    _ = try await developer.createServers(
                        [name], checkMode: checkMode, options: tier(environment, approval: approval))
                }
            }
        }
        let body: JSONValue = .object([
            context.profile.batch.workflow: .object([
                "name": .string(name),
                "operations": .array([
                    .object([
                        "id": "make", "type": "server_batch", "servers": .array([.string(name)]),
                        "environment": .string(environment),
                    ])
                ]),
            ])
        ])
        let asked = Endpoint("POST", context.profile.batchPaths.execute, body: body)
        try expectEqual(try await developer.ask(asked).status, 403, "the status of a batch in \(environment)")
        try expectEqual(try await developer.server(name), nil, "the server in \(environment)")
    }

    /// An administrator makes a server in production; the developer may look at it, and calls it development in vain.
    private static func expectProductionServerClosed(
        _ developer: OrchestratorClient, _ remover: Session, _ context: TestContext
    ) async throws {
        let name = context.unique("live")
        let admin = try context.orchestrator(as: remover)
        await context.cleanup("delete server \(name)") {
            guard try await admin.server(name) != nil else { return }
            let id = try await admin.deleteServers([name], options: tier("production", approval: "EMERGENCY-1"))
            try await admin.completed(id)
        }
        try await admin.completed(
            try await admin.createServers([name], options: tier("production", approval: "EMERGENCY-1")))
        _ = try require(try await developer.server(name), "the server, to look at")
        for environment in [nil, "development"] {
            var options = SubmissionOptions()
            options.environment = environment
            let given = options
            try await expectRefusal("the removal of a server in production", statuses: 403...403) {
                _ = try await developer.deleteServers([name], options: given)
            }
            try await expectRefusal("a taskserv on a server in production", statuses: 403...403) {
                _ = try await developer.taskserv(.install, "anything", on: [name], options: given)
            }
        }
        try expectEqual(
            try await developer.server(name)?.status, context.profile.spellings.serverRunning.lowercased(),
            "the state of the server in production")
    }

    static let operatorManagesInfrastructure = test(
        "security/rbac/operator-manages-infrastructure", "Operator can manage infrastructure", modes: modes,
        estimate: 8
    ) { context in
        let sre = try context.orchestrator(as: try await context.login("operator"))
        let remover = try await context.administrator()
        let (server, cluster) = (context.unique("infra"), context.unique("group"))
        await context.cleanup("delete server \(server)") { try await sre.removeServer(server) }
        await context.cleanup("delete cluster \(cluster)") { try await sre.removeCluster(cluster) }
        try await context.step("he makes a server and a cluster") {
            try await sre.completed(try await sre.createServers([server]))
            var wanted = ClusterDefinition(cluster, nodes: ["\(cluster)-1", "\(cluster)-2"])
            wanted.provider = context.profile.spellings.simulatedProviders.first
            try await sre.completed(try await sre.createCluster(wanted))
            try expectEqual(try await sre.cluster(cluster)?.nodes, wanted.nodes, "the nodes of the cluster")
        }
        try await context.step("he removes them, and they are gone") {
            let place = try require(try await sre.server(server), "the server")
            try await sre.removeServer(server)
            try await sre.removeCluster(cluster)
            try expectEqual(try await sre.server(server), nil, "the server")
            try expectEqual(try await sre.cluster(cluster), nil, "the cluster")
            try await context.expectAddresses([], of: "\(server).\(try context.zone)")
            try await context.expectShut(try require(place.address, "its address"), place.sshPort ?? 22)
        }
        try await context.step(
            "in production, with a second factor and an approval, at any hour when it is an emergency"
        ) {
            let careful = try await withSecondFactor("operator", remover, context)
            let name = context.unique("prod")
            let options = tier("production", approval: "EMERGENCY-7")
            try await careful.completed(try await careful.createServers([name], checkMode: true, options: options))
            try await expectRefusal("production without an approval", statuses: 403...403) {
                _ = try await careful.createServers([name], checkMode: true, options: tier("production"))
            }
            try await expectRefusal("production without a second factor", statuses: 403...403) {
                _ = try await sre.createServers([name], checkMode: true, options: options)
            }
        }
        try await context.step("he is no administrator: every other endpoint") {
            try await walk(.operator, remover, context)
        }
    }

    static let adminHasFullAccess = test(
        "security/rbac/admin-has-full-access", "Admin has full access", modes: modes, estimate: 6
    ) { context in
        let session = try await context.administrator()
        let admin = try context.orchestrator(as: session)
        try await context.step("nothing is closed to an administrator who has shown a second factor") {
            for (service, endpoints) in [
                ("orchestrator", GuardedEndpoint.orchestrator(context.profile)),
                ("control-center", GuardedEndpoint.controlCenter(context.profile)),
            ] {
                try await AccessWalk.expect("admin", try context.web(service, as: session), at: endpoints) { _ in true }
            }
        }
        try await context.step("without one, DELETE is closed, and nothing else") {
            let web = try context.web("orchestrator", as: try await context.login("admin"))
            try await AccessWalk.expect("admin", web, at: GuardedEndpoint.orchestrator(context.profile)) {
                !$0.isDELETE
            }
        }
        try await context.step("he makes and removes what others may not: a user, a backup of the platform") {
            let center = try context.controlCenter(as: session)
            let user = try await context.makeUser("made", roles: ["viewer"], remover: session)
            try expectContains(try await center.users(), user.name, "the users")
            _ = try await context.login(user)
            try expect(try await center.removeUser(user.name), "the user was there to be removed")
            try await expectRefusal("the login of who was removed", statuses: 401...401) {
                _ = try await context.login(user)
            }
            let backup = try await admin.backUpPlatform()
            try await admin.deletePlatformBackup(backup.id)
        }
        try await context.step("the platform says that he may do everything") {
            let identity = try await admin.identity()
            try expectContains(identity.roles, context.profile.spellings.administrator, "the roles")
            let missing = context.profile.spellings.administratorPermissions.filter {
                !identity.permissions.contains($0)
            }
            try expectEqual(missing, [], "the permissions that he lacks")
        }
    }
}

import FleetHTTP
import FleetModel
import FleetTestKit
import InterfaceProfile

extension CompleteDeployment {
    static let clusterAndApplication = test(
        "e2e/complete-deployment/cluster-and-application",
        "Verify cluster health, deploy the test application and reach it via DNS", modes: .from(.solo),
        estimate: 16, timeout: 180
    ) { context in
        let deployment = try Deployment(context)
        try await deployment.build()
        try await expectHealth(deployment, context)
        try await expectFailureSeen(deployment, context)
        try await deployment.deployApplication()
        try await deployment.expectDaemons(deployment.app, on: deployment.workers)
        try await expectApplication(deployment, context)
    }

    /// The check of every piece passes on every server, and the nodes see each other.
    private static func expectHealth(_ deployment: Deployment, _ context: TestContext) async throws {
        let orchestrator = try await context.platform
        for piece in deployment.pieces {
            let servers = piece.kind == .etcd ? [deployment.control] : deployment.names
            try await context.step("the check of \(piece.kind.rawValue) passes") {
                let id = try await orchestrator.taskserv(.check, piece.reference, on: servers)
                try await orchestrator.completed(id, within: .seconds(60))
            }
        }
        try await deployment.expectReady(deployment.names, by: try await deployment.servers())
    }

    /// A cluster that is ill is not called healthy: with a dead kubelet its node is not ready, and the check says so.
    private static func expectFailureSeen(_ deployment: Deployment, _ context: TestContext) async throws {
        let orchestrator = try await context.platform
        let (kubernetes, servers) = (deployment.kubernetes, try await deployment.servers())
        let ill = servers[2]
        try await context.step("remove kubernetes from \(ill.name): its node is not ready any more") {
            try await orchestrator.completed(
                try await orchestrator.taskserv(.remove, kubernetes.reference, on: [ill.name]), within: .seconds(60))
            let isListening = try await kubernetes.isListening(on: ill)
            try expect(!isListening, "nobody listens for kubernetes on \(ill.name)")
            try await deployment.expectReady([servers[0].name, servers[1].name], by: [servers[0], servers[1]])
        }
        try await context.step("install it again: the node comes back") {
            try await orchestrator.completed(
                try await orchestrator.taskserv(.install, kubernetes.reference, on: [ill.name]), within: .seconds(60))
            try await deployment.expectReady(deployment.names, by: servers)
        }
    }

    /// The application answers at every address of its name, and knows the nodes of the cluster.
    private static func expectApplication(_ deployment: Deployment, _ context: TestContext) async throws {
        let (name, zone) = (deployment.application, try context.zone)
        let servers = try await deployment.servers()
        let addresses = try await context.step("the name of the application leads to the workers") {
            let found = try await context.dns.values("\(name).\(zone)", .a)
            try expectEqual(Set(found), Set(servers.dropFirst().compactMap(\.address)), "the addresses of the name")
            return found
        }
        try await context.step("it answers HTTP at each of them") {
            var nodes: Set<String> = []
            for address in addresses {
                let web = WebClient(base: "http://\(address):\(deployment.app.kind.port)", log: context.log)
                // A node that has not reported for a moment is not ready.
                let node = try await eventually("the application at \(address) knows all nodes") {
                    let answer = try await web.send(.get, "/", headers: ["Host": "\(name).\(zone)"])
                    try expectEqual(answer.status, 200, "the status")
                    let body = try require(JSONValue(bytes: answer.body), "JSON in the answer")
                    try expectEqual(
                        body["app"]?.string, "app \(deployment.app.version)", "the application that answers")
                    let seen = (body["nodes"]?.array ?? []).compactMap(\.string)
                    try expectEqual(seen.sorted(), deployment.names.sorted(), "the nodes that it knows")
                    return body["node"]?.string ?? ""
                }
                nodes.insert(node)
            }
            try expectEqual(nodes, Set(deployment.workers), "the nodes that answered")
        }
    }

    static let cleanup = test(
        "e2e/complete-deployment/cleanup", "Cleanup", modes: .from(.solo), estimate: 16, timeout: 180
    ) { context in
        let deployment = try Deployment(context)
        try await deployment.makeWorkspace()
        try await deployment.build()
        try await deployment.deployApplication()
        let servers = try await deployment.servers()
        try await removeTaskservs(deployment, servers, context)
        try await removeServers(deployment, servers, context)
        try await removeRest(deployment, context)
    }

    /// Taken off in the opposite order, each piece is silent afterwards and the others still answer.
    private static func removeTaskservs(
        _ deployment: Deployment, _ servers: [ServerInfo], _ context: TestContext
    ) async throws {
        let orchestrator = try await context.platform
        for piece in ([deployment.app] + deployment.pieces.reversed()) {
            let names =
                switch piece.kind {
                case .app: deployment.workers
                case .etcd: [deployment.control]
                case .containerd, .kubernetes, .cilium: deployment.names
                }
            try await context.step("remove \(piece.kind.rawValue)") {
                try await orchestrator.completed(
                    try await orchestrator.taskserv(.remove, piece.reference, on: names), within: .seconds(60))
                for server in servers {
                    let isListening = try await piece.isListening(on: server)
                    try expect(!isListening, "nobody listens for \(piece.kind.rawValue) on \(server.name)")
                }
            }
        }
        let left = try await deployment.servers().flatMap(\.taskservs)
        try expectEqual(left, [], "the taskservs that are left")
    }

    private static func removeServers(
        _ deployment: Deployment, _ servers: [ServerInfo], _ context: TestContext
    ) async throws {
        let orchestrator = try await context.platform
        let calls = try await Calls(context)
        try await context.step("delete servers and names") {
            try await calls.unregister(deployment.application)
            try await orchestrator.completed(
                try await orchestrator.deleteServers(deployment.names), within: .seconds(60))
        }
        try await context.step("no server, no name and no SSH server is left") {
            try await context.expectGone(deployment.names)
            let zone = try context.zone
            let found = try await context.dns.values("\(deployment.application).\(zone)", .a)
            try expectEqual(found, [], "the addresses of the application")
            for server in servers {
                try await context.expectShut(
                    try require(server.address, "the address"), try require(server.sshPort, "the port"))
            }
        }
    }

    private static func removeRest(_ deployment: Deployment, _ context: TestContext) async throws {
        let orchestrator = try await context.platform
        try await context.step("unload the extensions") {
            for piece in deployment.pieces + [deployment.app] {
                try await orchestrator.unloadExtension(
                    type: piece.item.type, name: piece.item.name, version: piece.version)
            }
            let left = try await orchestrator.extensions().filter { $0.version.hasSuffix(deployment.etcd.mark) }
            try expectEqual(left, [], "the extensions that are left")
        }
        try await context.step("delete the workspace") {
            let existed = try await orchestrator.deleteWorkspace(deployment.workspace)
            try expect(existed, "the workspace was there to be deleted")
            try expectEqual(try await orchestrator.workspace(deployment.workspace), nil, "the workspace")
        }
    }
}

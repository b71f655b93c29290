import FleetHTTP
import FleetModel
import FleetTestKit
import InterfaceProfile

extension CICD {
    static let apiServerCreation = test(
        "modes/cicd/api-server-creation", "API server creation", modes: [.cicd], estimate: 5
    ) { context in
        let api = try await robot(context)
        let name = context.unique("api")
        try await removeLater([name], context)
        try await context.step("the order is taken at once, with the documented members") {
            let response = try await context.web("api-server", as: try await session(context)).send(
                .post, context.profile.apiServer.createServer,
                body: .object([
                    "hostname": .string(name), "provider": "local", "check_mode": false, "tags": .array(["a-test"]),
                ]))
            try expectEqual(response.status, 200, "the status of the order")
            let value = try require(JSONValue(bytes: response.body), "JSON in the answer")
            try expectContains(["pending", "running"], value["status"]?.string, "the states of a new operation")
            try expect(value["created_at"]?.string != nil && value["updated_at"]?.string != nil, "it has times")
            try await api.completed(try require(value["id"]?.string, "the id of the operation"))
        }
        let address = try await context.step("API server and orchestrator list the same server") {
            let listed = try await api.servers().filter { $0["hostname"]?.string == name }
            try expectEqual(listed.count, 1, "the number of servers of this name")
            let made = try require(try await context.platform.server(name), "the server of the orchestrator")
            try expectEqual(listed[0]["status"]?.string, "running", "the state")
            try expectEqual(listed[0]["ip_address"]?.string, made.address, "the address")
            try expectEqual(listed[0]["provider"]?.string, "local", "the provider")
            return (address: try require(made.address, "the address"), port: try require(made.sshPort, "the SSH port"))
        }
        try await context.step("it has its name in the DNS, and an SSH server answers there") {
            let values = try await context.dns.values("\(name).\(try context.zone)", .a)
            try expectEqual(values, [address.address], "the addresses")
            let listens = try await TCPClient(host: address.address, port: address.port).isListening()
            try expect(listens, "port \(address.port) of \(address.address) takes connections")
        }
        try await context.step("an order that makes no sense is refused in the documented form") {
            let refusal = try await expectRefusal("a server without a name", statuses: 400...400) {
                let json = JSONClient(web: try context.web("api-server", as: try await session(context)))
                try await json.ask(.post, context.profile.apiServer.createServer, .object([:]))
            }
            try expect(refusal.message.contains("hostname"), "it names what is missing", actual: refusal.message)
        }
        try await context.step("a second one of the name fails, and says why") {
            let again = try await api.createServer(name)
            let ended = try await eventually("the operation ends", within: .seconds(60)) {
                let operation = try await api.operation(again.id)
                try expectContains(["completed", "failed"], operation.status, "the final states")
                return operation
            }
            // A platform may as well say that what is wanted is there.
            if ended.status == "failed" { try expect(ended.error?.isEmpty == false, "it says why", actual: ended) }
            let count = try await api.servers().filter { $0["hostname"]?.string == name }.count
            try expectEqual(count, 1, "the number of servers of this name")
        }
        try await context.step("deleted through the API it is gone everywhere") {
            try await api.completed(try await api.deleteServer(name).id)
            try expectEqual(try await context.platform.server(name), nil, "the server of the orchestrator")
            let values = try await context.dns.values("\(name).\(try context.zone)", .a)
            try expectEqual(values, [], "its addresses")
            try await context.expectShut(address.address, address.port)
        }
    }

    private static func session(_ context: TestContext) async throws -> Session {
        let account = try context.endpoint("control-center", "service-account")
        return try await context.apiServer().login(
            account, try context.credential("control-center", "\(account)-password"))
    }

    static let apiTaskservInstallation = test(
        "modes/cicd/api-taskserv-installation", "API taskserv installation", modes: [.cicd], estimate: 5
    ) { context in
        let api = try await robot(context)
        let fixture = TaskservFixture(name: context.unique("svc"), version: "1.0.0", port: 7081)
        try await fixture.push(context)
        let server = try await context.makeServer("node")
        let address = try require(server.address, "the address of the server")
        let daemon = TCPClient(host: address, port: fixture.port)
        try await context.step("install it through the API") {
            try await api.completed(try await api.createTaskserv(fixture.reference, on: [server.name]).id)
        }
        try await context.step("its daemon answers, and the API lists it") {
            _ = try await fixture.processID(at: daemon)
            let listed = try await api.taskservs().filter { $0["server"]?.string == server.name }
            try expectEqual(listed.map { $0["name"]?.string }, [fixture.name], "the taskservs of the server")
            try expectEqual(listed.first?["status"]?.string, "running", "the state of the taskserv")
        }
        try await context.step("one that does not exist fails, and says why") {
            let wrong = try await api.createTaskserv(context.unique("none"), on: [server.name])
            let ended = try await eventually("the operation ends", within: .seconds(60)) {
                let operation = try await api.operation(wrong.id)
                try expectEqual(operation.status, "failed", "the state of the operation")
                return operation
            }
            try expect(ended.error?.isEmpty == false, "it says why", actual: ended)
        }
        try await context.step("remove it through the API") {
            try await api.completed(
                try await api.createTaskserv(fixture.reference, on: [server.name], ["operation": "delete"]).id)
            try expect(!(try await daemon.isListening()), "port \(fixture.port) of \(address) is silent")
            let listed = try await api.taskservs().filter { $0["server"]?.string == server.name }
            try expectEqual(listed.count, 0, "the number of taskservs of the server")
        }
    }
}

import FleetModel
import FleetTestKit
import InterfaceProfile

extension Solo {
    static let taskservInstallation = test(
        "modes/solo/taskserv-installation", "Taskserv installation", modes: [.solo], estimate: 5
    ) { context in
        let orchestrator = try context.orchestrator
        // The documented example; the pre-release part keeps attempts apart that run side by side.
        let fixture = TaskservFixture(name: "kubernetes", version: "1.28.0-\(context.unique("t"))", port: 6443)
        try await context.step("push the taskserv to the registry") { try await fixture.push(context) }
        let name = context.unique("node")
        let identity = try await context.makeIdentity()
        await context.cleanup("delete server \(name)") { try await orchestrator.removeServer(name) }
        let server = try await context.step("create a server") {
            let id = try await orchestrator.createServers([name], authorizedKeys: [identity.publicKey])
            try await orchestrator.completed(id)
            return try require(try await orchestrator.server(name), "the server")
        }
        let address = try require(server.address, "the address of the server")
        let daemon = TCPClient(host: address, port: fixture.port)
        try await context.step("nothing listens on its port yet") {
            try expect(!(try await daemon.isListening()), "port \(fixture.port) of \(address) is silent")
        }

        try await context.step("install it") {
            try await orchestrator.completed(try await orchestrator.taskserv(.install, fixture.reference, on: [name]))
        }
        try await expectState(fixture, context.profile.spellings.taskservRunning, on: name, context)
        let process = try await context.step("the daemon answers at the server's DNS name") {
            try await context.expectAddresses([address], of: "\(name).\(try context.zone)")
            return try await fixture.processID(at: daemon)
        }
        try await context.step("its check passes") {
            try await orchestrator.completed(try await orchestrator.taskserv(.check, fixture.reference, on: [name]))
        }

        let ssh = try context.ssh(to: server, identity: identity.privateKeyFile)
        try await context.step("kill the daemon over SSH") {
            _ = try await ssh.output(of: "kill -9 \(process)")
            try await eventually("port \(fixture.port) falls silent") {
                try expect(!(try await daemon.isListening()), "nobody listens")
            }
        }
        try await context.step("its check fails") {
            let id = try await orchestrator.taskserv(.check, fixture.reference, on: [name])
            let task = try await orchestrator.ended(id)
            try expectEqual(task.state, .failed, "the state of the check")
            try expect(!(task.error ?? "").isEmpty, "the check says why", actual: task)
        }
        try await expectState(fixture, context.profile.spellings.taskservStopped, on: name, context)

        try await context.step("install it again") {
            try await orchestrator.completed(try await orchestrator.taskserv(.install, fixture.reference, on: [name]))
            let second = try await fixture.processID(at: daemon)
            try expect(second != process, "a new process answers", actual: second)
        }
        try await context.step("remove it") {
            try await orchestrator.completed(try await orchestrator.taskserv(.remove, fixture.reference, on: [name]))
            try expect(!(try await daemon.isListening()), "port \(fixture.port) of \(address) is silent again")
            let installed = try require(try await orchestrator.server(name), "the server").taskservs
            try expectEqual(installed, [], "the taskservs of the server")
        }
    }

    private static func expectState(
        _ fixture: TaskservFixture, _ state: String, on name: String, _ context: TestContext
    ) async throws {
        try await context.step("the server lists it as \(state)") {
            let installed = try require(try await context.orchestrator.server(name), "the server").taskservs
            let expected = ServerInfo.Taskserv(
                name: fixture.name, version: fixture.version, status: state.lowercased())
            try expectEqual(installed, [expected], "the taskservs of the server")
        }
    }
}

import FleetModel
import FleetTestKit
import InterfaceProfile

extension Scalability {
    static func servers(_ count: Int) -> DeclaredTest {
        test(
            "performance/scalability/server-creations", "100 server creations", modes: .from(.solo), estimate: 30,
            timeout: 300, tags: ["knob:faults.wear_seconds"]
        ) { context in
            let (orchestrator, calls) = (try await context.platform, try await Calls(context))
            let names = (1...count).map { context.unique("host-\($0)") }
            await context.cleanup("delete \(count) servers") { try await context.removeServers(names) }
            let samples = try await context.step("four clients create \(count) servers") {
                try await load(clients: 4, count: count) { number in
                    let control = Control.measure()
                    try await calls.createServer(names[number], orchestrator)
                    return control
                }
            }
            try await context.step("each of them is real: listed, named, answering") {
                let servers = try await context.expectServers(names)
                let ids = Set(servers.compactMap(\.sshHostKey))
                try expectEqual(ids.count, count, "the number of different host keys")
            }
            try expectSteady(samples, "server creations", context)
            try await context.step("deleted, nothing of them is left") {
                try await context.removeServers(names)
                try await context.expectGone(names)
            }
        }
    }

    static func taskservs(servers: Int, each: Int) -> DeclaredTest {
        test(
            "performance/scalability/taskserv-installations", "100 taskserv installations", modes: .from(.solo),
            estimate: 25, timeout: 300, tags: ["knob:faults.drop_tasks_every"]
        ) { context in
            let (orchestrator, calls) = (try await context.platform, try await Calls(context))
            let names = (1...servers).map { context.unique("busy-\($0)") }
            let fixtures = (1...each).map {
                TaskservFixture(name: context.unique("daemon-\($0)"), version: "1.0.0", port: 7100 + $0)
            }
            await context.cleanup("delete \(servers) servers") { try await context.removeServers(names) }
            try await context.step("push \(each) taskservs and create \(servers) servers") {
                try await load(clients: 4, count: each) { try await fixtures[$0].push(context) }
                try await load(clients: 4, count: servers) { try await calls.createServer(names[$0], orchestrator) }
            }
            let samples = try await context.step("four clients install \(servers * each) times") {
                try await load(clients: 4, count: servers * each) { number in
                    let control = Control.measure()
                    try await calls.install(
                        fixtures[number / servers].reference, on: names[number % servers], orchestrator)
                    return control
                }
            }
            try await expectDaemons(fixtures, on: names, context)
            try expectSteady(samples, "taskserv installations", context)
            try await expectSilence(fixtures, after: names, context)
        }
    }

    /// Every daemon answers with its own version from a process of its own, and the orchestrator knows of each.
    private static func expectDaemons(
        _ fixtures: [TaskservFixture], on names: [String], _ context: TestContext
    ) async throws {
        try await context.step("\(names.count * fixtures.count) daemons answer, each a process of its own") {
            let servers = try await context.platform.servers().filter { names.contains($0.name) }
            let processes = try await load(clients: 8, count: servers.count * fixtures.count) { number in
                let (server, fixture) = (servers[number % servers.count], fixtures[number / servers.count])
                let address = try require(server.address, "the address of \(server.name)")
                return try await fixture.processID(at: TCPClient(host: address, port: fixture.port))
            }.map(\.value)
            try expectEqual(Set(processes).count, names.count * fixtures.count, "the number of different processes")
            let running = context.profile.spellings.taskservRunning.lowercased()
            for server in servers {
                let installed = server.taskservs.filter { $0.status == running }.map(\.name).sorted()
                try expectEqual(installed, fixtures.map(\.name).sorted(), "the taskservs that run on \(server.name)")
            }
        }
    }

    private static func expectSilence(
        _ fixtures: [TaskservFixture], after names: [String], _ context: TestContext
    ) async throws {
        try await context.step("with the servers their daemons end") {
            let addresses = try await context.platform.servers().filter { names.contains($0.name) }
                .compactMap(\.address)
            try await context.removeServers(names)
            try await load(clients: 8, count: addresses.count * fixtures.count) { number in
                let (address, port) = (addresses[number % addresses.count], fixtures[number / addresses.count].port)
                try await context.expectShut(address, port)
            }
        }
    }
}

extension Calls {
    /// Installs a taskserv and returns when it runs; the task must complete.
    func install(_ taskserv: String, on server: String, _ orchestrator: OrchestratorClient) async throws {
        var body = servers([server], wait: true)
        body[profile.fields.submission.taskserv] = .string(taskserv)
        try await finish(profile.paths.createTaskserv, body, orchestrator)
    }
}

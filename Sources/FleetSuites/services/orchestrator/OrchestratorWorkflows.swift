import FleetModel
import FleetTestKit
import InterfaceProfile

extension OrchestratorTests {
    static let workflowSubmission = test(
        "services/orchestrator/workflow-submission", "Workflow submission", modes: .from(.solo), estimate: 6
    ) { context in
        let orchestrator = try await context.platform
        let taskserv = JournalTaskserv(name: context.unique("tool"))
        try await taskserv.push(context)
        let (server, name) = (context.unique("flow"), context.unique("small"))
        let identity = try await context.makeIdentity()
        await context.cleanup("delete server \(server)") { try await orchestrator.removeServer(server) }
        await context.cleanup("delete cluster \(name)") { try await orchestrator.removeCluster(name) }
        var cluster = ClusterDefinition(name, nodes: ["\(name)-1", "\(name)-2"])
        cluster.provider = context.profile.spellings.simulatedProviders.first
        let wanted = cluster
        let ids = try await context.step("submit a server, a taskserv that waits for it, and a cluster, at once") {
            let made = try await orchestrator.createServers([server], authorizedKeys: [identity.publicKey])
            let installed = try await orchestrator.taskserv(
                .install, taskserv.reference, on: [server], options: .after(made))
            return [made, installed, try await orchestrator.createCluster(wanted)]
        }
        try await context.step("each is a task of its kind") {
            let spellings = context.profile.spellings
            let names = [spellings.serverTask, spellings.taskservTask, spellings.clusterTask]
            for (id, kind) in zip(ids, names) {
                try expectEqual(try await orchestrator.task(id).name, kind, "the name of the task")
            }
            try expectEqual(try await orchestrator.task(ids[1]).dependencies, [ids[0]], "what the taskserv waits for")
        }
        try await context.step("all are carried out, the taskserv after its server") {
            for id in ids { try await orchestrator.completed(id) }
            let made = try require(try await orchestrator.task(ids[0]).completedAt, "the end of the server's task")
            let begun = try require(try await orchestrator.task(ids[1]).startedAt, "the start of the taskserv's")
            try expect(made <= begun, "the taskserv began after the end of its server's task", actual: [made, begun])
        }
        try await context.step("the server has the taskserv, and the cluster its nodes and its name") {
            let bench = try await Workbench.find(server, identity, context)
            try expectEqual(try await bench.journal(), ["install \(taskserv.name)"], "what was started on the server")
            let found = try require(try await orchestrator.cluster(wanted.name), "the cluster")
            try expectEqual(found.nodes, wanted.nodes, "the nodes")
            let addresses = try await wanted.nodes.asyncMap { node in
                try require(try await orchestrator.server(node)?.address, "the address of \(node)")
            }
            try expectEqual(Set(addresses).count, addresses.count, "the number of different addresses")
            try await context.expectAddresses([addresses[0]], of: "\(wanted.name).\(try context.zone)")
        }
        try await context.step("a cluster of an unknown kind of work, and a taskserv nowhere, are refused") {
            try await expectRefusals(taskserv, server, context)
        }
        try await context.step("the form with the members in params is taken as well") {
            let (fields, other) = (context.profile.fields.submission, context.unique("inner"))
            await context.cleanup("delete server \(other)") { try await orchestrator.removeServer(other) }
            let members: JSONValue = .object([fields.servers: .array([.string(other)])])
            let body = [fields.infra: .string("wuji"), "params": members]
            try await orchestrator.completed(try await orchestrator.submit(context.profile.paths.createServers, body))
            try expect(try await orchestrator.server(other) != nil, "the server is there")
        }
    }

    private static func expectRefusals(
        _ taskserv: JournalTaskserv, _ server: String, _ context: TestContext
    ) async throws {
        let orchestrator = try await context.platform
        let (paths, fields) = (context.profile.paths, context.profile.fields.submission)
        let servers: JSONValue = .array([.string(server)])
        let faults: [(String, String, [String: JSONValue])] = [
            (
                "an operation that is none", paths.createTaskserv,
                [
                    fields.taskserv: .string(taskserv.reference), fields.servers: servers, fields.operation: "polish",
                ]
            ),
            ("a taskserv without a name", paths.createTaskserv, [fields.servers: servers]),
            ("a cluster without a name", paths.createCluster, [:]),
            (
                "a cluster without a control plane", paths.createCluster,
                [
                    fields.name: .string(context.unique("none")), fields.controlPlane: .integer(0),
                ]
            ),
        ]
        for (fault, path, body) in faults {
            try await expectRefusal(fault, statuses: 400...422) { _ = try await orchestrator.submit(path, body) }
        }
        try await expectRefusal("a taskserv on a server that is not there", statuses: 404...404) {
            _ = try await orchestrator.taskserv(.install, taskserv.reference, on: [context.unique("nowhere")])
        }
    }

    static let workflowMonitoring = test(
        "services/orchestrator/workflow-monitoring", "Workflow monitoring", modes: .from(.solo), estimate: 5
    ) { context in
        let orchestrator = try await context.platform
        let gated = JournalTaskserv(name: context.unique("gated"), behaviour: .waitsAtGate)
        let later = JournalTaskserv(name: context.unique("later"))
        for taskserv in [gated, later] { try await taskserv.push(context) }
        let bench = try await Workbench.make(context)
        let first = try await orchestrator.taskserv(.install, gated.reference, on: [bench.name])
        let second = try await orchestrator.taskserv(
            .install, later.reference, on: [bench.name], options: .after(first))
        // Watched from outside while it runs; ends with the tasks, which end with the gate.
        async let firstEvents = orchestrator.taskEvents(first)
        async let secondEvents = orchestrator.taskEvents(second)
        let (opening, isOpen) = AsyncStream.makeStream(of: Never.self)
        async let heard = orchestrator.heard(until: context.profile.spellings.taskCompleted, of: second) {
            isOpen.finish()
        }
        try await context.step("while the first runs, it is running by every account, and the second waits") {
            try await bench.waitForInstallations(1, of: gated)
            try expectEqual(try await orchestrator.task(first).state, .running, "the state of the first")
            let queue = try await orchestrator.queue()
            try expectContains(queue.running, first, "the tasks that run")
            try expect(queue.running.count <= queue.width, "no more run than may", actual: queue.running.count)
            let waiting = try await orchestrator.task(second)
            try expectEqual(waiting.state, .pending, "the state of the second")
            try expectEqual(waiting.startedAt, nil, "the start of the second")
            try expectEqual(try await bench.installations(of: later), 0, "starts of the second on the server")
        }
        try await context.step("open the gate: both are completed, one after the other") {
            // The WebSocket tells from its opening on, and nothing of before.
            for await _ in opening {}
            try await bench.openGate()
            for id in [first, second] { try await orchestrator.completed(id) }
            let lines = try await bench.journal()
            try expectEqual(lines, ["install \(gated.name)", "install \(later.name)"], "the order on the server")
            let queue = try await orchestrator.queue()
            try expect(!queue.running.contains(first), "the queue has let the first go", actual: queue.running)
        }
        let told = try await heard
        try await context.step("who listened to the WebSocket heard of both") {
            for id in [first, second] { try expect(told.contains(id), "task \(id) was told of", actual: told) }
        }
        let spellings = context.profile.spellings
        let order = [spellings.taskPending, spellings.taskRunning, spellings.taskCompleted].map { $0.lowercased() }
        for (id, events) in [(first, try await firstEvents), (second, try await secondEvents)] {
            try await context.step("who watched task \(id.prefix(8)) was told each state once, in order, to the end") {
                let states = events.map { $0.status.lowercased() }
                try expectEqual(Set(events.map(\.subject)), [id], "the tasks that were told of")
                try expectEqual(Set(events.map(\.type)), [spellings.taskEvent], "the kinds of events")
                try expectEqual(states, order.filter(states.contains), "the states")
                try expectEqual(states.last, order.last, "the last state")
                try expect(states.count >= 2, "the change was told, not the end alone", actual: states)
            }
        }
    }
}

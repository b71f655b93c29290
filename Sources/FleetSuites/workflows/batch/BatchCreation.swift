import FleetModel
import FleetTestKit
import InterfaceProfile

extension BatchTests {
    static let multiServerCreation = test(
        "workflows/batch/multi-server-creation", "Multi-server creation", modes: .from(.solo), estimate: 6
    ) { context in
        let orchestrator = try await context.platform
        let names = (1...5).map { context.unique("many-\($0)") }
        let identity = try await context.makeIdentity()
        let batch = try await context.step("one operation makes five servers") {
            try await submit(
                BatchDefinition(
                    context.unique("many"),
                    [
                        .servers("make", names, keys: [identity.publicKey], context.profile)
                    ]), making: names, context)
        }
        try await context.step("it is completed") { try await orchestrator.batchCompleted(batch.id) }
        let servers = try await context.step("all run, and their names resolve") {
            try await expectServers(names, context)
        }
        try await context.step("each has an address of its own") {
            let addresses = servers.compactMap(\.address)
            try expectEqual(Set(addresses).count, names.count, "the number of different addresses")
        }
        try await context.step("each lets us in, and has a home of its own") {
            for name in names {
                let bench = try await Workbench.find(name, identity, context)
                _ = try await bench.ssh.output(of: "echo \(name) > whoami")
            }
            for name in names {
                let bench = try await Workbench.find(name, identity, context)
                try expectEqual(try await bench.ssh.output(of: "cat whoami"), name, "what we left on \(name)")
            }
        }
        try await context.step("a rollback afterwards removes all five") {
            try await orchestrator.rollBackBatch(batch.id)
            let end = try await orchestrator.batchEnded(batch.id)
            try expectEqual(end.state, .rolledBack, "the state of the batch")
            try await expectNothingLeft(of: names, wereAt: servers, context)
        }
    }

    static let multiTaskservInstallation = test(
        "workflows/batch/multi-taskserv-installation", "Multi-taskserv installation", modes: .from(.solo), estimate: 8
    ) { context in
        let orchestrator = try await context.platform
        let profile = context.profile
        let fixtures = (0..<3).map { number in
            TaskservFixture(name: context.unique("tool-\(number)"), version: "1.\(number).0", port: 7101 + number)
        }
        for fixture in fixtures { try await fixture.push(context) }
        let names = [context.unique("left"), context.unique("right")]
        let batch = try await context.step("make two servers, then three taskservs on both") {
            try await submit(
                BatchDefinition(
                    context.unique("tools"),
                    [
                        .servers("make", names, profile),
                        BatchDefinition.Operation.taskservs("tools", fixtures.map(\.reference), on: names, profile)
                            .after("make"),
                    ]), making: names, context)
        }
        try await context.step("it is completed") { try await orchestrator.batchCompleted(batch.id) }
        let servers = try await expectServers(names, context)
        let processes = try await context.step("six daemons answer, each at its server's address with its version") {
            var processes: Set<Int> = []
            for server in servers {
                let address = try require(server.address, "the address")
                for fixture in fixtures {
                    processes.insert(
                        try await fixture.processID(at: TCPClient(host: address, port: fixture.port)))
                }
            }
            return processes
        }
        try await context.step("they are six processes, and the platform lists them all as running") {
            try expectEqual(processes.count, 6, "the number of processes")
            let running = profile.spellings.taskservRunning.lowercased()
            let expected = Set(
                fixtures.map { ServerInfo.Taskserv(name: $0.name, version: $0.version, status: running) })
            for server in servers {
                try expectEqual(Set(server.taskservs), expected, "the taskservs of \(server.name)")
            }
        }
        try await context.step("one that cannot be installed takes the others of its operation off again") {
            try await expectAllOrNothing(names[0], context)
        }
    }

    /// An operation of two taskservs, one of which fails, leaves neither.
    private static func expectAllOrNothing(_ server: String, _ context: TestContext) async throws {
        let orchestrator = try await context.platform
        let good = JournalTaskserv(name: context.unique("good"))
        let broken = JournalTaskserv(name: context.unique("broken"), behaviour: .fails(times: 100))
        for taskserv in [good, broken] { try await taskserv.push(context) }
        let before = try require(try await orchestrator.server(server), "the server").taskservs
        let batch = try await submit(
            BatchDefinition(
                context.unique("half"),
                [
                    .taskservs("both", [good.reference, broken.reference], on: [server], context.profile)
                ]), context)
        let end = try await orchestrator.batchEnded(batch.id)
        try expectEqual(end.state, .rolledBack, "the state of the batch")
        let after = try require(try await orchestrator.server(server), "the server").taskservs
        try expectEqual(Set(after), Set(before), "the taskservs of the server")
    }

    static let clusterDeployment = test(
        "workflows/batch/cluster-deployment", "Cluster deployment", modes: .from(.solo), estimate: 8
    ) { context in
        let orchestrator = try await context.platform
        let name = context.unique("cluster")
        let fixture = ClusterFixture(name: context.unique("node"), port: 7201)
        try await fixture.push(context)
        var cluster = ClusterDefinition(name, nodes: (1...3).map { "\(name)-\($0)" })
        cluster.taskservs = [fixture.reference]
        let wanted = cluster
        await context.cleanup("delete cluster \(name)") { try await orchestrator.removeCluster(name) }
        let batch = try await context.step("one operation deploys a cluster of three nodes") {
            try await submit(
                BatchDefinition(context.unique("deploy"), [.cluster("deploy", wanted, context.profile)]), context)
        }
        try await context.step("it is completed") { try await orchestrator.batchCompleted(batch.id) }
        let servers = try await expectServers(wanted.nodes, context)
        let control = try require(servers[0].address, "the address of the control plane")
        try await context.step("the cluster is listed, and its name leads to its control plane") {
            let found = try require(try await orchestrator.cluster(name), "the cluster")
            try expectEqual(found.nodes, wanted.nodes, "the nodes")
            try expectEqual(found.controlPlane, [wanted.nodes[0]], "the control plane")
            try await context.expectAddresses([control], of: "\(name).\(try context.zone)")
        }
        try await context.step("the nodes have joined: the control plane knows them all, over the network") {
            let nodes = try await fixture.nodes(at: TCPClient(host: control, port: fixture.port))
            try expectEqual(nodes, Set(servers.compactMap(\.address)), "the nodes that have joined")
        }
        try await context.step("a rollback takes the cluster away: daemons, servers and names") {
            try await orchestrator.rollBackBatch(batch.id)
            try expectEqual(try await orchestrator.batchEnded(batch.id).state, .rolledBack, "the state of the batch")
            try expectEqual(try await orchestrator.cluster(name), nil, "the cluster")
            try await expectNothingLeft(of: wanted.nodes + [name], wereAt: servers, context)
            try await context.expectShut(control, fixture.port)
        }
    }

    static let mixedProviders = test(
        "workflows/batch/mixed-providers", "Mixed providers (AWS + UpCloud + local)", modes: .from(.solo), estimate: 4
    ) { context in
        let orchestrator = try await context.platform
        let profile = context.profile
        let providers = profile.spellings.simulatedProviders + [profile.spellings.localProvider]
        let names = Dictionary(uniqueKeysWithValues: providers.map { ($0, context.unique($0)) })
        let identity = try await context.makeIdentity()
        let batch = try await context.step("one batch, an operation for each provider, the last after the others") {
            var operations = providers.map { provider in
                BatchDefinition.Operation.servers(
                    provider, [names[provider] ?? ""], provider: provider, keys: [identity.publicKey], profile)
            }
            let last = operations.removeLast()
            operations.append(operations.reduce(last) { $0.after($1.id) })
            return try await submit(
                BatchDefinition(context.unique("mixed"), operations), making: names.values.sorted(), context)
        }
        try await context.step("it is completed") { try await orchestrator.batchCompleted(batch.id) }
        let servers = try await expectServers(providers.compactMap { names[$0] }, context)
        try await context.step("each server is its provider's, with the provider's own name and an address of its own")
        {
            try expectEqual(servers.map { $0.provider?.lowercased() }, providers, "the providers")
            let ids = servers.compactMap(\.providerID)
            try expectEqual(Set(ids).count, servers.count, "the number of different names by the providers")
            try expectEqual(Set(servers.compactMap(\.address)).count, servers.count, "the number of addresses")
            try expect(
                servers.allSatisfy { $0.zone?.isEmpty == false && $0.plan?.isEmpty == false },
                "each has a zone and a plan", actual: servers.map { "\($0.zone ?? "-") \($0.plan ?? "-")" })
        }
        try await context.step("who is not simulated lets us in; who is says so") {
            let local = servers[servers.count - 1]
            try expect(!local.isSimulated, "the local server is real")
            let bench = try await Workbench.find(local.name, identity, context)
            try expectEqual(try await bench.ssh.output(of: "echo in"), "in", "what the local server says")
        }
        try await context.step("a rollback removes them at every provider") {
            try await orchestrator.rollBackBatch(batch.id)
            try expectEqual(try await orchestrator.batchEnded(batch.id).state, .rolledBack, "the state of the batch")
            try await expectNothingLeft(of: servers.map(\.name), wereAt: servers, context)
        }
    }
}

import FleetHTTP
import FleetModel
import FleetTestKit
import InterfaceProfile

extension Multiuser {
    static let services = test(
        "modes/multiuser/multiuser-services", "Multi-user services running", modes: [.multiuser], estimate: 2
    ) { context in
        let anonymous = try context.orchestrator
        try await context.step("orchestrator and control center are ready") {
            // While changes of the zone are on their way, the orchestrator says that it is not ready.
            try await eventually("both are ready") {
                try await anonymous.ready()
                let center = JSONClient(web: try context.web("control-center"))
                try await center.ask(.get, context.profile.controlCenter.ready)
            }
        }
        try await context.step("Gitea is in good health, and says its version") {
            let gitea = JSONClient(web: try context.web("gitea"))
            try expectEqual(try await gitea.ask(.get, "/api/healthz")["status"]?.string, "pass", "Gitea's health")
            let version = try await gitea.ask(.get, "/api/v1/version")["version"]?.string
            try expect(version?.first?.isNumber == true, "the version begins with a digit", actual: version)
        }
        try await context.step("the extension registry reaches both of its sources") {
            let registry = JSONClient(web: try context.web("extension-registry"))
            try await eventually("it is ready") {
                try await registry.ask(.get, context.profile.extensionRegistry.ready)
            }
        }
        try await context.step("PostgreSQL answers the owner of each database, and holds what the services keep") {
            let names = try context.endpoint("postgresql", "databases").split(separator: ",").map(String.init)
            try expectContains(names, "control_center", "the databases")
            for name in names {
                let rows = try await context.postgreSQL(as: name).query("select current_user, current_database()")
                try expectEqual(rows, [[name, name]], "user and database")
            }
            let users = try await context.postgreSQL(as: "control_center").query(
                "select name from control_center.users")
            let expected = try context.endpoint("control-center", "users").split(separator: ",").map(String.init)
            let missing = expected.filter { !users.joined().contains($0) }
            try expectEqual(missing, [], "the users that the database lacks")
        }
        try await context.step("what was open in solo mode asks who comes") {
            let paths = context.profile.paths
            for path in [paths.tasks, paths.servers, paths.workspaces, paths.identity] {
                let status = try await JSONClient(web: try context.web("orchestrator")).status(.get, path)
                try expectEqual(status, 401, "the status of GET \(path) without a login")
            }
        }
    }

    static let concurrentOperations = test(
        "modes/multiuser/concurrent-operations", "Concurrent operations", modes: [.multiuser], estimate: 6
    ) { context in
        let platform = try await context.platform
        let people = ["developer", "operator", "admin"]
        let names = people.map { person in (0..<3).map { context.unique("\(person)\($0)") } }
        for name in names.joined() {
            await context.cleanup("delete server \(name)") { try await platform.removeServer(name) }
        }
        let tasks = try await context.step("three people create three servers each, at the same time") {
            try await withThrowingTaskGroup(of: String.self) { group in
                for (person, own) in zip(people, names) {
                    let orchestrator = try context.orchestrator(as: try await context.login(person))
                    for name in own { group.addTask { try await orchestrator.createServers([name]) } }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
        try await context.step("each submission is a task of its own, and all end well") {
            try expectEqual(Set(tasks).count, 9, "the number of tasks")
            for task in tasks { try await platform.completed(task, within: .seconds(60)) }
        }
        try await context.step("each server is there once, with an address of its own, and in the DNS") {
            let servers = try await platform.servers().filter { server in names.joined().contains(server.name) }
            try expectEqual(servers.map(\.name).sorted(), names.joined().sorted(), "the servers")
            let addresses = servers.compactMap(\.address)
            try expectEqual(Set(addresses).count, 9, "the number of addresses")
            for server in servers {
                let found = try await context.dns.values("\(server.name).\(try context.zone)", .a)
                try expectEqual(found, [server.address].compactMap(\.self), "the addresses of \(server.name)")
            }
        }
        try await context.step("two people who delete the same server delete it once") {
            let name = names[0][0]
            let both = [try context.orchestrator(as: try await context.login("operator")), platform]
            let ends = try await withThrowingTaskGroup(of: TaskState?.self) { group in
                for person in both {
                    group.addTask {
                        // Who comes second may be refused at once, because there is nothing left.
                        guard let id = try? await person.deleteServers([name]) else { return nil }
                        return try await platform.ended(id).state
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            try expectContains(ends, .completed, "the ends of the two deletions")
            try expectEqual(try await platform.server(name), nil, "the server")
            try expectEqual(try await context.dns.values("\(name).\(try context.zone)", .a), [], "its addresses")
        }
    }

    static let dnsForServers = test(
        "modes/multiuser/dns-for-multiple-servers", "DNS for multiple servers", modes: [.multiuser], estimate: 5
    ) { context in
        let developer = try context.orchestrator(as: try await context.login("developer"))
        let platform = try await context.platform
        let names = (0..<5).map { context.unique("multi\($0)") }
        for name in names { await context.cleanup("delete server \(name)") { try await platform.removeServer(name) } }
        let zone = try context.zone
        try await context.step("a developer creates five servers with one submission") {
            try await developer.completed(try await developer.createServers(names), within: .seconds(60))
        }
        let servers = try await developer.servers().filter { names.contains($0.name) }
        try await context.step("each name has the server's address, over UDP and TCP") {
            try expectEqual(servers.count, 5, "the number of servers")
            for server in servers {
                for transport in DNSClient.Transport.allCases {
                    let answer = try await context.dns.query("\(server.name).\(zone)", .a, over: transport)
                    try expectEqual(answer.code, .noError, "the code of \(server.name) over \(transport.rawValue)")
                    try expectEqual(answer.answers.count, 1, "the number of records")
                    try expect(Int(answer.answers.first?.ttl ?? 0) <= context.profile.dns.ttl, "the TTL is bounded")
                }
                let found = try await context.dns.values("\(server.name).\(zone)", .a)
                try expectEqual(found, [server.address].compactMap(\.self), "the addresses of \(server.name)")
            }
        }
        try await context.step("the orchestrator's list says the same") {
            let records = try await developer.dnsRecords().filter { record in
                servers.contains { record.name == "\($0.name).\(zone)" }
            }
            try expectEqual(
                Set(records.map(\.value)), Set(servers.compactMap(\.address)), "the values of the records")
        }
        try await context.step("two of them are deleted; only their names go") {
            try await developer.completed(try await developer.deleteServers(Array(names.prefix(2))))
            for (index, name) in names.enumerated() {
                let count = try await context.dns.values("\(name).\(zone)", .a).count
                try expectEqual(count, index < 2 ? 0 : 1, "the number of addresses of \(name)")
            }
        }
    }
}

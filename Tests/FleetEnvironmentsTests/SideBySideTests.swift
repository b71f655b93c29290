import FleetModel
import FleetSystem
import Testing

@testable import FleetEnvironments

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Environments of all modes at the same time on one host: each tries to reach what belongs to the others.
@Suite(.serialized, .enabled(if: modesHere.count > 1, "this machine can hold the mode solo alone"))
struct SideBySideTests {
    @Test("environments of different modes touch nothing of each other", arguments: EnvironmentTests.drivers)
    func apart(driver: Driver) async throws {
        try await withPlace { place in
            var neighbours: [Neighbour] = []
            for mode in modesHere {
                let plan = try place.plan(driver, name: mode.rawValue, mode: mode)
                neighbours.append(Neighbour(plan: plan, environment: try await place.bringUp(plan), driver: driver))
            }
            try await namesAreApart(neighbours)
            try await databasesAreApart(neighbours)
            try await portsAreApart(neighbours, driver)
            filesAndProcessesAreApart(neighbours, in: place)
            // One that goes is not noticed by the others: each process of theirs lives on.
            while let leaving = neighbours.popLast() {
                let others = neighbours.flatMap { $0.processes(in: place) }
                #expect(await leaving.environment.takeDown() == [])
                let gone = others.filter { haveEnded([$0]) }.map(\.commandLine)
                #expect(gone.isEmpty, "they ended with \(leaving.name): \(gone)")
            }
        }
    }

    /// A record in one zone is in no other one, and no other's key may write there.
    private func namesAreApart(_ neighbours: [Neighbour]) async throws {
        for neighbour in neighbours {
            let told = try await neighbour.addRecord(withKeyOf: neighbour)
            #expect(told.status == .exited(0), "\(told.output)")
            for other in neighbours where other.name != neighbour.name {
                let answer = try await neighbour.lookUp("only-\(other.name).provisioning.local")
                #expect(answer.status == .exited(0) && answer.output.isEmpty, "\(answer)")
                #expect(try await neighbour.addRecord(withKeyOf: other).status != .exited(0))
            }
        }
    }

    /// A table in one database is in no other one, and no other's password opens it.
    private func databasesAreApart(_ neighbours: [Neighbour]) async throws {
        let holding = neighbours.filter { $0.environment.endpoints["postgresql", "port"] != nil }
        for neighbour in holding {
            _ = try await neighbour.askDatabase("create table only_\(neighbour.name) ()", passwordOf: neighbour)
            let tables = try await neighbour.askDatabase(
                "select tablename from pg_tables where tablename like 'only%'", passwordOf: neighbour)
            #expect(tables.output == "only_\(neighbour.name)\n")
            for other in holding where other.name != neighbour.name {
                #expect(try await neighbour.askDatabase("select 1", passwordOf: other).status == .exited(2))
            }
        }
    }

    /// On one network no port is used twice; in networks of their own no service of another one answers.
    private func portsAreApart(_ neighbours: [Neighbour], _ driver: Driver) async throws {
        if driver == .process {
            let ports = neighbours.flatMap { neighbour in
                neighbour.environment.endpoints.services.values.compactMap { $0["url"] ?? $0["port"] }
            }
            #expect(Set(ports).count == ports.count, "\(ports)")
            return
        }
        let connect = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 2)"
        for neighbour in neighbours {
            let own = Set(neighbour.environment.endpoints.services.values.compactMap { $0["port"] })
            for other in neighbours where other.name != neighbour.name {
                for service in other.environment.endpoints.services.values {
                    guard let port = service["port"], !own.contains(port) else { continue }
                    let words = ["python3", "-c", connect, service["address"] ?? "127.0.0.1", port]
                    #expect(try await other.run(words).status == .exited(0), "\(other.name) \(words)")
                    #expect(try await neighbour.run(words).status == .exited(1), "\(neighbour.name) \(words)")
                }
            }
        }
    }

    /// No process has a file of another environment open or works in its directory, and none belongs to two.
    private func filesAndProcessesAreApart(_ neighbours: [Neighbour], in place: Place) {
        for neighbour in neighbours {
            let processes = neighbour.processes(in: place)
            #expect(processes.count >= neighbour.environment.services.count)
            let open = processes.flatMap { openFiles(of: $0.processID) }
            #expect(open.contains { $0.hasPrefix(neighbour.plan.directory + "/") }, "its own are seen")
            for other in neighbours where other.name != neighbour.name {
                let foreign = open.filter { $0.hasPrefix(other.plan.directory + "/") }
                #expect(foreign.isEmpty, "\(neighbour.name) has open: \(foreign)")
                #expect(processes.allSatisfy { !$0.commandLine.contains(other.plan.directory + "/") })
            }
        }
    }
}

/// One of several environments on a host.
private struct Neighbour {
    let plan: EnvironmentPlan
    let environment: RunningEnvironment
    let driver: Driver

    var name: String { plan.request.mode.rawValue }

    func property(_ service: String, _ key: String) throws -> String {
        try #require(environment.endpoints[service, key])
    }

    /// Runs a program where the services of this environment are.
    func run(_ command: [String], variables: [String: String] = [:]) async throws -> (
        output: String, status: ExitStatus?
    ) {
        try await FleetEnvironmentsTests.run(
            command, joining: driver == .namespace ? environment.keeperProcessID : nil, variables: variables)
    }

    func processes(in place: Place) -> [ProcessInfo] {
        place.marked().filter { $0.environment?[EnvironmentMark.variable] == plan.name }
    }

    /// Writes a record with the owner's name into this environment's zone.
    func addRecord(withKeyOf owner: Neighbour) async throws -> (output: String, status: ExitStatus?) {
        let key = try #require(owner.environment.credentials["dns"])
        let update = """
            server \(try property("dns", "address")) \(try property("dns", "port"))
            key hmac-sha256:\(key["key-name"] ?? ""):\(key["secret"] ?? "")
            zone provisioning.local
            update add only-\(owner.name).provisioning.local 60 A 192.0.2.1
            send

            """
        return try await run(["sh", "-c", "printf '%s' \"$UPDATE\" | knsupdate"], variables: ["UPDATE": update])
    }

    func lookUp(_ name: String) async throws -> (output: String, status: ExitStatus?) {
        let (address, port) = (try property("dns", "address"), try property("dns", "port"))
        return try await run(["kdig", "@\(address)", "-p", port, "+short", name])
    }

    func askDatabase(
        _ statement: String, passwordOf owner: Neighbour
    ) async throws -> (output: String, status: ExitStatus?) {
        let address = ["-h", "127.0.0.1", "-p", try property("postgresql", "port")]
        return try await run(
            ["psql"] + address + ["-U", "postgres", "-Atc", statement],
            variables: ["PGPASSWORD": owner.environment.credentials["postgresql"]?["password"] ?? ""])
    }
}

import FleetModel
import FleetSystem
import Testing

@testable import FleetEnvironments

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The modes that this program knows and whose programs are here.
private let modesHere: [Mode] = ServiceCatalogue.modes().filter { mode in
    ServiceCatalogue.missingPrograms(for: mode, bundle: Built.bundle ?? "", path: Built.path).isEmpty
}

/// Environments of the modes above solo: alone, side by side, and climbing.
@Suite(
    "Modes", .serialized,
    .enabled(if: modesHere.count > 1, "this program, or this machine, can hold the mode solo alone"))
struct ClimbTests {
    @Test("a climb adds what is missing, keeps what was told, and starts only those again that are told something else")
    func climbing() async throws {
        try await withPlace { place in
            let plan = try place.plan(.namespace, mode: .solo)
            let environment = try await place.bringUp(plan)
            let pids = Dictionary(place.marked().map { ($0.name, $0.processID) }) { first, _ in first }
            var seconds: [String] = ["solo \(environment.readySeconds)"]
            for mode in modesHere.dropFirst() {
                try await environment.climb(to: mode)
                #expect(environment.services.map(\.name) == ServiceTable.services(of: mode).sorted())
                #expect(environment.endpoints["environment", "mode"] == mode.rawValue)
                seconds.append("\(mode) +\(environment.readySeconds)")
            }
            let now = Dictionary(place.marked().map { ($0.name, $0.processID) }) { first, _ in first }
            for program in ["knotd", "docker-registry"] {
                #expect(now[program] == pids[program], "\(program) was left alone")
            }
            do {
                try await environment.climb(to: .solo)
                Issue.record("it descended")
            } catch let failure as EnvironmentFailure {
                #expect(failure.kind == .missing)
            }
            #expect(await environment.takeDown() == [])
            Attachment.record(seconds.joined(separator: "\n"), named: "climb.txt")
        }
    }

    @Test("every mode comes up by itself and says how long that took", arguments: modesHere)
    func alone(mode: Mode) async throws {
        try await withPlace { place in
            let environment = try await place.bringUp(try place.plan(.namespace, mode: mode))
            let services = environment.services.map { "\($0.name) \($0.version): \($0.readySeconds)" }
            let begin = ContinuousClock.now
            #expect(await environment.takeDown() == [])
            let down = begin.duration(to: .now)
            Attachment.record(
                "ready \(environment.readySeconds), down \(down)\n\(services.joined(separator: "\n"))",
                named: "\(mode).txt")
        }
    }

    @Test(
        "environments of different modes on one host touch nothing of each other", arguments: EnvironmentTests.drivers)
    func sideBySide(driver: Driver) async throws {
        try await withPlace { place in
            var environments: [RunningEnvironment] = []
            for mode in modesHere {
                environments.append(try await place.bringUp(try place.plan(driver, name: mode.rawValue, mode: mode)))
            }
            let directories = modesHere.map { "\(place.directory)/\($0.rawValue)" }
            var ports: [String] = []
            for (index, environment) in environments.enumerated() {
                let joined = driver == .namespace ? environment.keeperProcessID : nil
                // A record in one zone is in no other one.
                let dns = try #require(environment.credentials["dns"])
                let (address, port) = (
                    environment.endpoints["dns", "address"] ?? "", environment.endpoints["dns", "port"] ?? ""
                )
                let update = """
                    server \(address) \(port)
                    key hmac-sha256:\(dns["key-name"] ?? ""):\(dns["secret"] ?? "")
                    zone provisioning.local
                    update add only-\(index).provisioning.local 60 A 192.0.2.1
                    send

                    """
                let told = try await run(
                    ["sh", "-c", "printf '%s' \"$UPDATE\" | knsupdate"], joining: joined, variables: ["UPDATE": update])
                #expect(told.status == .exited(0), "\(told.output)")
                for other in environments.indices where other != index {
                    let answer = try await run(
                        ["kdig", "@\(address)", "-p", port, "+short", "only-\(other).provisioning.local"],
                        joining: joined)
                    #expect(answer.output.isEmpty)
                }
                ports += environment.endpoints.services.values.compactMap { $0["url"] ?? $0["port"] }
                // What belongs to one is open in no other's process.
                for directory in directories where directory != directories[index] {
                    let strangers = place.marked().filter {
                        $0.environment?[EnvironmentMark.variable] == "\(place.name)-\(modesHere[index].rawValue)"
                            && $0.commandLine.contains(directory + "/")
                    }
                    #expect(strangers.isEmpty)
                }
            }
            if driver == .process { #expect(Set(ports).count == ports.count, "\(ports)") }
            try await databasesAreApart(environments, driver)
            // One that goes is not noticed by the others.
            for environment in environments { #expect(await environment.takeDown() == []) }
        }
    }

    private func databasesAreApart(_ environments: [RunningEnvironment], _ driver: Driver) async throws {
        let holding = environments.filter { $0.endpoints["postgresql", "port"] != nil }
        for (index, environment) in holding.enumerated() {
            func ask(_ statement: String, password: String) async throws -> (output: String, status: ExitStatus?) {
                let command = [
                    "psql", "-h", "127.0.0.1", "-p", environment.endpoints["postgresql", "port"] ?? "", "-U",
                    "postgres",
                    "-Atc", statement,
                ]
                return try await run(
                    command, joining: driver == .namespace ? environment.keeperProcessID : nil,
                    variables: ["PGPASSWORD": password])
            }
            let own = environment.credentials["postgresql"]?["password"] ?? ""
            _ = try await ask("create table only_\(index) ()", password: own)
            let tables = try await ask("select tablename from pg_tables where tablename like 'only%'", password: own)
            #expect(tables.output == "only_\(index)\n")
            for other in holding.indices where other != index {
                let foreign = holding[other].credentials["postgresql"]?["password"] ?? ""
                #expect(try await ask("select 1", password: foreign).status == .exited(2))
            }
        }
    }
}

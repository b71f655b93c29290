import FleetModel
import FleetSystem
import Testing

@testable import FleetEnvironments

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One running service, as the tests use it.
struct ServiceUnderTest: Sendable {
    let name: String
    let environment: RunningEnvironment
    let directory: String

    var log: String { "\(directory)/logs/\(name).log" }
    var info: ServiceInfo {
        environment.services.first { $0.name == name }
            ?? ServiceInfo(name: name, backing: .native, version: "", readySeconds: 0)
    }

    func property(_ property: String) throws -> String { try #require(environment.endpoints[name, property]) }

    func run(
        _ command: [String], _ variables: [String: String] = [:]
    ) async throws -> (output: String, status: FleetSystem.ExitStatus?) {
        let joined = environment.driver == .namespace ? environment.keeperProcessID : nil
        return try await FleetEnvironmentsTests.run(command, joining: joined, variables: variables)
    }

    func python(_ script: String, _ arguments: String...) async throws -> (
        output: String, status: FleetSystem.ExitStatus?
    ) {
        try await python(script, variables: [:], arguments: arguments)
    }

    func python(
        _ script: String, variables: [String: String], arguments: [String]
    ) async throws -> (output: String, status: FleetSystem.ExitStatus?) {
        try await run(["python3", "-c", script] + arguments, variables)
    }
}

/// Brings an environment with one service up, and down when the body has ended.
func withService(
    _ name: String, _ driver: Driver, besides others: [String] = [], mode: Mode = .solo,
    _ body: (ServiceUnderTest) async throws -> Void
) async throws {
    try await withPlace { place in
        var plan = try place.plan(driver, mode: mode)
        plan.onlyServices = others + [name]
        let environment = try await place.bringUp(plan)
        let service = ServiceUnderTest(name: name, environment: environment, directory: plan.directory)
        let result: Result<Void, any Error>
        do { result = .success(try await body(service)) } catch { result = .failure(error) }
        let seconds = service.info.readySeconds
        #expect(await environment.takeDown() == [])
        #expect(access(plan.directory, F_OK) != 0)
        Attachment.record("\(name), \(driver.rawValue): \(seconds) s", named: "ready-\(name)-\(driver.rawValue).txt")
        try result.get()
    }
}

import FleetModel
import FleetSystem
import FleetTestSupport
import Testing

@testable import FleetEnvironments

/// A real environment of any mode for tests of the suites: every service that an agent brings up, on free ports of this
/// machine.
struct SuiteStack: Sendable {
    let environment: RunningEnvironment

    /// Where its services are.
    var endpoints: Endpoints {
        var endpoints = environment.endpoints
        endpoints.services["environment", default: [:]].merge(["driver": Driver.process.rawValue]) { $1 }
        return endpoints
    }
    /// Its secrets.
    var credentials: [String: [String: String]] { environment.credentials }

    /// What this machine lacks for a mode, in words; empty when it can have one.
    static func missing(for mode: Mode) -> [String] {
        guard let bundle, helper != nil else { return ["the platform executable and fleet-helper beside the tests"] }
        let programs = ServiceCatalogue.missingPrograms(for: mode, bundle: bundle, path: path).map { "\($0)" }
        return programs + ["ssh", "ssh-keygen", "perl", "git"].filter { ProgramSearch.find($0) == nil }
    }

    /// Runs a closure over a fresh environment, which is gone afterwards.
    static func with(_ mode: Mode, _ body: (SuiteStack) async throws -> Void) async throws {
        let name = "fleet-suite-\(UInt64.random(in: 0 ... .max))"
        let directory = "/tmp/\(name)"
        try PrivateDirectory.ensure(directory)
        defer { _ = DirectoryTree.remove(directory) }
        let plan = EnvironmentPlan(
            request: EnvironmentRequest(mode: mode, driver: .process), name: name, directory: "\(directory)/a",
            bundle: try #require(bundle), searchPath: path)
        let environment = try await RunningEnvironment.bringUp(plan, keeper: [try #require(helper), "keeper"])
        let result: Result<Void, any Error>
        do { result = .success(try await body(SuiteStack(environment: environment))) } catch {
            result = .failure(error)
        }
        #expect(await environment.takeDown() == [])
        try result.get()
    }

    private static let helper = BuiltProgram.find("fleet-helper")
    private static let bundle = BuiltProgram.find("platform").map { String($0.dropLast("/platform".count)) }
    // Where `make packages` puts programs that are not Debian's.
    private static let tools = "/\(#filePath.split(separator: "/").dropLast(4).joined(separator: "/"))/.build-tools"
    private static let path = "\(tools)/bin:\(EnvironmentPlan.defaultProgramPath)"
}

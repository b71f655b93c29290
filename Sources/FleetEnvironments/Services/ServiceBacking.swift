import FleetModel
import FleetSystem

/// A program that a backing needs, and how to get it.
public struct RequiredProgram: Sendable, Hashable, Codable {
    /// Its name, looked up in `PATH`.
    public var name: String
    /// The Debian package that brings it; nil when the bundle does.
    public var package: String?

    /// Describes a program.
    public init(name: String, package: String?) {
        self.name = name
        self.package = package
    }
}

/// One way to stand behind one service.
protocol ServiceBacking: Sendable {
    /// The service: `dns`, `registry`, …
    var service: String { get }
    /// What kind of backing.
    var kind: Backing { get }
    /// The services that must be ready before this one starts.
    var dependencies: [String] { get }
    /// The programs that the host must have.
    var programs: [RequiredProgram] { get }
    /// The port that the service has where nobody else is.
    var standardPort: Int { get }

    /// Product and version, as the program itself says.
    func version(in surroundings: ServiceSurroundings) async -> String

    /// What to write and to start; called again with another port when the first was taken.
    func launch(in surroundings: ServiceSurroundings, port: Int) -> ServiceLaunch
}

/// What a service finds around it.
struct ServiceSurroundings: Sendable {
    /// The environment.
    var plan: EnvironmentPlan
    /// A directory of the service's own, which exists.
    var directory: String
    /// Where its dependencies are.
    var endpoints: Endpoints
    /// What its dependencies want to be told.
    var secrets: [String: [String: String]]

    /// The path of a program; the name itself when it is not found, so that the error says so.
    func program(_ name: String) -> String { ProgramSearch.find(name, in: plan.programPath) ?? name }

    /// The environment of every program of this one, with the marks that make it known as ours.
    var environment: [String: String] {
        let own = ["PATH": plan.programPath, "HOME": directory, "TMPDIR": directory, "LANG": "C.UTF-8"]
        return own.merging(plan.allMarks) { $1 }
    }
}

/// What one service needs at its start.
struct ServiceLaunch: Sendable {
    /// A file that is written before the start, with mode 0600.
    struct File: Sendable {
        var path: String
        var content: String
    }

    var executable: String
    var arguments: [String]
    var files: [File] = []
    var directories: [String] = []
    var gates: [HealthGate]
    /// The properties that others reach it by.
    var properties: [String: String]
    /// What only those may know who may change it.
    var secrets: [String: String] = [:]

    /// The command for people; secrets are never arguments.
    var command: String { ([executable] + arguments).joined(separator: " ") }
}

import FleetHTTP
import FleetModel
import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A program that a backing needs, and where it comes from.
public struct RequiredProgram: Sendable, Hashable, Codable {
    /// Where a program comes from.
    public enum Origin: Sendable, Hashable, Codable {
        /// The bundle that is pushed.
        case bundle
        /// The bundle where it has it, else the host.
        case bundleOrHost
        /// A Debian package of this name.
        case package(String)
        /// The user: `--platform-bin`, or the host.
        case user
        /// Whichever program for containers the host has.
        case containers
    }

    /// Its name, looked up in `PATH`.
    public var name: String
    /// Where it comes from.
    public var origin: Origin

    /// Describes a program.
    public init(name: String, from origin: Origin) {
        self.name = name
        self.origin = origin
    }

    /// The Debian package that brings it; nil when none does.
    public var package: String? {
        switch origin {
        case .package(let package): package
        case .containers: "podman"
        case .bundle, .bundleOrHost, .user: nil
        }
    }

    /// Its path on this host; nil when it is not there.
    func find(bundle: String, path: String) -> String? {
        switch origin {
        case .bundle: ProgramSearch.find("\(bundle)/\(name)")
        case .bundleOrHost: ProgramSearch.find("\(bundle)/\(name)") ?? ProgramSearch.find(name, in: path)
        case .package, .user: ProgramSearch.find(name, in: path)
        case .containers: ContainerProgram.find(in: path)?.path
        }
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
    /// The signal that ends it in order.
    var stopSignal: Int32 { get }

    /// Product and version, as the program itself says.
    func version(in surroundings: ServiceSurroundings) async -> String

    /// What to write and to start; called again with another port when the first was taken.
    func launch(in surroundings: ServiceSurroundings, port: Int) -> ServiceLaunch

    /// What is left to do when all gates are open; returns the launch with what only now is known.
    func complete(
        _ launch: ServiceLaunch, in surroundings: ServiceSurroundings, client: HTTPClient
    ) async throws(EnvironmentFailure) -> ServiceLaunch

    /// Called whenever a service of the environment has become ready.
    func follow(_ endpoints: Endpoints, in surroundings: ServiceSurroundings) throws(SystemCallError)
}

extension ServiceBacking {
    var dependencies: [String] { ServiceTable.dependencies(of: service) }
    var stopSignal: Int32 { SIGTERM }

    func complete(
        _ launch: ServiceLaunch, in surroundings: ServiceSurroundings, client: HTTPClient
    ) async throws(EnvironmentFailure) -> ServiceLaunch { launch }

    func follow(_ endpoints: Endpoints, in surroundings: ServiceSurroundings) throws(SystemCallError) {}
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

    /// The path of a program that the bundle brings or the host has.
    func program(_ program: RequiredProgram) -> String {
        program.find(bundle: plan.bundle, path: plan.programPath) ?? program.name
    }

    /// A file that a start leaves for the next one, so that a service that starts again knows its secrets.
    func kept(_ name: String, or make: () -> String = Randomness.secret) -> ServiceLaunch.File {
        let path = "\(directory)/\(name)"
        let content = (try? AtomicFile.read(path)).map { String(decoding: $0, as: UTF8.self) }
        return ServiceLaunch.File(path: path, content: content ?? make())
    }
}

/// Secrets that nobody can guess.
enum Randomness {
    /// 256 bits from the system, in hexadecimal.
    static func secret() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<4).map { _ in
            let word = String(UInt64.random(in: 0...UInt64.max, using: &generator), radix: 16)
            return String(repeating: "0", count: 16 - word.count) + word
        }.joined()
    }
}

/// What one service needs at its start.
struct ServiceLaunch: Sendable {
    /// A file that is written before the start, with mode 0600.
    struct File: Sendable {
        var path: String
        var content: String
        /// Whether it is kept true while the service runs, by `follow`.
        var isFollowed = false
    }

    /// A program that must end well before the service starts.
    struct Preparation: Sendable {
        /// What it does, for people.
        var purpose: String
        var executable: String
        var arguments: [String]
        /// What it reads; secrets may be in it.
        var input = ""
        /// A file that is made when it has ended well; where it is there already, the program is not started again. Nil:
        /// it runs before every start.
        var marker: String?
        /// Words in its output that mean that it failed, whatever its exit status.
        var failureWords: [String] = []
        /// Whether the service starts however it ends.
        var mayFail = false
    }

    var executable: String
    var arguments: [String]
    var files: [File] = []
    var directories: [String] = []
    var preparations: [Preparation] = []
    /// Variables that only this service gets, beside those of all.
    var variables: [String: String] = [:]
    var gates: [HealthGate]
    /// The properties that others reach it by.
    var properties: [String: String]
    /// What only those may know who may change it.
    var secrets: [String: String] = [:]

    /// Whether a service that was started so need not start again for another launch.
    func isSameStart(as other: ServiceLaunch) -> Bool {
        func content(_ launch: ServiceLaunch) -> [String: String] {
            Dictionary(launch.files.map { ($0.path, $0.isFollowed ? "" : $0.content) }) { $1 }
        }
        return executable == other.executable && arguments == other.arguments && variables == other.variables
            && content(self) == content(other)
    }

    /// The command for people; secrets are never arguments.
    var command: String { ([executable] + arguments).joined(separator: " ") }
}

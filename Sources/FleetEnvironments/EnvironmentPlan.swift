public import FleetModel
import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What is needed to bring one environment up.
public struct EnvironmentPlan: Sendable, Hashable, Codable {
    /// Which services, and how isolated.
    public var request: EnvironmentRequest
    /// A name that no other environment of this host has, of letters, digits and `-`.
    public var name: String
    /// A directory of the environment's own, made if need be and removed with it.
    public var directory: String
    /// The directory that holds the `platform` executable.
    public var bundle: String
    /// Further directories that must be seen inside, although they lie below `/tmp` or `/run`; at most 12.
    public var keptPaths: [String]
    /// Where programs are looked up, as in `PATH`; nil: in our own `PATH` and the usual places of services.
    public var searchPath: String?
    /// Variables that the keeper and every service get, by which a sweep can find them; no secrets.
    public var marks: [String: String]
    /// The directory of the user's own programs; nil: that of the bundle.
    public var userPrograms: String?
    /// What the user's configuration says; its secrets are resolved.
    public var settings = EnvironmentSettings()
    /// How much the keeper and its services yield to others, from 0 to 19.
    public var niceness = 0
    // Ports that are tried before free ones, by service; for tests.
    var preferredPorts: [String: Int] = [:]
    // The services to start, in place of those of the mode; for tests.
    var onlyServices: [String]?

    /// Describes an environment.
    public init(
        request: EnvironmentRequest, name: String, directory: String, bundle: String, keptPaths: [String] = [],
        searchPath: String? = nil, marks: [String: String] = [:]
    ) {
        self.request = request
        self.name = name
        self.directory = directory
        self.bundle = bundle
        self.keptPaths = keptPaths
        self.searchPath = searchPath
        self.marks = marks
    }

    /// The folder of the user's own programs in a bundle.
    public static let userFolder = "user"

    /// Where programs are looked up, in full: those of the user first.
    var programPath: String {
        let user = userPrograms ?? "\(bundle)/\(EnvironmentPlan.userFolder)"
        return "\(user):\(searchPath ?? EnvironmentPlan.defaultProgramPath)"
    }

    // A login over SSH often has no `sbin` in its PATH, and services live there. Debian keeps the programs of each
    // PostgreSQL in a directory of its own.
    static let defaultProgramPath: String = {
        let ours = getenv("PATH").map { [String(cString: $0)] } ?? []
        let versions = ((try? DirectoryTree.names(in: "/usr/lib/postgresql")) ?? []).compactMap { Int($0) }
        let databases = versions.sorted(by: >).map { "/usr/lib/postgresql/\($0)/bin" }
        return (ours.filter { !$0.isEmpty } + [ProgramSearch.standardPath] + databases).joined(separator: ":")
    }()

    /// How long all services together may take to become ready, in seconds.
    var timeLimit: Double { settings.readySeconds }

    /// The variables by which processes of this environment are recognized, whoever started them.
    var allMarks: [String: String] { marks.merging([EnvironmentMark.variable: name]) { $1 } }

    /// The pipe in which tests give orders about services.
    var orders: String { "\(directory)/orders" }

    /// Where a service logs.
    func logFile(of service: String) -> String { EnvironmentLogs.file(of: service, in: directory) }
}

/// How processes of an environment are recognized, also after everybody who knew them has died.
public enum EnvironmentMark {
    /// The variable whose value is the name of the environment; keepers and services have it.
    public static let variable = "FLEET_ENVIRONMENT_MARK"
}

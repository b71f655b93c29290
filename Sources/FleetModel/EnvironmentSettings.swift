/// What the user's configuration says about environments: which backings, which ports, which limits.
///
/// Secrets are in it by reference only, until they are resolved for the agents that need them.
public struct EnvironmentSettings: Hashable, Sendable, Codable {
    /// How long all services together may take to become ready, in seconds.
    public var readySeconds: Double
    /// Which of the documented sets of ports is used.
    public var portPreset: PortPreset
    /// What is said about single services, by name; the others have their standards.
    public var services: [String: ServiceSettings]

    /// Describes environments; all is standard at first.
    public init(
        readySeconds: Double = 60, portPreset: PortPreset = .standard, services: [String: ServiceSettings] = [:]
    ) {
        self.readySeconds = readySeconds
        self.portPreset = portPreset
        self.services = services
    }
}

/// A set of ports that the platform's documents give; in a network of its own a service has its port of the set.
public enum PortPreset: String, Hashable, Sendable, Codable, CaseIterable {
    /// Ours: each service has a port, and none has another's.
    case standard
    /// The orchestrator where it was before: on 8080.
    case legacy
    /// As the operations page of the platform has them.
    case operations
    /// As the page about local deployment has them.
    case localDeployment = "local-deployment"
}

/// What is said about one service.
public struct ServiceSettings: Hashable, Sendable, Codable {
    /// What may stand behind it, the preferred first; empty: the standard order.
    public var backings: [BackingSettings]
    /// The port that it must have; nil: that of the set, or a free one where the network is shared.
    public var port: Int?

    /// Describes a service.
    public init(backings: [BackingSettings] = [], port: Int? = nil) {
        self.backings = backings
        self.port = port
    }
}

/// One thing that may stand behind a service.
///
/// Texts may have placeholders: `{port}`, `{data}` (a private directory for data), `{directory}` (that of `files`) and
/// endpoints of services that started earlier, such as `{dns.address}`; in `files` and `environment` also
/// `{secret:SERVICE.NAME}`.
public struct BackingSettings: Hashable, Sendable, Codable {
    /// What kind.
    public var kind: Backing
    /// The program and its arguments (native), or what the container runs; empty: what is known for the service.
    public var command: [String]
    /// The argument before the port, such as `--port`; nil when `command` says where it goes.
    public var portArgument: String?
    /// The argument before the directory for data.
    public var dataArgument: String?
    /// Files that are written before the start, by name; private, in `{directory}`.
    public var files: [String: String]
    /// Variables of a container.
    public var environment: [String: String]
    /// What must answer 200 before the service counts as ready, such as `/health`; nil: that the port takes connections.
    public var healthPath: String?
    /// The image of a container, with its tag.
    public var image: String?
    /// The port inside of the container.
    public var containerPort: Int?
    /// The directory inside of the container that a named volume keeps.
    public var volume: String?
    /// How much memory a container may use, as the container program spells it, such as `512m`.
    public var memory: String?
    /// How many processors a container may use, a number above 0 such as `1.5`.
    public var processors: String?
    /// Where an external service is; properties that tests reach it by.
    public var properties: [String: String]
    /// What only those may know who may change the service.
    public var credentials: [String: SecretReference]

    /// Describes a backing of a kind, with nothing said about it.
    public init(kind: Backing) {
        self.kind = kind
        command = []
        files = [:]
        environment = [:]
        properties = [:]
        credentials = [:]
    }
}

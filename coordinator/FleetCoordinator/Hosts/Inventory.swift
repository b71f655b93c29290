public import FleetModel
public import FleetSSH

/// The hosts of a run, as hosts.txt names them.
public struct Inventory: Hashable, Sendable {
    /// The hosts, in the order of the file.
    public var hosts: [HostSpecification]

    /// Wraps a list of hosts.
    public init(hosts: [HostSpecification]) { self.hosts = hosts }

    /// Reads a file.
    ///
    /// - Throws: `InputErrors` with everything that is wrong, each with file, line and column.
    public static func load(_ path: String, home: String?) throws(InputErrors) -> Inventory {
        let text = try InputFile.read(path, expecting: "a list of hosts, one a line")
        return try parse(text, file: path, home: home)
    }

    /// Reads a text; `file` is the name that errors give, `home` is what `~` means in `identity`.
    ///
    /// - Throws: `InputErrors` with everything that is wrong.
    public static func parse(_ text: String, file: String, home: String? = nil) throws(InputErrors) -> Inventory {
        var parser = InventoryParser(file: file, home: home)
        return Inventory(hosts: try parser.parse(text))
    }
}

/// One line of hosts.txt.
public struct HostSpecification: Hashable, Sendable, Codable {
    /// How the coordinator reaches a host.
    public enum Connection: Hashable, Sendable, Codable {
        /// Through SSH; the host may be an alias of the OpenSSH configuration, which says what is left open here.
        case ssh(user: String?, host: String, port: Int?)
        /// A machine of OrbStack on this Mac, made if it is not there.
        case orb(machine: String)
        /// This machine, without SSH.
        case local
    }

    /// The name: the first word of its line.
    public var id: HostID
    /// How it is reached.
    public var connection: Connection
    /// How many tests it runs at once, 1 to 256.
    public var slots: Int
    /// How many environments it holds at once; `slots` is a multiple of it.
    public var environments: Int
    /// The private key file, absolute or relative to the working directory; nil tries the usual ones.
    public var identity: String?
    /// How environments are isolated; nil leaves it to the host.
    public var driver: Driver?
    /// The only modes that may run there; nil allows all.
    public var modes: Set<Mode>?
    /// The directory on the host for everything of ours: absolute, or `~/…`; nil is the agent's default.
    public var workdir: String?
    /// What people call it by, such as `fast`; for those who read the file.
    public var labels: [String] = []
    /// How other hosts reach it; nil when as we do.
    public var address: String?
    /// How fast it is beside others, 1 being usual.
    public var speed = 1.0
    /// How much memory everything that we start there may use together, in bytes; nil for no limit.
    public var memory: Int?
    /// How much what we start there yields to others, from 0 to 19.
    public var niceness = 0
    /// Its line in the file, from 1; 0 when it comes from no file.
    public var line: Int
    /// How it is reached by SSH, with the OpenSSH configuration taken into account; nil until that was asked.
    public var route: SSHHostSettings?

    /// Describes a host.
    public init(
        id: HostID, connection: Connection, slots: Int = 1, environments: Int = 1, identity: String? = nil,
        driver: Driver? = nil, modes: Set<Mode>? = nil, workdir: String? = nil, line: Int = 0
    ) {
        self.id = id
        self.connection = connection
        self.slots = slots
        self.environments = environments
        self.identity = identity
        self.driver = driver
        self.modes = modes
        self.workdir = workdir
        self.line = line
    }
}

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// The OpenSSH client configuration of a user and of this machine, read once; asked for each host.
///
/// Obeys what says where, as whom and by which way to connect, in the manner of OpenSSH: the first value wins. A keyword
/// that changes this in another way is a fault with its place where it applies to the host; it is never passed over.
public struct SSHConfig: Sendable {
    /// Who asks, and from where; tests choose their own.
    public struct Surroundings: Sendable {
        /// The user's home directory.
        public var home: String
        /// The user's login name on this machine.
        public var user: String
        /// The environment, for `${NAME}`.
        public var variables: [String: String]
        /// The user's own file; nil for none.
        public var userFile: String?
        /// The file of the machine; nil for none.
        public var systemFile: String?

        /// Describes who asks; the files default to those that OpenSSH reads.
        public init(
            home: String, user: String, variables: [String: String], userFile: String?? = nil,
            systemFile: String? = "/etc/ssh/ssh_config"
        ) {
            self.home = home
            self.user = user
            self.variables = variables
            self.userFile = userFile ?? "\(home)/.ssh/config"
            self.systemFile = systemFile
        }
    }

    let surroundings: Surroundings
    /// The user's file, then the machine's.
    let files: [ConfigFile]
    /// What is wrong with the files, whatever the host.
    let faults: [SSHConfigFault]

    /// Reads the files and all that they include; one that does not exist counts as empty. Blocks on the file system.
    ///
    /// Faults are told by `resolve`, together with those of the host.
    public init(_ surroundings: Surroundings) {
        self.surroundings = surroundings
        let loader = ConfigLoader(home: surroundings.home)
        var files: [ConfigFile] = []
        var faults: [SSHConfigFault] = []
        let users = ConfigLoader.Origin(directory: "\(surroundings.home)/.ssh", isUsers: true)
        let systems = ConfigLoader.Origin(directory: "/etc/ssh", isUsers: false)
        for (path, origin) in [(surroundings.userFile, users), (surroundings.systemFile, systems)] {
            guard let path, let loaded = loader.load(path, origin) else { continue }
            files.append(loaded.file)
            faults += loaded.faults
        }
        self.files = files
        self.faults = faults
    }

    /// What the configuration says of a host.
    ///
    /// - Parameters:
    ///   - name: the host as the user calls it: an alias, a name or an address.
    ///   - user: the login name, where the user gave one; it wins over the configuration.
    ///   - port: the port, where the user gave one; it wins over the configuration.
    /// - Throws: all faults of the files and of what applies to this host and to those on the way to it.
    public func resolve(_ name: String, user: String? = nil, port: Int? = nil) throws(SSHConfigFaults)
        -> SSHHostSettings
    {
        var hop = JumpResolver(config: self)
        let settings = hop.settings(name, user: user, port: port)
        let all = faults + hop.faults
        guard all.isEmpty, let settings else { throw SSHConfigFaults(all) }
        return settings
    }
}

/// How a host is to be reached, by its configuration.
public struct SSHHostSettings: Hashable, Sendable, Codable {
    /// Which agent holds keys.
    public enum Agent: Hashable, Sendable, Codable {
        /// The one that `SSH_AUTH_SOCK` names.
        case environment
        /// None.
        case none
        /// The one that listens on this socket.
        case socket(String)
    }

    /// What lies between here and the host.
    public indirect enum Proxy: Hashable, Sendable, Codable {
        /// Nothing: a TCP connection.
        case none
        /// Another host, through a tunnel of a connection to it.
        case jump(SSHHostSettings)
        /// A command whose standard streams are the connection.
        case command(String)
    }

    /// As the user calls it.
    public var name: String
    /// The name or address to connect to.
    public var host: String
    /// The port.
    public var port: Int
    /// The login name.
    public var user: String
    /// Private key files; nil for the usual ones, empty for none.
    public var identityFiles: [String]?
    /// Whether keys of an agent are offered only when a key file names them.
    public var identitiesOnly: Bool
    /// Which agent holds keys.
    public var agent: Agent
    /// The user's own files of known host keys; new keys go into the first.
    public var userKnownHostsFiles: [String]
    /// The files of known host keys of the machine.
    public var globalKnownHostsFiles: [String]
    /// What happens to a host that no file knows.
    public var unknownHost: KnownHostsPolicy.UnknownHost
    /// The name under which the host's key is known; nil for its own.
    public var hostKeyAlias: String?
    /// What lies between here and the host.
    public var proxy: Proxy
}

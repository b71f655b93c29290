/// Where to connect, as whom, with which keys, and how long each stage may take.
public struct SSHTarget: Sendable {
    /// A name or an address.
    public var host: String
    /// The port of the server.
    public var port: Int
    /// The login name.
    public var user: String
    /// Private key files, tried in this order; the public half suffices where an ssh-agent holds the private one. Empty
    /// means the usual files of `~/.ssh` that exist.
    public var identityFiles: [String]
    /// Whether each of these files must be usable; else one that is not is passed over as long as there is another key.
    public var needsIdentityFiles = true
    /// False when no file at all is tried where none is named.
    public var triesUsualFiles = true
    /// True when only keys of these files are offered, even when an ssh-agent holds others.
    public var identitiesOnly = false
    /// The ssh-agent that is asked for keys and signatures.
    public var identityAgent = SSHIdentityAgent.environment
    /// Opens keys that have a passphrase; nil when nobody can be asked.
    public var unlocker: KeyUnlocker?
    /// Which host keys are accepted.
    public var knownHosts: KnownHostsPolicy
    /// How long each stage may take.
    public var timeouts: SSHTimeouts
    /// The name under which the host's key is known, whatever its port; nil for its own name and port.
    public var hostKeyAlias: String?
    /// What lies between here and the host.
    public var proxy = SSHProxy.none

    /// Describes a target; only host and user have no default.
    public init(
        host: String, port: Int = 22, user: String, identityFiles: [String] = [],
        knownHosts: KnownHostsPolicy = KnownHostsPolicy(), timeouts: SSHTimeouts = SSHTimeouts()
    ) {
        self.host = host
        self.port = port
        self.user = user
        self.identityFiles = identityFiles
        self.knownHosts = knownHosts
        self.timeouts = timeouts
    }

    /// Under which name and port the host's key is known.
    var keyName: (host: String, port: Int) { hostKeyAlias.map { ($0, 22) } ?? (host, port) }

    /// The target as error messages name it, for example `fleet@[2001:db8::1]:22`.
    public var name: String {
        host.contains(":") ? "\(user)@[\(host)]:\(port)" : "\(user)@\(host):\(port)"
    }
}

/// Which ssh-agent holds keys for us.
public enum SSHIdentityAgent: Sendable, Hashable {
    /// The one that `SSH_AUTH_SOCK` names, if it does.
    case environment
    /// The one at this socket; `~/` is the home directory.
    case path(String)
    /// None, whatever the environment says.
    case none
}

/// Which host keys are accepted. A changed or revoked key is refused by every policy.
public struct KnownHostsPolicy: Sendable, Hashable {
    /// What happens to a host that no file knows.
    public enum UnknownHost: Sendable, Hashable, Codable {
        /// It is refused; the error holds the fingerprint and the line to add.
        case refuse
        /// Its key is appended to the first file, then it is accepted (`--host-key accept-new`).
        case acceptNew
    }

    /// Files in the format of OpenSSH's known_hosts; one that does not exist counts as empty. `~/` is the home directory.
    public var files: [String]
    /// What happens to a host that no file knows.
    public var unknownHost: UnknownHost
    /// Whether keys that are accepted are written down, in the first file; without it each connection accepts anew.
    public var isKept = true

    /// Makes a policy; the default is OpenSSH's two files and to refuse.
    public init(
        files: [String] = ["~/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts"], unknownHost: UnknownHost = .refuse
    ) {
        self.files = files
        self.unknownHost = unknownHost
    }
}

/// How long each stage of a connection may take.
///
/// libssh2 1.10 itself gives up a request after 60 seconds, so `keyExchange`, `login` and `channel` are cut to 55.
public struct SSHTimeouts: Sendable, Hashable {
    /// From the name to its addresses.
    public var resolve: Duration
    /// From the first SYN to an open TCP connection, all addresses together.
    public var connect: Duration
    /// Until the server's first line.
    public var banner: Duration
    /// Until both sides have keys.
    public var keyExchange: Duration
    /// Until the server has accepted one of our keys, all keys together.
    public var login: Duration
    /// Until a channel is open and its command has started.
    public var channel: Duration
    /// How long an upload may go without progress, its remote check included.
    public var transferSilence: Duration
    /// Until an ssh-agent has said which keys it holds. For a signature it has as long as `login`.
    public var agent: Duration
    /// How long a server is left alone for each login that it refused; zero never leaves it alone.
    public var afterRefusal = Duration.seconds(5)

    /// Makes a set of limits; the defaults suit machines on one network.
    public init(
        resolve: Duration = .seconds(10), connect: Duration = .seconds(10), banner: Duration = .seconds(10),
        keyExchange: Duration = .seconds(15), login: Duration = .seconds(20), channel: Duration = .seconds(15),
        transferSilence: Duration = .seconds(30), agent: Duration = .seconds(5)
    ) {
        self.resolve = resolve
        self.connect = connect
        self.banner = banner
        self.keyExchange = min(keyExchange, Self.libraryLimit)
        self.login = min(login, Self.libraryLimit)
        self.channel = min(channel, Self.libraryLimit)
        self.transferSilence = transferSilence
        self.agent = agent
    }

    private static let libraryLimit = Duration.seconds(55)
}

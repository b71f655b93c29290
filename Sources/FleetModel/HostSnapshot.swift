/// What is on a host at one moment, as far as a run could leave it there; one JSON object.
public struct HostSnapshot: Hashable, Sendable, Codable {
    /// What kind of thing it is.
    public enum Kind: String, CaseIterable, Hashable, Sendable, Codable {
        /// A process of our user, or one that bears our mark.
        case process
        /// A mount of the host's own mount namespace.
        case mount
        /// A mount, network, PID or user namespace that a process lives in.
        case namespace
        /// A network interface.
        case interface
        /// A listening TCP or UNIX socket, or a bound UDP socket.
        case socket
        /// A file below the working directory, or one of our user's in a directory for everybody.
        case file
        /// A control group that bears our name.
        case controlGroup = "control group"
        /// A file by which cron or systemd starts something, in one state of it.
        case timer
        /// A user of the system.
        case account
    }

    /// One thing.
    public struct Item: Hashable, Sendable, Codable {
        /// What kind of thing.
        public var kind: Kind
        /// What tells it from all others of its kind, also at another time.
        public var key: String
        /// What it is, for people.
        public var text: String
        /// Whether it is known to be of a run: it bears our mark, or lies in our working directory.
        public var isOurs: Bool

        /// Describes a thing.
        public init(kind: Kind, key: String, text: String, isOurs: Bool = false) {
            self.kind = kind
            self.key = key
            self.text = text
            self.isOurs = isOurs
        }
    }

    /// Tells one start of the machine from the next.
    public var boot: String
    /// Everything, in no particular order.
    public var items: [Item]

    /// Describes a host.
    public init(boot: String, items: [Item]) {
        self.boot = boot
        self.items = items
    }
}

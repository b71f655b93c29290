/// What one of the three standard streams of a child is connected to.
public enum StandardStream: Hashable, Sendable {
    /// `/dev/null`.
    case null
    /// Our own stream of the same number.
    case inherit
    /// A pipe; our end belongs to the `ChildProcess`.
    case pipe
    /// A descriptor of ours, which stays ours.
    case descriptor(Int32)
    /// A file: output is appended and the file made with mode 0600 (a link is refused); input is read from it.
    case file(String)
    /// Only for standard error: the same as standard output.
    case output
}

/// What to start, and how.
public struct ProcessSpecification: Sendable {
    /// A path, or a name that is looked up in `PATH` of `environment`.
    public var executable: String
    /// The arguments, without the name of the program.
    public var arguments: [String]
    /// The environment, exactly this; nothing is inherited.
    public var environment: [String: String]
    /// Where it starts; nil: where we are.
    public var workingDirectory: String?
    /// What it reads.
    public var standardInput: StandardStream
    /// Where it prints results.
    public var standardOutput: StandardStream
    /// Where it prints diagnostics.
    public var standardError: StandardStream
    /// Further descriptors: the child's number and ours; every other one is closed. At most 61, numbers from 3.
    public var extraDescriptors: [Int32: Int32]
    /// Whether it leads a session, and so a process group, of its own.
    public var startsSession: Bool
    /// Whether the kernel kills it (SIGKILL) when our process ends, however that happens. Linux only.
    public var endsWithParent: Bool
    /// Which namespaces it lives in. Linux only.
    public var namespaces: NamespaceChoice
    /// How much it yields to others, from 0 to 19.
    public var niceness: Int

    /// Describes a program with sensible defaults: no input, output to nowhere, own session, ends with us.
    public init(
        executable: String, arguments: [String] = [], environment: [String: String] = [:],
        workingDirectory: String? = nil, standardInput: StandardStream = .null,
        standardOutput: StandardStream = .null, standardError: StandardStream = .null,
        extraDescriptors: [Int32: Int32] = [:], startsSession: Bool = true, endsWithParent: Bool = true,
        namespaces: NamespaceChoice = .none, niceness: Int = 0
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.standardInput = standardInput
        self.standardOutput = standardOutput
        self.standardError = standardError
        self.extraDescriptors = extraDescriptors
        self.startsSession = startsSession
        self.endsWithParent = endsWithParent
        self.namespaces = namespaces
        self.niceness = niceness
    }
}

/// Which namespaces a child lives in.
public enum NamespaceChoice: Hashable, Sendable {
    /// Ours.
    case none
    /// New ones; the child is process 1 of its PID namespace, and when it ends everything in it ends.
    case create(NamespaceSetup)
    /// Those of a running process, all of them.
    case join(processID: Int32)
}

/// What new namespaces look like: always own mount, PID, network, IPC and host names, a fresh `/proc`, `lo` up, and
/// ports from 0 free for everybody; a user namespace that maps our own ids to themselves where we need one.
public struct NamespaceSetup: Hashable, Sendable {
    /// The host name inside; nil keeps ours.
    public var hostname: String?
    /// Whether `/tmp` is empty and private.
    public var privateTemporary: Bool
    /// Whether `/run` is empty and private.
    public var privateRun: Bool
    /// Directories that must stay visible although they lie below `/tmp` or `/run`; at most 16, all existing.
    public var keptPaths: [String]

    /// Describes namespaces.
    public init(
        hostname: String? = nil, privateTemporary: Bool = true, privateRun: Bool = true, keptPaths: [String] = []
    ) {
        self.hostname = hostname
        self.privateTemporary = privateTemporary
        self.privateRun = privateRun
        self.keptPaths = keptPaths
    }
}

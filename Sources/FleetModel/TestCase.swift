/// One entry of the catalogue: what is known of a test before it runs.
public struct TestCase: Hashable, Sendable {
    /// What executes the test.
    public enum Kind: Hashable, Sendable {
        /// A body that is compiled into the agent.
        case builtin
        /// A program that the agent starts.
        case command(CommandSpecification)
    }

    /// The stable name.
    public var id: TestID
    /// One line for people.
    public var title: String
    /// The modes that the test can run in, lowest first; empty when it needs no environment.
    public var modes: [Mode]
    /// The declared duration in seconds; nil when it is left to history.
    public var estimate: Double?
    /// The limit of one attempt in seconds.
    public var timeout: Double
    /// Whether it shares its environment.
    public var isolation: Isolation
    /// Free words for choosing tests.
    public var tags: [String]
    /// The name of a mutex that the test holds fleet-wide while it runs.
    public var mutex: String?
    /// How many of its lane's workers it occupies.
    public var weight: Int
    /// Whether a second copy may run at the same time.
    public var isRepeatable: Bool
    /// What executes it.
    public var kind: Kind

    /// Declares a test.
    public init(
        id: TestID, title: String, modes: [Mode], estimate: Double? = nil, timeout: Double = 300,
        isolation: Isolation = .shared, tags: [String] = [], mutex: String? = nil, weight: Int = 1,
        isRepeatable: Bool = false, kind: Kind = .builtin
    ) {
        self.id = id
        self.title = title
        self.modes = modes.sorted()
        self.estimate = estimate
        self.timeout = timeout
        self.isolation = isolation
        self.tags = tags
        self.mutex = mutex
        self.weight = weight
        self.isRepeatable = isRepeatable
        self.kind = kind
    }

    /// The lowest mode that has every service that the test touches; nil when it needs no environment.
    public var homeMode: Mode? { modes.first }

    /// The test in its home mode alone, and a copy with an id of its own for each other mode that it can run in.
    public var inEveryMode: [TestCase] {
        guard modes.count > 1 else { return [self] }
        return modes.map { mode in
            var copy = self
            copy.modes = [mode]
            if mode != homeMode { copy.id = id.copy(in: mode) }
            return copy
        }
    }
}

/// How a command test is started.
public struct CommandSpecification: Hashable, Sendable {
    /// The program: a list of arguments, or a line for `/bin/sh -c`.
    public enum Command: Hashable, Sendable {
        /// The program and its arguments.
        case arguments([String])
        /// A line for `/bin/sh -c`.
        case shell(String)
    }

    /// What to start; `{service.property}` stands for an endpoint of the environment.
    public var command: Command
    /// Variables added to the clean environment of the attempt.
    public var variables: [String: String]
    /// Patterns, relative to the working directory, of files to fetch after the attempt.
    public var artifacts: [String]
    /// The SHA-256 (64 hexadecimal digits) of the pack of files that becomes the working directory.
    public var pack: String?

    /// Declares a command.
    public init(command: Command, variables: [String: String] = [:], artifacts: [String] = [], pack: String? = nil) {
        self.command = command
        self.variables = variables
        self.artifacts = artifacts
        self.pack = pack
    }
}

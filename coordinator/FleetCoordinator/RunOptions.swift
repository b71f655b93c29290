public import FleetModel

/// What the user asked of `run`, as values.
public struct RunOptions: Sendable, Codable {
    /// hosts.txt; nil runs on this machine.
    public var agentsFile: String?
    /// How many agents to run on this machine when there is no hosts.txt.
    public var localAgents = 1
    /// Which tests.
    public var choice = TestChoice()
    /// Caps the workers of a lane; nil leaves them to the hosts' slots.
    public var parallel: Int?
    /// How often a failed test is run again.
    public var retries = 0
    /// The seed of the order in which tests run; nil: the longest first.
    public var shuffle: UInt64?
    /// Whether the first red test ends the run.
    public var failsFast = false
    /// Ends the run after this many seconds.
    public var deadline: Double?
    /// Whether a builtin backing is an error.
    public var strictServices = false
    /// The file that was named for the configuration; nil when it was looked for, or is not there.
    public var configurationFile: String?
    /// What `test_config.yaml` says; secrets by reference only.
    public var configuration = TestConfiguration()
    /// Whether an unknown host key is added to known_hosts.
    public var acceptsNewHostKeys = false
    /// How many hosts must take part.
    public var requiredHosts = 1
    /// How long a host whose slots other runs have is waited for, in seconds.
    public var hostWait = 600.0
    /// How long environments stay on their hosts after the run, in seconds; nil: they go with it.
    public var keep: Double?
    /// Whether tests run in environments that were kept, and no new ones are brought up.
    public var skipsSetup = false
    /// How long an agent waits for the coordinator, in seconds.
    public var grace = 120.0
    /// Where the HTML report goes; nil for none.
    public var htmlReport: String?
    /// Where JUnit and JSON reports go.
    public var outputDirectory = "/tmp/provisioning-test-reports"
    /// Where the journal's lines go live: a file, or `-` for standard output.
    public var events: String?
    /// The directory of bundles for hosts of another kind than this machine; nil for none.
    public var bundleDirectory: String?
    /// The directory of the user's own build of the platform; nil for none.
    public var platformPrograms: String?
    /// Whether every event is told.
    public var isVerbose = false
    /// Whether a pass on a retry ends with status 1.
    public var failsOnFlaky = false

    /// The defaults.
    public init() {}

    /// What the dispatcher needs to know of them.
    var dispatchSettings: Dispatcher.Settings {
        Dispatcher.Settings(
            retries: retries, requiredHosts: requiredHosts, hostWait: hostWait, failsFast: failsFast,
            strictServices: strictServices || configuration.strictServices)
    }

    /// The command that repeats this run's choice of hosts and suites, for the commands that run one test again.
    var command: String {
        var words = ["coordinator", "run"]
        if let agentsFile {
            words += ["--agents", Shell.quote(agentsFile)]
        } else {
            words += ["--local", "\(localAgents)"]
        }
        if let configurationFile { words += ["--config", Shell.quote(configurationFile)] }
        if strictServices { words.append("--strict-services") }
        if acceptsNewHostKeys { words += ["--host-key", "accept-new"] }
        if skipsSetup { words.append("--skip-setup") }
        if let bundleDirectory { words += ["--bundle", Shell.quote(bundleDirectory)] }
        if let platformPrograms { words += ["--platform-bin", Shell.quote(platformPrograms)] }
        for file in choice.suiteFiles { words += ["--suite-file", Shell.quote(file)] }
        if choice.includesBuiltin, !choice.suiteFiles.isEmpty { words.append("--builtin") }
        if choice.takesAllModes { words.append("--all-modes") }
        return words.joined(separator: " ")
    }
}

/// Which tests of which catalogue.
public struct TestChoice: Sendable, Codable {
    /// Home modes; empty for all.
    public var modes: [Mode] = []
    /// Suites; empty for all.
    public var suites: [String] = []
    /// A regular expression over id and title.
    public var filter: String?
    /// Files of command tests that take the place of the built-in ones.
    public var suiteFiles: [String] = []
    /// Whether the built-in tests run beside those of suite files.
    public var includesBuiltin = false
    /// Whether each test runs in every mode that it can run in, not in its home mode alone.
    public var takesAllModes = false

    /// Everything.
    public init() {}
}

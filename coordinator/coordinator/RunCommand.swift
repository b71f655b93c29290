import ArgumentParser
import FleetCoordinator
import NIOPosix

/// `coordinator run`.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run tests on all hosts and merge the results into one report.")

    @OptionGroup var hosts: HostOptions
    @OptionGroup var choice: ChoiceOptions

    @Option(help: ArgumentHelp("Run a failed test again up to N times; a later pass is told as flaky.", valueName: "n"))
    var retries = 0

    @Option(
        defaultAsFlag: ShuffleSeed.drawn,
        help: ArgumentHelp(
            "Run the tests in an order by chance; the seed, which is told, gives it again.", valueName: "seed"))
    var shuffle: ShuffleSeed?

    @Flag(help: "End the run at the first red test.")
    var failFast = false

    @Option(help: ArgumentHelp("End the run after this time, such as 90, 90s, 15m or 2h.", valueName: "duration"))
    var deadline: Seconds?

    @Flag(help: "Show the plan and run nothing.")
    var dryRun = false

    @OptionGroup var configuration: ConfigurationOptions

    @Flag(help: "Fail when a service would be one of our own instead of the real one.")
    var strictServices = false

    @OptionGroup var reach: ReachOptions

    @Option(help: ArgumentHelp("Begin no test before N hosts take part; with fewer the run ends.", valueName: "n"))
    var requireHosts = 1

    @Option(
        help: ArgumentHelp(
            "How long to wait for a host whose slots other runs hold, before it is left out (default 10 min).",
            valueName: "duration"))
    var waitHosts = Seconds(600)

    @Flag(help: "Leave the environments on their hosts after the run, for 4 hours or as long as --keep says.")
    var skipTeardown = false

    @Option(
        help: ArgumentHelp("How long environments stay after the run; means --skip-teardown.", valueName: "duration"))
    var keep: Seconds?

    @Flag(help: "Run in environments that were kept, as long as nothing in them has changed; bring no new ones up.")
    var skipSetup = false

    @Option(
        help: ArgumentHelp("How long an agent waits for a lost coordinator (default 120 s).", valueName: "duration"))
    var grace = Seconds(120)

    @Option(
        help: ArgumentHelp(
            "Programs of your own build of the platform: pushed to every host, for native backings of the configuration.",
            valueName: "dir"))
    var platformBin: String?

    @Option(help: ArgumentHelp("Where the HTML report goes.", valueName: "path"))
    var report: String?

    @Option(help: ArgumentHelp("Where JUnit and JSON reports go.", valueName: "dir"))
    var outputDir = "/tmp/provisioning-test-reports"

    @Option(help: ArgumentHelp("Write the journal's lines live to a file, or to standard output.", valueName: "file|-"))
    var events: String?

    @Flag(help: "Tell every event.")
    var verbose = false

    @Flag(help: "End with status 1 when a test passed only on a retry.")
    var failOnFlaky = false

    func validate() throws {
        if retries < 0 { throw ValidationError("--retries takes a number from 0") }
        if let keep, !(1...2_592_000).contains(keep.value) { throw ValidationError("--keep takes 1 s to 720 h") }
        // As far as agents take it.
        if !(1...86_400).contains(grace.value) { throw ValidationError("--grace takes 1 s to 24 h") }
        if requireHosts < 1 { throw ValidationError("--require-hosts takes a number from 1") }
    }

    func run() async throws {
        var options = RunOptions()
        hosts.apply(to: &options)
        options.choice = choice.choice
        options.retries = retries
        options.shuffle = shuffle?.seed
        options.failsFast = failFast
        options.deadline = deadline?.value
        options.strictServices = strictServices
        options.configurationFile = configuration.config
        options.configuration = try configuration.load()
        reach.apply(to: &options)
        options.requiredHosts = requireHosts
        options.grace = grace.value
        options.platformPrograms = platformBin.map(AbsolutePath.of)
        options.hostWait = waitHosts.value
        options.keep = keep?.value ?? (skipTeardown ? 4 * 3600 : nil)
        options.skipsSetup = skipSetup
        options.htmlReport = report
        options.outputDirectory = outputDir
        options.events = events
        options.isVerbose = verbose
        options.failsOnFlaky = failOnFlaky
        if dryRun { try PlanCommand.show(options, asJSON: false).leave() }
        let run = Run(options: options, console: Console(), group: MultiThreadedEventLoopGroup.singleton)
        try await run.run().leave()
    }
}

/// What to do with the key of an unknown host.
enum HostKeyPolicy: String, ExpressibleByArgument {
    case strict
    case acceptNew = "accept-new"
}

/// What `--shuffle` says: a seed, or that one is to be drawn.
struct ShuffleSeed: ExpressibleByArgument, CustomStringConvertible {
    /// A new seed; short, because people type it in again.
    static var drawn: ShuffleSeed { ShuffleSeed(seed: UInt64(UInt32.random(in: 1 ... .max))) }

    let seed: UInt64
    /// What the help shows as the seed that is taken when none is given.
    var description: String { "drawn" }

    private init(seed: UInt64) { self.seed = seed }

    init?(argument: String) {
        guard let seed = UInt64(argument) else { return nil }
        self.seed = seed
    }
}

/// A length of time on the command line: `90`, `90s`, `15m` or `2h`.
struct Seconds: ExpressibleByArgument {
    let value: Double

    /// The longest time, in seconds: some thirty years, as in the protocol.
    private static let limit = 1e9

    init(_ value: Double) { self.value = value }

    init?(argument: String) {
        let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600]
        let unit = argument.last.flatMap { units[$0] }
        guard let number = Double(unit == nil ? Substring(argument) : argument.dropLast()) else { return nil }
        value = number * (unit ?? 1)
        guard value > 0, value <= Self.limit else { return nil }
    }

    var defaultValueDescription: String { "\(value)" }
}

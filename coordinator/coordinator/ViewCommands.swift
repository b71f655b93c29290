import ArgumentParser
import FleetCoordinator
import NIOPosix

/// `coordinator plan`.
struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Show what would run where, with the time below which no schedule can end.")

    @OptionGroup var hosts: HostOptions
    @OptionGroup var choice: ChoiceOptions
    @OptionGroup var configuration: ConfigurationOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        var options = RunOptions()
        hosts.apply(to: &options)
        options.choice = choice.choice
        options.configuration = try configuration.load()
        try Self.show(options, asJSON: json).leave()
    }

    static func show(_ options: RunOptions, asJSON: Bool) -> RunStatus {
        Inquiry(console: Console()).plan(options, asJSON: asJSON)
    }
}

/// `coordinator list`.
struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the tests.")

    @OptionGroup var choice: ChoiceOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws { try Inquiry(console: Console()).list(choice.choice, asJSON: json).leave() }
}

/// `coordinator report`.
struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Write the reports of earlier runs again, from their journals.",
        discussion: """
            Several runs become one report: every test once, with the attempts of all runs. A test that failed in one \
            and passed in another is told as flaky.
            """)

    @Argument(
        help: ArgumentHelp(
            "The name of each run, the path of its directory, or `last` (default).", valueName: "run"))
    var names: [String] = []

    @Option(help: ArgumentHelp("Where the HTML report goes.", valueName: "path"))
    var report: String?

    @Option(help: ArgumentHelp("Where JUnit and JSON reports go.", valueName: "dir"))
    var outputDir = "/tmp/provisioning-test-reports"

    func run() async throws {
        var options = RunOptions()
        options.htmlReport = report
        options.outputDirectory = outputDir
        try await Inquiry(console: Console()).report(names.isEmpty ? ["last"] : names, options).leave()
    }
}

/// `coordinator teardown`.
struct TeardownCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "teardown",
        abstract: "Remove what earlier runs left on hosts: what dead agents left, and kept environments.")

    @OptionGroup var hosts: HostOptions

    @OptionGroup var reach: ReachOptions

    @Option(
        help: ArgumentHelp("Write the logs of kept environments into this directory before they go.", valueName: "dir"))
    var logs: String?

    @Flag(help: "End agents that are still alive, too, and take environments down that runs use.")
    var force = false

    func run() async throws {
        var options = RunOptions()
        hosts.apply(to: &options)
        reach.apply(to: &options)
        let teardown = Teardown(options: options, console: Console(), group: MultiThreadedEventLoopGroup.singleton)
        try await teardown.run(force: force, logs: logs).leave()
    }
}

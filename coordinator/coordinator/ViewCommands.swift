import ArgumentParser
import FleetCoordinator
import NIOPosix

/// `coordinator plan`.
struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Show what would run where, with the time below which no schedule can end.")

    @OptionGroup var hosts: HostOptions
    @OptionGroup var choice: ChoiceOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        var options = RunOptions()
        hosts.apply(to: &options)
        options.choice = choice.choice
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
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Write the reports of an earlier run again, from its journal.")

    @Argument(help: ArgumentHelp("The run's name, the path of its directory, or `last`.", valueName: "run"))
    var name = "last"

    @Option(help: ArgumentHelp("Where the HTML report goes.", valueName: "path"))
    var report: String?

    @Option(help: ArgumentHelp("Where JUnit and JSON reports go.", valueName: "dir"))
    var outputDir = "/tmp/provisioning-test-reports"

    func run() throws {
        var options = RunOptions()
        options.htmlReport = report
        options.outputDirectory = outputDir
        try Inquiry(console: Console()).report(name, options).leave()
    }
}

/// `coordinator teardown`.
struct TeardownCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "teardown", abstract: "Remove what earlier runs left on hosts whose agents are dead.")

    @OptionGroup var hosts: HostOptions

    @Flag(help: "End agents that are still alive, too.")
    var force = false

    func run() async throws {
        var options = RunOptions()
        hosts.apply(to: &options)
        let teardown = Teardown(options: options, console: Console(), group: MultiThreadedEventLoopGroup.singleton)
        try await teardown.run(force: force).leave()
    }
}

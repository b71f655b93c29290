import ArgumentParser
import FleetCoordinator
import NIOPosix

/// `coordinator resume`.
struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Go on with a run whose coordinator was killed, or that was interrupted.",
        discussion: """
            What the journal holds is done and never runs again. Agents that still wait (see `run --grace`) go on; what \
            the others had is given out anew. Hosts, tests and options are those of the run, whatever has become of the \
            files that named them, and its `--deadline` ends it when it would have ended. A run that still goes on is refused; of one that has ended only the reports are made \
            again.
            """)

    @Argument(help: ArgumentHelp("The run's name, the path of its directory, or `last`.", valueName: "run"))
    var name: String

    @Option(help: ArgumentHelp("Where the HTML report goes, when not where the run was told.", valueName: "path"))
    var report: String?

    @Option(help: ArgumentHelp("Where JUnit and JSON reports go, when not where the run was told.", valueName: "dir"))
    var outputDir: String?

    @Option(help: ArgumentHelp("Write the journal's lines live to a file, or to standard output.", valueName: "file|-"))
    var events: String?

    @Option(
        help: ArgumentHelp(
            "End the run so long from now. (default: when the run's own deadline ends it)", valueName: "duration"))
    var deadline: Seconds?

    @Flag(help: "Tell every event.")
    var verbose = false

    func run() async throws {
        var changes = Resume.Changes()
        changes.htmlReport = report
        changes.outputDirectory = outputDir
        changes.events = events
        changes.deadline = deadline?.value
        changes.isVerbose = verbose
        let resume = Resume(changes: changes, console: Console(), group: MultiThreadedEventLoopGroup.singleton)
        try await resume.run(name).leave()
    }
}

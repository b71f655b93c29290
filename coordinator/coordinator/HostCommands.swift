import ArgumentParser
import FleetCoordinator
import NIOPosix

/// The options of commands that look at hosts without running tests.
struct VisitOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The hosts: a line each, as the README shows.", valueName: "file"))
    var agents: String

    @OptionGroup var reach: ReachOptions

    /// The options as the library takes them.
    var options: RunOptions {
        var options = RunOptions()
        options.agentsFile = agents
        reach.apply(to: &options)
        return options
    }
}

/// How hosts are trusted, and what is brought to them.
struct ReachOptions: ParsableArguments {
    @Option(help: ArgumentHelp("`accept-new` adds the key of an unknown host to known_hosts.", valueName: "policy"))
    var hostKey: HostKeyPolicy = .strict

    @Option(
        help: ArgumentHelp(
            """
            Programs for hosts of another CPU than this machine: a folder each, such as DIR/linux-aarch64, made by \
            `make bundle` there.
            """, valueName: "dir"))
    var bundle: String?

    func apply(to options: inout RunOptions) {
        options.acceptsNewHostKeys = hostKey == .acceptNew
        options.bundleDirectory = bundle
    }
}

/// `coordinator doctor`.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Look at every host: what it is, what it lacks, and what mends that.",
        discussion: """
            Brings the programs of a run to each host, as a run would, and leaves nothing else. Exit status: 0 nothing \
            lacks, 2 something lacks or a host cannot be reached, 64 usage, 65 bad input file.
            """)

    @OptionGroup var visit: VisitOptions

    @Flag(help: "Run the commands that install what is lacking, with sudo -n where we are not root; then look again.")
    var install = false

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let doctor = Doctor(
            options: visit.options, console: Console(), group: MultiThreadedEventLoopGroup.singleton)
        try await doctor.run(installs: install, asJSON: json).leave()
    }
}

/// `coordinator audit`.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Prove that nothing of a run stayed on the hosts.",
        discussion: """
            First `audit --agents FILE --save SNAPSHOT`, then runs, then `audit --agents FILE --before SNAPSHOT`. It \
            compares processes, mounts, namespaces, interfaces, listening sockets, files, control groups, what cron and \
            systemd start, and accounts, as far as the user of the login may see them; the cache of programs and suites \
            is left out. Without a snapshot it looks for what is known to be of a run. Exit status: 0 nothing stayed, \
            1 something did, 2 a host could not be looked at, 64 usage, 65 bad input file, 74 SNAPSHOT not written.
            """)

    @OptionGroup var visit: VisitOptions

    @Option(help: ArgumentHelp("Write down what is there now.", valueName: "snapshot"))
    var save: String?

    @Option(help: ArgumentHelp("Compare with what was there then.", valueName: "snapshot"))
    var before: String?

    func run() async throws {
        let audit = Audit(options: visit.options, console: Console(), group: MultiThreadedEventLoopGroup.singleton)
        try await audit.run(save: save, before: before).leave()
    }
}

import ArgumentParser
import FleetAgent
import FleetModel

/// The options that `serve` and the processes below it share.
struct ServeArguments: ParsableArguments {
    @Option(help: "The run to serve: lower-case letters, digits and '-'.")
    var run: String

    @Option(help: "The lease under which the agent is started, from 1.")
    var epoch: Int

    @Option(help: "The directory for everything on this host. (default: ~/.cache/provisioning-fleet)")
    var workdir: String?

    @Option(help: "How many tests run at once, at most 256.")
    var slots = 1

    @Option(help: "How many slots the host has for all runs together. (default: as many as --slots)")
    var hostSlots: Int?

    @Option(help: "How many seconds environments stay after the run. (default: they go with it)")
    var keep: Double?

    @Flag(help: "Take kept environments over in place of bringing new ones up.")
    var adopt = false

    @Option(help: "Who started the run, for people.")
    var owner = ""

    @Option(help: "How many environments there are at once; the slots are shared equally between them.")
    var lanes = 1

    @Option(help: "How many seconds the agent lives without a coordinator.")
    var grace = 120.0

    @Option(
        help:
            "How environments are isolated: process, namespace, container or external. (default: namespace where possible)"
    )
    var driver: String?

    @Option(help: "How many bytes of memory everything that is started may use together. (default: no limit)")
    var memory: Int?

    @Option(help: "How much what is started yields to others, from 0 to 19.")
    var nice = 0

    @Flag(help: "Read the run's configuration, a line of JSON, after the token.")
    var configuration = false

    func options() throws -> ServeOptions {
        guard let run = RunID(rawValue: run) else {
            throw ValidationError("--run is no run id: 1 to 64 lower-case letters, digits and '-'.")
        }
        let driver = try driver.map { name in
            guard let driver = Driver(rawValue: name) else {
                throw ValidationError("--driver \(name) is unknown: process, namespace, container or external.")
            }
            return driver
        }
        var options = ServeOptions(
            run: run, epoch: Epoch(rawValue: epoch), workdir: workdir ?? ServeOptions.standardWorkdir, slots: slots,
            hostSlots: hostSlots, lanes: lanes, grace: grace, driver: driver, owner: owner, keep: keep, adopts: adopt,
            memory: memory, niceness: nice)
        options.readsConfiguration = configuration
        if let problem = options.problem { throw ValidationError("\(problem).") }
        return options
    }
}

/// `agent serve`.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serves a run, detached; started by the coordinator.",
        discussion: """
            Reads the run's token (64 hexadecimal digits and a line feed) from standard input and prints one line: \
            {"type":"ready","port":N,"pid":N,"incarnation":"…"}. The agent then lives on by itself, listens on \
            127.0.0.1 at that port, and ends when the coordinator says so, on SIGTERM, or without a coordinator \
            after --grace seconds.
            """)

    @OptionGroup var arguments: ServeArguments

    func run() async throws { throw ExitCode(await Agent.serve(try arguments.options())) }
}

/// `agent connect`.
struct ConnectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect", abstract: "Carries connections to the agents of this host over its standard streams.",
        discussion: """
            The coordinator runs it where the SSH server forbids forwarding. Prints the line “fleet-relay 1”, then \
            speaks frames (PROTOCOL.md, section 10). Ends with its input, or after 15 seconds without a connection.
            """)

    func run() async throws { throw ExitCode(await Agent.connect()) }
}

/// `agent guardian`: below `serve`.
struct GuardianCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "guardian", shouldDisplay: false)

    @OptionGroup var arguments: ServeArguments

    func run() async throws { throw ExitCode(await Agent.guardian(try arguments.options())) }
}

/// `agent session`: below `guardian`.
struct SessionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "session", shouldDisplay: false)

    @OptionGroup var arguments: ServeArguments

    func run() async throws { throw ExitCode(await Agent.session(try arguments.options())) }
}

/// `agent worker`: below `session`.
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "worker", shouldDisplay: false)

    func run() async throws { throw ExitCode(await Agent.worker()) }
}

/// `agent test ID`: below a worker.
struct TestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "test", shouldDisplay: false)

    @Argument var id: String

    func run() async throws { throw ExitCode(await Agent.test(id)) }
}

/// `agent sweep`.
struct SweepCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sweep", abstract: "Removes what dead agents left, and ends living ones that are named.",
        discussion: "Prints one thing a line that could not be removed; ends 0 when nothing stayed.")

    @Option(help: "The directory of the agents on this host. (default: ~/.cache/provisioning-fleet)")
    var workdir: String?

    @Option(help: "End the agents of this run as well, also stopped ones.")
    var run: String?

    @Flag(help: "Take environments down that are kept and that no run uses.")
    var kept = false

    @Flag(help: "End all agents, and take all environments down that are kept.")
    var all = false

    func run() async throws {
        let id = try run.map { text in
            guard let id = RunID(rawValue: text) else { throw ValidationError("--run is no run id.") }
            return id
        }
        throw ExitCode(
            await Agent.sweep(workdir: workdir ?? ServeOptions.standardWorkdir, run: id, kept: kept, all: all))
    }
}

import ArgumentParser
import FleetAgent
import FleetModel

/// `agent environment`: environments by hand.
struct EnvironmentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "environment", abstract: "Keeps environments on this host, by hand.",
        discussion: """
            `up` starts a process that holds the environment and lives on by itself; `down` ends it. When that process \
            dies, however it dies, the environment goes with it. With the driver namespace the services listen inside a \
            private network: enter it with `nsenter` of the process that `status` names, or choose --driver process.
            """,
        subcommands: [Up.self, Down.self, Status.self, Logs.self, Door.self])

    /// Where environments are kept.
    struct Place: ParsableArguments {
        @Option(help: "The directory of the agents on this host. (default: ~/.cache/provisioning-fleet)")
        var workdir: String?

        var path: String { workdir ?? ServeOptions.standardWorkdir }

        func validate() throws {
            guard path.hasPrefix("/") else { throw ValidationError("--workdir must begin with a slash.") }
        }
    }

    /// Which environment.
    struct Name: ParsableArguments {
        @OptionGroup var place: Place

        @Option(help: "What it is called: lower-case letters, digits and '-'.")
        var name = "manual"

        func options(mode: Mode = .solo, driver: Driver? = nil) throws -> KeptEnvironmentOptions {
            guard let id = RunID(rawValue: name) else {
                throw ValidationError("--name must be 1 to 64 lower-case letters, digits and '-'.")
            }
            return KeptEnvironmentOptions(workdir: place.path, name: id, mode: mode, driver: driver)
        }
    }

    /// What it has.
    struct Choice: ParsableArguments {
        @OptionGroup var name: Name

        @Option(help: "Which services it has: solo, multiuser, cicd or enterprise.")
        var mode = "solo"

        @Option(
            help: "How it is isolated: process, namespace, container or external. (default: namespace where possible)")
        var driver: String?

        @Option(help: "How many bytes of memory it may use. (default: no limit)")
        var memory: Int?

        @Option(help: "How much its services yield to others, from 0 to 19.")
        var nice = 0

        func validate() throws {
            if let memory, memory < 16 << 20 { throw ValidationError("--memory must be 16777216 bytes or more.") }
            guard (0...19).contains(nice) else { throw ValidationError("--nice must be from 0 to 19.") }
        }

        func options() throws -> KeptEnvironmentOptions {
            guard let mode = Mode(rawValue: mode) else { throw ValidationError("--mode \(mode) is unknown.") }
            let driver = try driver.map { text in
                guard let driver = Driver(rawValue: text) else {
                    throw ValidationError("--driver \(text) is unknown: process, namespace, container or external.")
                }
                return driver
            }
            var options = try name.options(mode: mode, driver: driver)
            options.memory = memory
            options.niceness = nice
            return options
        }
    }

    /// `agent environment up`.
    struct Up: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Brings an environment up and prints its endpoints.",
            discussion: """
                An environment that is up in a lower mode climbs: what the higher mode has is added, and what is there \
                keeps its data. No environment goes down to a lower mode.
                """)

        @OptionGroup var choice: Choice

        @Option(
            help: "A configuration, as `coordinator config --json` prints it; - reads it. (default: all is standard)")
        var config: String?

        @Flag(help: "Print JSON.")
        var json = false

        func run() async throws {
            var options = try choice.options()
            options.configuration = config
            throw ExitCode(await Agent.environmentUp(options, asJSON: json))
        }
    }

    /// `agent environment down`.
    struct Down: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes an environment down; prints one thing a line that stayed.")

        @OptionGroup var name: Name

        func run() async throws { throw ExitCode(await Agent.environmentDown(try name.options())) }
    }

    /// `agent environment status`.
    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Prints the environments that are kept.")

        @OptionGroup var place: Place

        @Flag(help: "Print JSON.")
        var json = false

        func run() throws { throw ExitCode(Agent.environmentStatus(workdir: place.path, asJSON: json)) }
    }

    /// `agent environment logs`.
    struct Logs: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Prints what a service has logged.")

        @OptionGroup var name: Name

        @Argument(help: "The service, such as dns.")
        var service: String

        func run() throws { throw ExitCode(Agent.environmentLogs(try name.options(), service: service)) }
    }
}

/// `agent environment-guardian`: below `environment up`.
struct EnvironmentGuardianCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "environment-guardian", shouldDisplay: false)

    @OptionGroup var choice: EnvironmentCommand.Choice

    func run() async throws { throw ExitCode(await Agent.environmentGuardian(try choice.options())) }
}

/// `agent environment-holder`: below `environment-guardian`.
struct EnvironmentHolderCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "environment-holder", shouldDisplay: false)

    @OptionGroup var choice: EnvironmentCommand.Choice

    func run() async throws { throw ExitCode(await Agent.environmentHolder(try choice.options())) }
}

extension EnvironmentCommand {
    /// `agent environment door`.
    struct Door: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lets `coordinator attach` in; started by it.", shouldDisplay: false)

        @OptionGroup var name: Name

        func run() async throws { throw ExitCode(await Agent.environmentDoor(try name.options())) }
    }
}

/// `agent environment-door`: below `environment door`.
struct EnvironmentDoorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "environment-door", shouldDisplay: false)

    @OptionGroup var choice: EnvironmentCommand.Choice

    func run() async throws { throw ExitCode(await Agent.door(try choice.options())) }
}

/// `agent environment-passage`: below a door, inside an environment.
struct EnvironmentPassageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "environment-passage", shouldDisplay: false)

    @Argument var host: String?
    @Argument var port: Int?

    func run() throws { throw ExitCode(Agent.passage(host: host, port: port)) }
}

/// `agent environment-facts`: inside an environment.
struct EnvironmentFactsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "environment-facts", shouldDisplay: false)

    func run() async throws { throw ExitCode(await Agent.environmentFacts()) }
}

/// `agent keeper`: below an agent or a holder.
struct KeeperCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "keeper", shouldDisplay: false)

    func run() async throws { throw ExitCode(await Agent.keeper()) }
}

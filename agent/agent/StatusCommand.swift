import ArgumentParser
import FleetAgent
import FleetModel

/// `agent status`.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Says who uses this host: runs, since when, their slots and tests.",
        discussion: "Looks at the agents of one working directory, that is of one user.")

    @OptionGroup var place: EnvironmentCommand.Place

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws { throw ExitCode(Agent.status(workdir: place.path, asJSON: json)) }
}

/// `agent stop`.
struct StopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Sends runs away from this host.",
        discussion: """
            The agents are asked to go, and forced when they do not within 10 seconds. Their coordinators see the host \
            lost, with the name of who did it, run its tests elsewhere and start no agent here again. Other users' \
            agents are stopped as these users, such as with sudo -u USER. Environments that are kept stay: take them \
            down with `agent environment down`.
            """)

    @OptionGroup var place: EnvironmentCommand.Place

    @Option(help: "Only this run. (default: all runs)")
    var run: String?

    func run() async throws {
        let id = try run.map { text in
            guard let id = RunID(rawValue: text) else { throw ValidationError("--run is no run id.") }
            return id
        }
        throw ExitCode(await Agent.stop(workdir: place.path, run: id))
    }
}

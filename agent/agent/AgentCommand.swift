import ArgumentParser
import FleetAgent

/// `agent`: our process on a host.
@main
struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "Runs tests on this host for a coordinator.",
        subcommands: [
            ServeCommand.self, ConnectCommand.self, StatusCommand.self, StopCommand.self, SweepCommand.self,
            EnvironmentCommand.self,
            CapabilitiesCommand.self,
            SnapshotCommand.self, VersionCommand.self,
            GuardianCommand.self, SessionCommand.self, WorkerCommand.self, TestCommand.self, KeeperCommand.self,
            EnvironmentGuardianCommand.self, EnvironmentHolderCommand.self, EnvironmentFactsCommand.self,
            EnvironmentDoorCommand.self, EnvironmentPassageCommand.self,
        ])
}

/// `agent capabilities`.
struct CapabilitiesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capabilities", abstract: "Prints as JSON what this host can hold, and what each mode lacks.")

    @Option(help: ArgumentHelp("A program that a run would bring along. May be repeated.", valueName: "program"))
    var brings: [String] = []

    func run() async throws { throw ExitCode(await Agent.capabilities(brought: Set(brings))) }
}

/// `agent snapshot`.
struct SnapshotCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "Prints as JSON what a run could leave on this host; for `coordinator audit`.")

    @Option(help: "The directory of the agents on this host. (default: ~/.cache/provisioning-fleet)")
    var workdir: String?

    func run() throws { throw ExitCode(Agent.snapshot(workdir: workdir ?? ServeOptions.standardWorkdir)) }
}

/// `agent version`.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Prints name and version.")

    func run() { print(AgentVersion.program) }
}

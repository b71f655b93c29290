import ArgumentParser
import FleetAgent

/// `agent`: our process on a host.
@main
struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agent",
        abstract: "Runs tests on this host for a coordinator.",
        subcommands: [
            ServeCommand.self, SweepCommand.self, EnvironmentCommand.self, VersionCommand.self,
            GuardianCommand.self, SessionCommand.self, WorkerCommand.self, TestCommand.self, KeeperCommand.self,
            EnvironmentGuardianCommand.self, EnvironmentHolderCommand.self,
        ])
}

/// `agent version`.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Prints name and version.")

    func run() { print(AgentVersion.program) }
}

import ArgumentParser
import Logging
import PlatformCommands
import PlatformOrchestrator
import PlatformService

/// The program of the reference platform.
@main
struct Platform: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "platform", abstract: "The reference Provisioning Platform.",
        subcommands: [
            OrchestratorCommand.self, ControlCenterCommand.self, APIServerCommand.self,
            ExtensionRegistryCommand.self, KMSCommand.self, GiteaCommand.self, ElasticsearchCommand.self,
            GrafanaCommand.self, HarborCommand.self, ProvisioningCommand.self, VersionCommand.self,
            ServerKeeperCommand.self,
        ])

    static func main() async {
        LoggingSystem.bootstrap(LogLines.init)
        // Under the platform's own name the program is its command line.
        if CommandLine.arguments.first?.split(separator: "/").last == "provisioning" {
            await ProvisioningCommand.main()
        } else {
            await main(nil)
        }
    }
}

/// `platform version`.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Print name and version.")

    func run() { print(Orchestrator.version) }
}

/// Started by the orchestrator, once for each server.
struct ServerKeeperCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "server-keeper", abstract: "Keep the sshd of one server.", shouldDisplay: false)

    @Argument(help: "The server's sshd_config.")
    var sshdConfiguration: String

    func run() async throws {
        throw ExitCode(await ServerKeeper.run(configuration: sshdConfiguration))
    }
}

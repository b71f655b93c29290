import ArgumentParser
import BuiltinGitea
import Logging

/// `platform gitea`.
struct GiteaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gitea", abstract: "Run the builtin Gitea until SIGTERM: Gitea's API over the real git.",
        discussion: "Prints {\"type\":\"listening\",\"port\":N} when it answers requests. Settings: docs/PLATFORM.md.")

    @OptionGroup var options: ServiceOptions

    func run() async throws {
        try await GiteaService.run(
            try options.read(GiteaSettings.self), listen: try options.address, data: options.dataDirectory,
            logger: Logger(label: "gitea"), listening: ServiceOptions.announce)
    }
}

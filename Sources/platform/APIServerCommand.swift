import ArgumentParser
import Logging
import PlatformAPIServer

/// `platform api-server`.
struct APIServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "api-server", abstract: "Run the API server (the platform for programs) until SIGTERM.")

    @OptionGroup var options: ServiceOptions

    func run() async throws {
        try await APIServer.run(
            try options.read(APIServerSettings.self), listen: options.address, data: options.dataDirectory,
            logger: Logger(label: "api-server"), listening: ServiceOptions.announce)
    }
}

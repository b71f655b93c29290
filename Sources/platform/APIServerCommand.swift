import ArgumentParser
import PlatformAPIServer

/// `platform api-server`.
struct APIServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "api-server", abstract: "Run the API server (the platform for programs) until SIGTERM.")

    @OptionGroup var options: ServiceOptions

    func run() async throws {
        let settings = try options.read(APIServerSettings.self)
        try await APIServer.run(
            settings, listen: options.address, data: options.dataDirectory, logger: settings.logger,
            listening: ServiceOptions.announce)
    }
}

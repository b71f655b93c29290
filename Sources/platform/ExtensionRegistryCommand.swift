import ArgumentParser
import Logging
import PlatformRegistry

/// `platform extension-registry`.
struct ExtensionRegistryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "extension-registry", abstract: "Run the extension registry until SIGTERM.",
        discussion: """
            The first line on standard output is {"type":"listening","port":N}, as soon as requests are answered. Logs go to \
            standard error, one line each. Settings: docs/PLATFORM.md.
            """)

    @OptionGroup var options: ServiceOptions

    func run() async throws {
        try await ExtensionRegistry.run(
            try options.read(RegistrySettings.self), listen: try options.address, data: options.dataDirectory,
            logger: Logger(label: "extension-registry"), listening: ServiceOptions.announce)
    }
}

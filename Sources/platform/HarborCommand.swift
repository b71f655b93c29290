import ArgumentParser
import BuiltinHarbor
import Logging

/// `platform harbor`.
struct HarborCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "harbor",
        abstract: "Run the builtin Harbor until SIGTERM: Harbor's API in front of a docker-registry.",
        discussion: "Prints {\"type\":\"listening\",\"port\":N} when it answers requests. Settings: docs/PLATFORM.md.")

    @OptionGroup var options: ServiceOptions

    func run() async throws {
        try await HarborService.run(
            try options.read(HarborSettings.self), listen: try options.address, data: options.dataDirectory,
            logger: Logger(label: "harbor"), listening: ServiceOptions.announce)
    }
}

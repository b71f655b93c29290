import ArgumentParser
import BuiltinGrafana
import Logging

/// `platform grafana`.
struct GrafanaCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grafana", abstract: "Run the builtin Grafana until SIGTERM: a subset of Grafana's API.",
        discussion: "Prints {\"type\":\"listening\",\"port\":N} when it answers requests. Settings: docs/PLATFORM.md.")

    @OptionGroup var options: ServiceOptions

    func run() async throws {
        try await GrafanaService.run(
            try options.read(GrafanaSettings.self), listen: try options.address, data: options.dataDirectory,
            logger: Logger(label: "grafana"), listening: ServiceOptions.announce)
    }
}

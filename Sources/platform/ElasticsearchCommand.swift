import ArgumentParser
import BuiltinElasticsearch
import Logging

/// `platform elasticsearch`.
struct ElasticsearchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "elasticsearch",
        abstract: "Run the builtin Elasticsearch until SIGTERM: a subset of Elasticsearch's API on one node.",
        discussion: "Prints {\"type\":\"listening\",\"port\":N} when it answers requests. Settings: docs/PLATFORM.md.")

    @OptionGroup var options: ServiceOptions

    func run() async throws {
        try await ElasticsearchService.run(
            try options.read(ElasticsearchSettings.self), listen: try options.address, data: options.dataDirectory,
            logger: Logger(label: "elasticsearch"), listening: ServiceOptions.announce)
    }
}

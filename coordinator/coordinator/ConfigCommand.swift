import ArgumentParser
import FleetCoordinator
import FleetModel

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The configuration, common to all commands that bring environments up.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What is to be tested how (default: test_config.yaml in the current directory, if there is one).",
            valueName: "file"))
    var config: String?

    /// Reads the file; what is wrong with it is told, and ends the program with 65.
    func load() throws -> TestConfiguration {
        do {
            return try ConfigurationFile.load(config)
        } catch {
            try Console().tell(error).leave()
        }
    }
}

/// Paths that others must find who work elsewhere.
enum AbsolutePath {
    /// The path, from the root on.
    static func of(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    }
}

/// `coordinator config`.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Check the configuration and show it with every default.",
        discussion: """
            With --json it prints what `agent environment up --config FILE.json` takes. Secrets are shown by where they \
            are, never by what they are. Exit status: 0, or 65 with everything that is wrong, each with its place.
            """)

    @OptionGroup var configuration: ConfigurationOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let configuration = try configuration.load()
        try Inquiry(console: Console()).show(configuration, asJSON: json).leave()
    }
}

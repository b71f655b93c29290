import ArgumentParser
import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How results are printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
    case text, json
}

/// What every command takes.
struct CommonOptions: ParsableArguments {
    @Option(name: [.short, .customLong("output")], help: "How results are printed: text or json.")
    var output = OutputFormat.text

    @Option(help: "The configuration file; default: $XDG_CONFIG_HOME/provisioning/config.json, if there is one.")
    var config: String?

    @Option(name: .customLong("orchestrator"), help: "Base URL of the orchestrator.")
    var orchestrator: String?

    @Option(name: .customLong("control-center"), help: "Base URL of the control center.")
    var controlCenter: String?

    @Option(name: .customLong("extension-registry"), help: "Base URL of the extension registry.")
    var extensionRegistry: String?

    @Option(name: .customLong("oci-registry"), help: "Base URL of the OCI registry.")
    var ociRegistry: String?

    /// A client of the services that options, environment and configuration name.
    var client: PlatformClient {
        get throws {
            var options: [Configuration.Service: String] = [:]
            options[.orchestrator] = orchestrator
            options[.controlCenter] = controlCenter
            options[.extensionRegistry] = extensionRegistry
            options[.ociRegistry] = ociRegistry
            let environment = ProcessInfo.processInfo.environment
            return PlatformClient(
                configuration: try Configuration(options: options, file: config, environment: environment),
                sessions: SessionFile(environment: environment))
        }
    }

    /// Does the work of a command. What goes wrong is said on standard error, and by the exit status.
    func perform(_ body: (PlatformClient) async throws -> Void) async throws {
        do { try await body(try client) } catch {
            let failure = (error as? CommandFailure) ?? (error as? PlatformError).map { CommandFailure($0) }
            guard let failure else { throw error }
            Console.complaint("Error: \(failure)")
            throw ExitCode(failure.status.rawValue)
        }
    }

    /// Prints rows: a table of these members, or the whole as JSON.
    func show(_ value: JSONValue, columns: [String]) {
        switch output {
        case .json: Console.line(value.json)
        case .text:
            let rows = value.items.map { item in columns.map { item[$0].words } }
            Console.line(Console.table(columns, rows))
        }
    }

    /// Prints one thing of these members.
    func show(_ members: [String: JSONValue]) { show(.object(members)) }

    /// Prints one thing: a line for each member, or the whole as JSON.
    func show(_ value: JSONValue) {
        guard output == .text, case .object(let members) = value else {
            return Console.line(output == .json ? value.json : value.words)
        }
        for (name, value) in members.sorted(by: { $0.key < $1.key }) where value != .null {
            Console.line("\(name): \(value.words)")
        }
    }
}

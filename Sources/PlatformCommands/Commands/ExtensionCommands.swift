import ArgumentParser
import InterfaceProfile
import NIOHTTP1
import PlatformExtensions
import PlatformService

/// `provisioning extension …`.
struct ExtensionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "extension", abstract: "Extensions: what the orchestrator has loaded, and what the registry has.",
        subcommands: [
            Load.self, List.self, Show.self, Unload.self, Update.self, Rollback.self, Validate.self, Cache.self,
            Search.self, Versions.self, Download.self, Publish.self,
        ])

    /// Which extension.
    struct Target: ParsableArguments {
        @Argument(help: "provider, taskserv or cluster.")
        var type: String

        @Argument(help: "The extension's name.")
        var name: String

        func path(_ template: String) -> String { filledPath(template, type, name) }
    }

    /// From where, and in which version.
    struct Choice: ParsableArguments {
        @Option(help: "A version, or a constraint like ^1.28; left out, the newest release.")
        var version: String?

        @Option(help: "auto, oci, gitea or local.")
        var source: String?

        func body(_ members: [String: JSONValue] = [:]) -> JSONValue {
            let own: [String: JSONValue] = ["version": .optional(version), "source": .optional(source)]
            return .members(members.merging(own) { $1 })
        }
    }

    /// `provisioning extension load`.
    struct Load: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Load an extension, and what it needs.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var target: Target
        @OptionGroup var choice: Choice

        @Option(help: "A directory on the orchestrator's machine with the extension in it.")
        var path: String?

        @Flag(inversion: .prefixedNo, help: "Load what it needs, too.")
        var dependencies = true

        func run() async throws {
            try await common.perform { client in
                let body = choice.body([
                    "type": .string(target.type), "name": .string(target.name), "path": .optional(path),
                    "dependencies": .boolean(dependencies),
                ])
                common.show(try await client.send(.POST, .orchestrator, client.profile.paths.loadExtension, body))
            }
        }
    }

    /// `provisioning extension list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List what the orchestrator has loaded.")

        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.perform { client in
                let fields = client.profile.fields.loadedExtension
                common.show(
                    try await client.send(.GET, .orchestrator, client.profile.paths.extensions),
                    columns: [fields.type, fields.name, fields.version, fields.source, fields.current, fields.loadedAt])
            }
        }
    }

    /// `provisioning extension show`.
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a loaded extension.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var target: Target

        func run() async throws {
            try await common.perform { client in
                common.show(
                    try await client.send(.GET, .orchestrator, target.path(client.profile.paths.loadedExtension)))
            }
        }
    }

    /// `provisioning extension unload`.
    struct Unload: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Unload an extension.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var target: Target

        @Option(help: "One version; left out, all.")
        var version: String?

        func run() async throws {
            try await common.perform { client in
                let query = version.map { "?version=\(percentEncoded($0))" } ?? ""
                let path = target.path(client.profile.paths.loadedExtension) + query
                common.show(try await client.send(.DELETE, .orchestrator, path))
            }
        }
    }

    /// `provisioning extension update`.
    struct Update: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Load the newest version of a loaded extension.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var target: Target
        @OptionGroup var choice: Choice

        func run() async throws {
            try await common.perform { client in
                let path = target.path(client.profile.paths.updateExtension)
                common.show(try await client.send(.POST, .orchestrator, path, choice.body()))
            }
        }
    }

    /// `provisioning extension rollback`.
    struct Rollback: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Go back to the version that was loaded before.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var target: Target

        func run() async throws {
            try await common.perform { client in
                let path = target.path(client.profile.paths.rollbackExtension)
                common.show(try await client.send(.POST, .orchestrator, path))
            }
        }
    }

    /// `provisioning extension validate`.
    struct Validate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what is wrong with an extension, without loading it.",
            discussion: "Exit status 65 when something is.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var target: Target
        @OptionGroup var choice: Choice

        @Option(help: "A directory on the orchestrator's machine with the extension in it.")
        var path: String?

        func run() async throws {
            try await common.perform { client in
                let body = choice.body([
                    "type": .string(target.type), "name": .string(target.name), "path": .optional(path),
                ])
                let found = try await client.send(.POST, .orchestrator, client.profile.paths.validateExtension, body)
                common.show(found)
                let faults = found[client.profile.fields.loadedExtension.faults].items
                guard faults.isEmpty else { throw CommandFailure(.invalid, "\(faults.count) faults") }
            }
        }
    }

    /// `provisioning extension cache`.
    struct Cache: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show what the orchestrator's cache holds and did.")

        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.perform { client in
                common.show(try await client.send(.GET, .orchestrator, client.profile.paths.extensionCache))
            }
        }
    }
}

import ArgumentParser
import InterfaceProfile
import NIOHTTP1
import PlatformService

/// `provisioning workspace …`.
struct WorkspaceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workspace", abstract: "Workspaces, which live on the orchestrator's machine.",
        subcommands: [Initialize.self, List.self, Show.self, Delete.self])

    /// `provisioning workspace init`.
    struct Initialize: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "init", abstract: "Make a workspace.")

        @OptionGroup var common: CommonOptions

        @Argument(help: "The workspace's name.")
        var name: String

        @Option(help: "What is in it at first: default, or kubernetes-ha.")
        var template: String?

        @Option(help: "The environment of what will be in it: development, staging or production.")
        var environment: String?

        @Option(help: "Refused: this platform keeps workspaces with its orchestrator, at the path that is printed.")
        var path: String?

        func run() async throws {
            try await common.perform { client in
                guard path == nil else {
                    throw CommandFailure(
                        .invalid,
                        "--path: this platform keeps workspaces in the data directory of its orchestrator, not in one that "
                            + "is named; leave it out, and see the path that is printed")
                }
                let fields = client.profile.fields.workspace
                let body = JSONValue.members([
                    fields.name: .string(name), fields.template: .optional(template),
                    fields.environment: .optional(environment),
                ])
                common.show(try await client.send(.POST, .orchestrator, client.profile.paths.workspaces, body))
            }
        }
    }

    /// `provisioning workspace list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the workspaces.")

        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.perform { client in
                let fields = client.profile.fields.workspace
                common.show(
                    try await client.send(.GET, .orchestrator, client.profile.paths.workspaces),
                    columns: [fields.name, fields.createdAt, fields.path])
            }
        }
    }

    /// `provisioning workspace show`.
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a workspace with its files.")

        @OptionGroup var common: CommonOptions

        @Argument(help: "The workspace's name.")
        var name: String

        func run() async throws {
            try await common.perform { client in
                common.show(
                    try await client.send(.GET, .orchestrator, filledPath(client.profile.paths.workspace, name)))
            }
        }
    }

    /// `provisioning workspace delete`.
    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove a workspace with all that is in it.")

        @OptionGroup var common: CommonOptions

        @Argument(help: "The workspace's name.")
        var name: String

        func run() async throws {
            try await common.perform { client in
                try await client.send(.DELETE, .orchestrator, filledPath(client.profile.paths.workspace, name))
                common.show(["deleted": .string(name)])
            }
        }
    }
}

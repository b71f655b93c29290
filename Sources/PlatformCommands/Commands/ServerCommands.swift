import ArgumentParser
import InterfaceProfile
import NIOHTTP1
import PlatformService

/// `provisioning server …`.
struct ServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "server", abstract: "Servers.",
        subcommands: [Create.self, List.self, Show.self, Delete.self, SSH.self], aliases: ["servers"])

    /// `provisioning server create`.
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make servers, and wait until they answer.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var submission: SubmissionOptions

        @Argument(help: "Names of the servers.")
        var names: [String]

        @Option(help: "OpenSSH public key that may log in, or a file with one; may be given more than once.")
        var authorizedKey: [String] = []

        @Option(help: "Where they come from: local (the default), or aws or upcloud, which are simulated.")
        var provider: String?

        @Option(help: "The provider's zone; default: its first one.")
        var zone: String?

        @Option(help: "The provider's plan; default: its usual one.")
        var plan: String?

        @Option(help: "The workspace that they belong to.")
        var workspace: String?

        @Option(help: "Their environment: development, staging or production.")
        var environment: String?

        func run() async throws {
            try await common.perform { client in
                let fields = client.profile.fields.submission
                let body = submission.body([
                    fields.servers: .list(names), fields.authorizedKeys: .list(try authorizedKey.map(KeyText.read)),
                    fields.provider: .optional(provider), fields.zone: .optional(zone), fields.plan: .optional(plan),
                    fields.workspace: .optional(workspace), fields.environment: .optional(environment),
                ])
                try await client.submit(client.profile.paths.createServers, body, submission, common)
            }
        }
    }

    /// `provisioning server list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the servers.")

        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.perform { client in
                let fields = client.profile.fields.server
                common.show(
                    try await client.send(.GET, .orchestrator, client.profile.paths.servers),
                    columns: [fields.name, fields.provider, fields.address, fields.status, fields.createdAt])
            }
        }
    }

    /// `provisioning server show`.
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one server.")

        @OptionGroup var common: CommonOptions

        @Argument(help: "The server's name.")
        var name: String

        func run() async throws {
            try await common.perform { client in
                common.show(try await client.send(.GET, .orchestrator, filledPath(client.profile.paths.server, name)))
            }
        }
    }

    /// `provisioning server delete`.
    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove servers.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var submission: SubmissionOptions

        @Argument(help: "Names of the servers.")
        var names: [String]

        func run() async throws {
            try await common.perform { client in
                let body = submission.body([client.profile.fields.submission.servers: .list(names)])
                try await client.submit(client.profile.paths.deleteServers, body, submission, common)
            }
        }
    }

    /// `provisioning server ssh`.
    struct SSH: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ssh", abstract: "Print how to log in to a server.",
            discussion: "In text: the ssh command, and the server's line for known_hosts.")

        @OptionGroup var common: CommonOptions

        @Argument(help: "The server's name.")
        var name: String

        func run() async throws {
            try await common.perform { client in
                let fields = client.profile.fields.server
                let server = try await client.send(.GET, .orchestrator, filledPath(client.profile.paths.server, name))
                let (address, port) = (server[fields.address].words, server[fields.sshPort].words)
                guard !address.isEmpty, !port.isEmpty else {
                    throw CommandFailure(
                        .conflict, "the server \(name) is \(server[fields.status].words) and has no address")
                }
                let command = "ssh -p \(port) \(server[fields.sshUser].words)@\(address)"
                let known = "[\(address)]:\(port) \(server[fields.sshHostKey].words)"
                guard common.output == .text else {
                    return common.show(["command": .string(command), "known_hosts": .string(known)])
                }
                Console.line("\(command)\n\(known)")
            }
        }
    }
}

import ArgumentParser
import InterfaceProfile
import NIOHTTP1
import PlatformService

/// `provisioning taskserv …`.
struct TaskservCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "taskserv", abstract: "Taskservs on servers.",
        subcommands: [Create.self, Check.self, Delete.self, List.self])

    /// The arguments of the three that submit a task.
    struct Target: ParsableArguments {
        @Argument(help: "NAME, or NAME:VERSION, where VERSION may be a constraint like ^1.28.")
        var taskserv: String

        @Option(parsing: .upToNextOption, help: "Names of the servers.")
        var servers: [String]
    }

    /// `provisioning taskserv create`.
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Install a taskserv, and what it needs.", aliases: ["install"])

        @OptionGroup var common: CommonOptions
        @OptionGroup var submission: SubmissionOptions
        @OptionGroup var target: Target

        func run() async throws {
            try await TaskservCommand.submit(common, submission, target, \.operationCreate)
        }
    }

    /// `provisioning taskserv check`.
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Run the check of an installed taskserv.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var submission: SubmissionOptions
        @OptionGroup var target: Target

        func run() async throws {
            try await TaskservCommand.submit(common, submission, target, \.operationCheck)
        }
    }

    /// `provisioning taskserv delete`.
    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove an installed taskserv.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var submission: SubmissionOptions
        @OptionGroup var target: Target

        func run() async throws {
            try await TaskservCommand.submit(common, submission, target, \.operationDelete)
        }
    }

    /// `provisioning taskserv list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the taskservs of a server.")

        @OptionGroup var common: CommonOptions

        @Argument(help: "The server's name.")
        var server: String

        func run() async throws {
            try await common.perform { client in
                let fields = client.profile.fields.server
                let path = filledPath(client.profile.paths.server, server)
                common.show(
                    try await client.send(.GET, .orchestrator, path)[fields.taskservs],
                    columns: [fields.taskservName, fields.taskservVersion, fields.taskservStatus])
            }
        }
    }

    private static func submit(
        _ common: CommonOptions, _ submission: SubmissionOptions, _ target: Target,
        _ operation: KeyPath<Spellings, String>
    ) async throws {
        try await common.perform { client in
            let fields = client.profile.fields.submission
            let body = submission.body([
                fields.taskserv: .string(target.taskserv), fields.servers: .list(target.servers),
                fields.operation: .string(client.profile.spellings[keyPath: operation]),
            ])
            try await client.submit(client.profile.paths.createTaskserv, body, submission, common)
        }
    }
}

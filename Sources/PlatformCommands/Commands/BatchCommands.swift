import ArgumentParser
import FleetSystem
import InterfaceProfile
import NIOHTTP1
import PlatformService

/// `provisioning batch …`.
struct BatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "batch", abstract: "Batch workflows.",
        subcommands: [
            Submit.self, Monitor.self, List.self, Status.self, Rollback.self, Cancel.self, Resume.self,
            Checkpoints.self, Stats.self,
        ])

    /// Which batch.
    struct Target: ParsableArguments {
        @Argument(help: "The batch's id.")
        var id: String
    }

    /// `provisioning batch submit`.
    struct Submit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Submit a batch workflow.",
            discussion: """
                The file is JSON: the definition, or an object that holds it as "batch_workflow". A definition in Nickel is \
                exported first: nickel export FILE.ncl > FILE.json
                """)

        @OptionGroup var common: CommonOptions

        @Argument(help: "The file with the definition.")
        var file: String

        @Flag(help: "Follow the batch to its end, as `monitor` does.")
        var monitor = false

        func run() async throws {
            try await common.perform { client in
                let body: JSONValue = .object([client.profile.batch.workflow: try DefinitionFile.read(file)])
                let batch = try await client.send(.POST, .orchestrator, client.profile.batchPaths.execute, body)
                if monitor { try await client.follow(batch, common) } else { common.showBatch(batch) }
            }
        }
    }

    /// `provisioning batch monitor`.
    struct Monitor: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a batch each time that it has changed, until it has ended.",
            discussion: "In JSON: one document a line. Exit status 1 unless all of it was completed.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var target: Target

        func run() async throws {
            try await common.perform { client in
                let path = filledPath(client.profile.batchPaths.batch, target.id)
                try await client.follow(try await client.send(.GET, .orchestrator, path), common)
            }
        }
    }

    /// `provisioning batch list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List batches, the oldest first.")

        @OptionGroup var common: CommonOptions

        @Option(help: "Only those in this state, for example Running.")
        var status: String?

        @Option(help: "How many at most, 1 to 1000.")
        var limit = 50

        @Option(help: "How many to leave out.")
        var offset = 0

        func run() async throws {
            try await common.perform { client in
                let fields = client.profile.batch
                let state = status.map { "&status=\(percentEncoded($0))" } ?? ""
                let path = client.profile.batchPaths.batches + "?limit=\(limit)&offset=\(offset)\(state)"
                common.show(
                    try await client.send(.GET, .orchestrator, path),
                    columns: [fields.id, fields.name, fields.status, fields.progress, fields.createdAt])
            }
        }
    }

    /// `provisioning batch status`.
    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a batch and its operations.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var target: Target

        func run() async throws {
            try await common.perform { client in
                let path = filledPath(client.profile.batchPaths.batch, target.id)
                common.showBatch(try await client.send(.GET, .orchestrator, path))
            }
        }
    }

    /// `provisioning batch stats`.
    struct Stats: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Count batches and operations by their states.")

        @OptionGroup var common: CommonOptions

        func run() async throws {
            try await common.perform { client in
                common.show(try await client.send(.GET, .orchestrator, client.profile.batchPaths.stats))
            }
        }
    }
}

/// The file with a batch's definition.
private enum DefinitionFile {
    /// The definition. Throws when the file cannot be read, or is no JSON.
    static func read(_ file: String) throws -> JSONValue {
        guard let bytes = try? AtomicFile.read(file) else {
            throw CommandFailure(.invalid, "\(file) cannot be read")
        }
        guard let content = JSONValue(bytes), case .object = content else {
            throw CommandFailure(
                .invalid, "\(file) is no JSON object; export a definition in Nickel first: nickel export \(file)")
        }
        let inner = content["batch_workflow"]
        return inner == .null ? content : inner
    }
}

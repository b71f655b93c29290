import ArgumentParser
import InterfaceProfile
import NIOHTTP1
import PlatformService

extension BatchCommand {
    /// `provisioning batch rollback`.
    struct Rollback: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Undo what a batch has done.", discussion: "It is begun, not waited for: see `monitor`.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var target: Target

        @Option(help: "Undo only what was completed after the checkpoint of this number.")
        var checkpoint: Int?

        func run() async throws {
            try await common.perform { client in
                let body = checkpoint.map { JSONValue.object([client.profile.batch.checkpoint: .integer($0)]) }
                let path = filledPath(client.profile.batchPaths.rollback, target.id)
                common.showBatch(try await client.send(.POST, .orchestrator, path, body))
            }
        }
    }

    /// `provisioning batch cancel`.
    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stop a batch, and undo what it has done.",
            discussion: "It is begun, not waited for: see `monitor`.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var target: Target

        func run() async throws {
            try await common.perform { client in
                let path = filledPath(client.profile.batchPaths.cancel, target.id)
                common.showBatch(try await client.send(.POST, .orchestrator, path))
            }
        }
    }

    /// `provisioning batch resume`.
    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Go on with a batch that has ended before all was completed.",
            discussion: "It is begun, not waited for: see `monitor`.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var target: Target

        func run() async throws {
            try await common.perform { client in
                let path = filledPath(client.profile.batchPaths.resume, target.id)
                common.showBatch(try await client.send(.POST, .orchestrator, path))
            }
        }
    }

    /// `provisioning batch checkpoints`.
    struct Checkpoints: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the points that `rollback` can go back to.")

        @OptionGroup var common: CommonOptions
        @OptionGroup var target: Target

        func run() async throws {
            try await common.perform { client in
                let fields = client.profile.batch
                let path = filledPath(client.profile.batchPaths.checkpoints, target.id)
                common.show(
                    try await client.send(.GET, .orchestrator, path),
                    columns: [fields.checkpoint, fields.createdAt, fields.completed])
            }
        }
    }
}

extension PlatformClient {
    /// Shows a batch each time that it has changed, until it has ended. Throws when not all of it was completed.
    func follow(_ batch: JSONValue, _ common: CommonOptions) async throws {
        let (fields, open) = (profile.batch, [profile.spellings.taskPending, profile.spellings.taskRunning])
        let path = filledPath(profile.batchPaths.batch, batch[fields.id].words)
        var batch = batch
        common.showProgress(batch)
        while open.contains(where: { $0.lowercased() == batch[fields.status].words.lowercased() }) {
            // The answer comes with the next change, or after half a minute without one.
            let seen = batch[fields.revision].words
            batch = try await send(.GET, .orchestrator, "\(path)?since=\(seen)&wait=30")
            if batch[fields.revision].words != seen { common.showProgress(batch) }
        }
        let status = batch[fields.status].words
        guard status.lowercased() == profile.spellings.taskCompleted.lowercased() else {
            let reason = batch[fields.error].words
            throw CommandFailure(
                .failed, "the batch \(batch[fields.id].words) is \(status)\(reason.isEmpty ? "" : ": \(reason)")")
        }
    }
}

extension CommonOptions {
    /// Prints a batch: its own members, then a row for each of its operations.
    func showBatch(_ batch: JSONValue) {
        let fields = InterfaceProfile.standard.batch
        guard output == .text, case .object(var members) = batch else { return show(batch) }
        members[fields.operations] = nil
        show(.object(members))
        show(
            batch[fields.operations],
            columns: [fields.operationID, fields.status, fields.attempts, fields.items, fields.error])
    }

    /// Prints how far a batch is, in one line.
    fileprivate func showProgress(_ batch: JSONValue) {
        guard output == .text else { return Console.line(batch.line) }
        let fields = InterfaceProfile.standard.batch
        let operations = batch[fields.operations].items.map {
            "\($0[fields.operationID].words)=\($0[fields.status].words)"
        }
        let line = [batch[fields.id].words, batch[fields.status].words] + operations
        Console.line(line.joined(separator: " "))
    }
}

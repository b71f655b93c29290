import ArgumentParser
import FleetSystem
import InterfaceProfile
import NIOHTTP1
import PlatformService

/// What every command takes that submits a task.
struct SubmissionOptions: ParsableArguments {
    @Option(help: "The infrastructure that it belongs to.")
    var infra: String?

    @Flag(help: "Say what would be done, and change nothing.")
    var check = false

    @Flag(inversion: .prefixedNo, help: "Wait for the end of the task.")
    var wait = true

    @Option(help: "The approval that a change of production refers to.")
    var approvalID: String?

    /// The body of the submission, with what is common to all.
    func body(_ members: [String: JSONValue]) -> JSONValue {
        let fields = InterfaceProfile.standard.fields.submission
        var all = members.filter { $0.value != .null }
        if let infra { all[fields.infra] = .string(infra) }
        if check { all[fields.checkMode] = .boolean(true) }
        if let approvalID { all[fields.approval] = .string(approvalID) }
        return .object(all)
    }
}

extension PlatformClient {
    /// Submits a task and shows it: its id, or, when it is waited for, the task at its end. Throws when it did not end well.
    func submit(
        _ path: String, _ body: JSONValue, _ options: SubmissionOptions, _ common: CommonOptions
    ) async throws {
        let answer = try await send(.POST, .orchestrator, path, body)
        guard let id = taskID(answer) else {
            throw CommandFailure(.failed, "POST \(path): the answer names no task: \(answer.words)")
        }
        guard options.wait else { return common.show(["task_id": .string(id)]) }
        let task = try await end(of: id)
        common.show(task)
        let status = task[profile.fields.task.status].words
        guard status.lowercased() == profile.spellings.taskCompleted.lowercased() else {
            throw CommandFailure(.failed, "the task \(id) is \(status): \(task[profile.fields.task.error].words)")
        }
    }

    /// The task when it has ended.
    private func end(of id: String) async throws -> JSONValue {
        let open = [profile.spellings.taskPending, profile.spellings.taskRunning].map { $0.lowercased() }
        while true {
            let task = try await send(.GET, .orchestrator, filledPath(profile.paths.task, id))
            guard open.contains(task[profile.fields.task.status].words.lowercased()) else { return task }
            // The interface has no call that waits for a task; whoever started the command ends it when he has waited enough.
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    private func taskID(_ answer: JSONValue) -> String? {
        answer.text ?? profile.fields.envelope.taskIDs.lazy.compactMap { answer[$0].text }.first
    }
}

/// A public key that was given as it is, or as a file.
enum KeyText {
    static func read(_ text: String) throws -> String {
        guard !text.contains(" ") else { return text }
        guard let bytes = try? AtomicFile.read(text, limit: 16 << 10) else {
            throw CommandFailure(.invalid, "\(text) is neither a public key nor a file that can be read")
        }
        let line = String(decoding: bytes, as: UTF8.self)
        guard line.hasPrefix("ssh-") || line.hasPrefix("ecdsa-") else {
            throw CommandFailure(.invalid, "\(text) holds no OpenSSH public key; name the file that ends with .pub")
        }
        return line.split(whereSeparator: \.isNewline).first.map(String.init) ?? line
    }
}

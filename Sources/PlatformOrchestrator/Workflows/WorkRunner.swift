import PlatformService

/// Does the work of a task and says how it ended.
struct WorkRunner: Sendable {
    let servers: ServerWorkflow
    let taskservs: TaskservWorkflow

    /// One attempt.
    func perform(_ record: TaskRecord) async -> AttemptOutcome {
        let output = TaskOutput()
        do {
            try Task.checkCancellation()
            switch record.work {
            case .createServers(let order): try await servers.create(order, task: record.id, output: output)
            case .deleteServers(let order): try await servers.delete(order, output: output)
            case .taskserv(let order): try await taskservs.perform(order, output: output)
            }
            return .completed(output: await output.text)
        } catch {
            let text = await output.text
            return Task.isCancelled ? .stopped(output: text) : .failed(reason: words(of: error), output: text)
        }
    }
}

import PlatformService

/// Does the work of a task and says how it ended.
struct WorkRunner: Sendable {
    let servers: ServerWorkflow
    let taskservs: TaskservWorkflow
    let clusters: ClusterWorkflow
    let faults: Faults

    /// One attempt of a task.
    func perform(_ record: TaskRecord) async -> AttemptOutcome { await perform(record.work, as: record.id) }

    /// One attempt of some work. What is made carries the id, by which a later attempt knows it again.
    func perform(_ work: Work, as id: TaskID) async -> AttemptOutcome {
        let output = TaskOutput()
        do {
            try Task.checkCancellation()
            try await faults.wearOut()
            switch work {
            case .createServers(let order): try await servers.create(order, task: id, output: output)
            case .updateServers(let order): try await servers.update(order, output: output)
            case .deleteServers(let order): try await servers.delete(order, output: output)
            case .checkServers(let order): try await servers.check(order, output: output)
            case .taskserv(let order): try await taskservs.perform(order, output: output)
            case .createCluster(let order): try await clusters.create(order, task: id, output: output)
            case .deleteCluster(let order): try await clusters.delete(order, output: output)
            }
            return .completed(output: await output.text)
        } catch {
            let text = await output.text
            return Task.isCancelled ? .stopped(output: text) : .failed(reason: words(of: error), output: text)
        }
    }
}

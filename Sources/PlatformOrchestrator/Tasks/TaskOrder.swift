import PlatformService

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A task that somebody wants: checked, not yet numbered.
struct TaskOrder: Sendable {
    var name: String
    var command: String
    var arguments: [String]
    var dependencies: [TaskID] = []
    var priority = 0
    var maximumAttempts = 1
    var work: Work

    /// The task with a new id.
    func record(sequence: Int, now: Timestamp) -> TaskRecord {
        let task = WorkflowTask(
            id: UUID().uuidString.lowercased(), name: name, command: command, arguments: arguments,
            dependencies: dependencies, createdAt: now, priority: priority)
        return TaskRecord(task: task, work: work, maximumAttempts: maximumAttempts, sequence: sequence)
    }
}

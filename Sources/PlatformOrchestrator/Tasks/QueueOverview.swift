import PlatformService

/// What the queue looks like: for people who wonder why a task does not start.
struct QueueOverview: Sendable, Encodable {
    /// How many tasks may run at once.
    let width: Int
    /// Ids of the tasks that run.
    let running: [TaskID]
    /// Tasks that wait for a place, the next one first; at most a hundred.
    let waiting: [TaskID]
    /// Tasks that wait for another task.
    let blocked: Int
    /// Tasks that wait for the time of their next attempt.
    let delayed: Int
    /// Tasks in each state.
    let counts: [String: Int]
}

extension TaskQueue {
    /// What the queue looks like now.
    var overview: QueueOverview {
        let pending = records.values.filter { $0.task.status == .pending }
        let waiting = pending.filter { $0.notBefore == nil && openDependencies[$0.id] == nil }
            .sorted { ($1.task.priority, $0.sequence) < ($0.task.priority, $1.sequence) }
        return QueueOverview(
            width: width, running: running.sorted(), waiting: waiting.prefix(100).map(\.id),
            blocked: pending.count { openDependencies[$0.id] != nil },
            delayed: pending.count { $0.notBefore != nil && openDependencies[$0.id] == nil },
            counts: Dictionary(uniqueKeysWithValues: TaskStatus.allCases.map { ($0.rawValue, counts[$0] ?? 0) }))
    }
}

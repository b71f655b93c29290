import PlatformService

/// A batch as callers see it.
struct BatchView: Encodable, Sendable {
    let record: BatchRecord

    init(_ record: BatchRecord) { self.record = record }

    enum CodingKeys: String, CodingKey {
        case id = "batch_id"
        case name, version, status, operations, progress, revision, error, completions
        case createdAt = "created_at"
        case startedAt = "started_at"
        case completedAt = "completed_at"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(record.id, forKey: .id)
        try container.encode(record.definition.name, forKey: .name)
        try container.encode(record.definition.version, forKey: .version)
        try container.encode(record.status, forKey: .status)
        try container.encode(record.progress, forKey: .progress)
        try container.encode(record.revision, forKey: .revision)
        try container.encode(record.completions, forKey: .completions)
        try container.encode(record.error, forKey: .error)
        try container.encode(record.createdAt, forKey: .createdAt)
        try container.encode(record.startedAt, forKey: .startedAt)
        try container.encode(record.completedAt, forKey: .completedAt)
        let operations = zip(record.operations, record.definition.operations).map(OperationView.init)
        try container.encode(operations, forKey: .operations)
    }
}

/// An operation of a batch as callers see it.
private struct OperationView: Encodable, Sendable {
    let state: OperationRecord
    let definition: BatchOperation

    enum CodingKeys: String, CodingKey {
        case id, status, attempts, error, output, items, order
        case itemsDone = "items_done"
        case startedAt = "started_at"
        case completedAt = "completed_at"
        case rollbackError = "rollback_error"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(state.id, forKey: .id)
        try container.encode(state.status, forKey: .status)
        try container.encode(state.attempts, forKey: .attempts)
        try container.encode(state.error, forKey: .error)
        try container.encode(state.output, forKey: .output)
        try container.encode(definition.items.map(\.name), forKey: .items)
        try container.encode(state.itemsDone, forKey: .itemsDone)
        try container.encode(state.order, forKey: .order)
        try container.encode(state.startedAt, forKey: .startedAt)
        try container.encode(state.completedAt, forKey: .completedAt)
        try container.encode(state.undoError, forKey: .rollbackError)
    }
}

/// A checkpoint as callers see it.
struct CheckpointView: Encodable, Sendable {
    let checkpoint: Int
    let createdAt: Timestamp
    let completed: [String]

    init(_ checkpoint: BatchRecord.Checkpoint) {
        self.checkpoint = checkpoint.number
        createdAt = checkpoint.createdAt
        completed = checkpoint.completed
    }

    enum CodingKeys: String, CodingKey {
        case checkpoint, completed
        case createdAt = "created_at"
    }
}

/// Counts over all batches.
struct BatchStatistics: Encodable, Sendable {
    let total: Int
    let batches: [String: Int]
    let operations: [String: Int]
    /// Mean seconds from the beginning to the end, of those that have both; null when there are none.
    let meanSeconds: Double?

    init(_ records: [BatchRecord]) {
        total = records.count
        batches = Dictionary(records.map { ($0.status.rawValue, 1) }, uniquingKeysWith: +)
        operations = Dictionary(
            records.flatMap(\.operations).map { ($0.status.rawValue, 1) }, uniquingKeysWith: +)
        let times = records.compactMap { record in
            record.startedAt.flatMap { begin in record.completedAt.map { $0.seconds(since: begin) } }
        }
        meanSeconds = times.isEmpty ? nil : times.reduce(0, +) / Double(times.count)
    }

    enum CodingKeys: String, CodingKey {
        case total, batches, operations
        case meanSeconds = "mean_seconds"
    }
}

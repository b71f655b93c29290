import InterfaceProfile

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Something that callers who watch are told: `{"type":…,"data":{…}}`.
enum PlatformEvent: Sendable, Encodable {
    /// A task changed its state. `data.task_id` and `data.status` are documented.
    case task(WorkflowTask)
    /// Something in a batch has changed.
    case batch(BatchRecord)

    /// What the event is about: the id of a task or a batch.
    var subject: String {
        switch self {
        case .task(let task): task.id
        case .batch(let record): record.id
        }
    }

    /// True when nothing more will be said about the subject.
    var isLast: Bool {
        switch self {
        case .task(let task): task.status.isFinal
        case .batch(let record): record.phase == .ended
        }
    }

    /// The event's name.
    var type: String {
        switch self {
        case .task: InterfaceProfile.standard.spellings.taskEvent
        case .batch: InterfaceProfile.standard.spellings.batchEvent
        }
    }

    /// As callers get it.
    var json: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(type, forKey: "type")
        var data = container.nestedContainer(keyedBy: Key.self, forKey: "data")
        switch self {
        case .task(let task):
            try data.encode(task.id, forKey: "task_id")
            try data.encode(task.name, forKey: "name")
            try data.encode(task.status, forKey: "status")
            try data.encode(task.attempts, forKey: "attempts")
            try data.encode(task.error, forKey: "error")
        case .batch(let record):
            try data.encode(record.id, forKey: "batch_id")
            try data.encode(record.definition.name, forKey: "name")
            try data.encode(record.status, forKey: "status")
            try data.encode(record.progress, forKey: "progress")
            try data.encode(record.revision, forKey: "revision")
            let states = record.operations.map { ($0.id, $0.status.rawValue) }
            try data.encode(Dictionary(uniqueKeysWithValues: states), forKey: "operations")
        }
    }

    private struct Key: CodingKey, ExpressibleByStringLiteral {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringLiteral value: String) { stringValue = value }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}

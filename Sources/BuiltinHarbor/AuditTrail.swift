import BuiltinSupport
import FleetSystem

/// Who did what, in the order in which it happened; on the disk before anybody reads it.
final class AuditTrail: Sendable {
    private let log: RecordLog
    private let entries: Locked<[JSON]>

    /// Opens the file, or makes it.
    init(_ path: String) throws {
        var entries: [JSON] = []
        log = try RecordLog(path) { entries.append($0) }
        self.entries = Locked(entries)
    }

    /// Adds a line. `resource` is what it was done to, such as `library/app:1.0`.
    func note(_ operation: String, _ type: String, _ resource: String, by user: String, in project: Int = 0) throws {
        try entries.withLock { entries in
            let entry: JSON = [
                "id": .int(entries.count + 1), "username": .string(user), "resource": .string(resource),
                "resource_type": .string(type), "operation": .string(operation), "op_time": .string(Clock.precise()),
                "project_id": .int(project),
            ]
            try log.append([entry])
            entries.append(entry)
        }
    }

    /// The latest first; only of one project where one is given.
    func all(project: Int? = nil) -> [JSON] {
        entries.withLock { $0.reversed() }.filter { project == nil || $0["project_id"].int == project }
    }
}

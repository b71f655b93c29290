import FleetSystem

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Keeps tasks on disk: one file for each, replaced by rename after fsync, so that a kill at any time leaves the old or
/// the new state and nothing between.
struct TaskStore: Sendable {
    private let directory: String

    /// A store in that directory, which is made if need be.
    init(directory: String) throws {
        self.directory = directory
        try PrivateDirectory.ensure(directory)
    }

    /// Makes a state of a task durable; when this returns it survives a kill.
    func save(_ record: TaskRecord) throws {
        try AtomicFile.write(JSONEncoder().encode(record), to: "\(directory)/\(record.id).json")
    }

    /// Every task, and the names of files that hold none.
    func load() throws -> (records: [TaskRecord], damaged: [String]) {
        var records: [TaskRecord] = []
        var damaged: [String] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) where name.hasSuffix(".json") {
            guard let data = FileManager.default.contents(atPath: "\(directory)/\(name)"),
                let record = try? JSONDecoder().decode(TaskRecord.self, from: data)
            else {
                damaged.append(name)
                continue
            }
            records.append(record)
        }
        return (records, damaged)
    }
}

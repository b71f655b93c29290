import FleetModel
import FleetReports

/// What the journal of an earlier run says.
struct PastRun: Sendable {
    let directory: RunDirectory
    /// The run, nil when the journal holds none.
    let report: RunReport?
    /// The damaged records before the last whole one.
    let damage: [InputError]

    /// Reads a journal. Throws `InputErrors` when it cannot be read.
    init(_ directory: RunDirectory) throws {
        let content = try JournalContent.read(directory.journal)
        var record = RunRecord()
        for entry in content.entries { record.apply(entry) }
        self.directory = directory
        report = record.report
        damage = content.damage
    }

    /// Reads journals side by side, as many at once as there are processors; the order stays.
    static func read(_ directories: [RunDirectory]) async throws -> [PastRun] {
        try await withThrowingTaskGroup(of: (Int, PastRun).self) { tasks in
            for (index, directory) in directories.enumerated() {
                tasks.addTask { (index, try PastRun(directory)) }
            }
            var runs: [(Int, PastRun)] = []
            for try await run in tasks { runs.append(run) }
            return runs.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }
}

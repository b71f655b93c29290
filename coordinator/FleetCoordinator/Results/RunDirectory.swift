import FleetModel

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Where a run keeps its journal, reports and artifacts: `$XDG_STATE_HOME/provisioning-fleet/runs/ID`.
struct RunDirectory: Sendable {
    /// The directory itself.
    let path: String

    var journal: String { "\(path)/journal.jsonl" }
    var artifacts: String { "\(path)/artifacts" }

    /// The directory of all runs.
    static var root: String {
        let environment = ProcessInfo.processInfo.environment
        let state = environment["XDG_STATE_HOME"].flatMap { $0.isEmpty ? nil : $0 }
        return "\(state ?? "\(environment["HOME"] ?? "/root")/.local/state")/provisioning-fleet/runs"
    }

    /// Makes the directory of a new run.
    static func make(for run: RunID) throws(OutputError) -> RunDirectory {
        let directory = RunDirectory(path: "\(root)/\(run)")
        try OutputFiles.prepareDirectory(directory.path)
        return directory
    }

    /// Finds the directory of a run by its name, by the path of its directory, or the latest for `last`.
    static func find(_ name: String) -> RunDirectory? {
        let files = FileManager.default
        if name == "last" {
            let runs = (try? files.contentsOfDirectory(atPath: root)) ?? []
            return runs.max().map { RunDirectory(path: "\(root)/\($0)") }
        }
        let candidates = name.contains("/") ? [name] : ["\(root)/\(name)"]
        return candidates.first { files.fileExists(atPath: "\($0)/journal.jsonl") }.map(RunDirectory.init(path:))
    }
}

import FleetModel
import FleetSystem

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
    var order: String { "\(path)/run.json" }
    var token: String { "\(path)/token" }
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

    /// Takes the run for this process alone; the kernel gives it back when the process ends, however it ends.
    ///
    /// - Throws: `RunInUse` while another coordinator has it.
    func lock() throws -> FileLock {
        let place = "\(path)/lock"
        guard let lock = try FileLock.acquire(place) else {
            let holder = (try? AtomicFile.read(place, limit: 32)).map { String(decoding: $0, as: UTF8.self) } ?? ""
            throw RunInUse(directory: path, holder: holder.filter(\.isNumber))
        }
        try lock.note("\(ProcessInfo.processInfo.processIdentifier)\n")
        return lock
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

/// Another coordinator works on a run.
struct RunInUse: Error, CustomStringConvertible {
    let directory: String
    /// Its process id, as far as it is known.
    let holder: String

    var description: String {
        let who = holder.isEmpty ? "another coordinator" : "the coordinator with process id \(holder)"
        return "the run in \(directory) still goes on: \(who) has it; wait for its end, or end it first"
    }
}

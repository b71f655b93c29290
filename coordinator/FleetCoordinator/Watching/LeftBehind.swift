import FleetModel

/// What stays behind when the coordinator ends at once, in words.
struct LeftBehind: Sendable {
    let run: RunID
    /// The hosts whose agents have not said farewell.
    let agents: [HostID]
    let options: RunOptions

    /// Two lines at most.
    var text: String {
        let journal = "`coordinator resume \(run)` goes on with it; its journal is in \(RunDirectory.root)/\(run)"
        guard !agents.isEmpty else { return "left: nothing on the hosts; \(journal)" }
        let names = agents.map(\.name).joined(separator: ", ")
        let teardown = options.agentsFile.map { "coordinator teardown --agents \(Shell.quote($0)) --force" }
        let way = "`\(teardown ?? "coordinator teardown --force")` ends them now"
        return """
            left: agents and environments on \(names), which end what runs and are gone \(Int(options.grace)) s later; \(way)
            \(journal)
            """
    }
}

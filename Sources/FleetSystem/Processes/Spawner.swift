import CLinux

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Starts programs.
public enum Spawner {
    /// Starts a program and returns when it runs, that is after its exec.
    ///
    /// Takes a few milliseconds, new namespaces some ten; then nothing but the returned value holds the child.
    public static func spawn(_ specification: ProcessSpecification) throws(SpawnError) -> ChildProcess {
        let path = specification.environment["PATH"] ?? ProgramSearch.standardPath
        let name = specification.executable
        guard let executable = name.contains("/") ? name : ProgramSearch.find(name, in: path) else {
            throw SpawnError(stage: .lookup, code: ENOENT, executable: name, detail: path)
        }
        var streams = StreamTable()
        defer { streams.closeChildEnds() }
        do {
            try streams.open(specification)
        } catch {
            streams.closeOurEnds()
            throw SpawnError(stage: .streams, code: error.code, executable: name, detail: error.subject)
        }
        do {
            return try start(specification, executable: executable, streams: streams)
        } catch {
            streams.closeOurEnds()
            throw error
        }
    }

    private static func start(
        _ specification: ProcessSpecification, executable: String, streams: StreamTable
    ) throws(SpawnError) -> ChildProcess {
        let request = SpawnRequest(specification, executable: executable, table: streams.table)
        var joined: Int32 = -1
        defer { if joined >= 0 { close(joined) } }
        if case .join(let processID) = specification.namespaces {
            joined = fleet_pidfd_open(processID)
            guard joined >= 0 else {
                throw SpawnError(
                    stage: .join, code: errno, executable: specification.executable, detail: "process \(processID)")
            }
        }
        var result = fleet_spawn_result()
        var child: ChildProcess?
        SpawnerThread.shared.run {
            request.withRequest(join: joined) { request in fleet_spawn(&request, &result) }
            if result.stage == 0 {
                // Still on this thread, so that the reaper of orphans never sees a child that it does not know.
                child = ChildProcess(processID: result.pid, pidfd: result.pidfd, pipes: streams.ours)
            }
        }
        guard let child else {
            let stage = SpawnError.Stage(rawValue: result.stage) ?? .exec
            throw SpawnError(
                stage: stage, code: result.error, executable: specification.executable,
                detail: detail(of: stage, specification))
        }
        return child
    }

    private static func detail(of stage: SpawnError.Stage, _ specification: ProcessSpecification) -> String {
        switch stage {
        case .directory: specification.workingDirectory ?? ""
        case .keptPath:
            if case .create(let setup) = specification.namespaces {
                setup.keptPaths.joined(separator: ", ")
            } else {
                ""
            }
        case .join:
            if case .join(let processID) = specification.namespaces { "process \(processID)" } else { "" }
        default: ""
        }
    }
}

import FleetModel
import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Removes what sessions, and environments that were kept by hand, left: of dead ones, or of a run that is to end.
struct Sweep {
    /// Whose remains go.
    enum Scope: Hashable {
        /// Those whose processes are dead.
        case dead
        /// Those of one run, dead or alive; and dead ones.
        case run(RunID)
        /// Those that only keep environments, which no run uses; and dead ones.
        case kept
        /// All, dead or alive.
        case all
    }

    let workdir: String

    private var sessions: String { SessionLayout.sessions(workdir) }

    /// Another launch or sweep was at work for too long.
    struct Busy: Error, CustomStringConvertible {
        let workdir: String
        let limit: Duration
        var description: String {
            "another agent has been starting or cleaning up in \(workdir) for \(limit.inSeconds) s; try again"
        }
    }

    /// Waits until no other launch or sweep works here.
    ///
    /// - Throws: `Busy` when that takes too long; nothing may be swept beside a launch.
    func turn(within limit: Duration = .seconds(20)) async throws -> FileLock {
        // Beside the bundles, which may stay: a host is otherwise left as it was found.
        try WorkingDirectory.ensure(workdir)
        try WorkingDirectory.ensure("\(workdir)/bundles")
        guard let lock = try await FileLock.acquire("\(workdir)/bundles/lock", within: limit) else {
            throw Busy(workdir: workdir, limit: limit)
        }
        do {
            try WorkingDirectory.ensure(sessions)
            return lock
        } catch {
            lock.release()
            throw error
        }
    }

    /// Removes the directory of all sessions when the last one has gone.
    ///
    /// Only with the lock that a launch holds, because a launch is about to make a session in it.
    func removeEmptyDirectory() {
        guard let lock = try? FileLock.acquire("\(workdir)/bundles/lock") else { return }
        rmdir(sessions)
        lock.release()
    }

    /// Ends and removes what the scope names, also stopped processes; returns what could not be removed.
    func sweep(_ scope: Scope) async -> [String] {
        await end(directories().filter { isDead($0) || isNamed($0, by: scope) })
    }

    /// Ends and removes sessions, all at once, so that it takes no longer for many than for one; returns what stayed.
    func end(_ directories: [String]) async -> [String] {
        await withTaskGroup(of: [String].self) { group in
            for directory in directories {
                group.addTask {
                    if !isDead(directory) { await end(directory) }
                    return await remove(directory)
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
    }

    private func directories() -> [String] {
        paths(in: sessions).filter(OurDirectory.isSession)
            + paths(in: KeptLayout.all(workdir)).filter(OurDirectory.isEnvironment)
    }

    private func paths(in parent: String) -> [String] {
        ((try? DirectoryTree.names(in: parent)) ?? []).map { "\(parent)/\($0)" }
    }

    private func isNamed(_ directory: String, by scope: Scope) -> Bool {
        switch scope {
        case .dead: return false
        case .all: return true
        case .kept:
            let places = KeptPlace.all(workdir: workdir).filter {
                $0.directory == directory || $0.directory.hasPrefix("\(directory)/")
            }
            let isKeeping = SessionStatus.read("\(directory)/\(SessionLayout.statusName)")?.phase == .keeping
            return (isKeeping || places.contains { $0.directory == directory }) && !places.contains(where: \.isAdopted)
        case .run(let run):
            guard directory.hasPrefix("\(sessions)/"), let dash = directory.lastIndex(of: "-") else { return false }
            return directory[..<dash] == "\(sessions)/\(run)" && Int(directory[directory.index(after: dash)...]) != nil
        }
    }

    private func isDead(_ session: String) -> Bool {
        guard let guardian = try? FileLock.acquire("\(session)/lock"),
            let agent = try? FileLock.acquire("\(session)/agent-lock")
        else { return false }
        guardian.release()
        agent.release()
        return true
    }

    /// First the agent is asked, then it is killed and its guardian cleans up, then everything is killed: at most 19
    /// seconds, so that a coordinator that waits 30 hears the answer.
    private func end(_ session: String) async {
        signal(SIGTERM, toAgentOf: session)
        if await ended(session, within: .seconds(10)) { return }
        signal(SIGKILL, toAgentOf: session)
        if await ended(session, within: .seconds(4)) { return }
        let all = members(of: session)
        _ = await ProcessTree.end(all.flatMap { [$0] + ProcessTree.descendants(of: $0.processID) }, grace: .zero)
    }

    /// A stopped process hears nothing but SIGKILL, so all are woken up.
    private func signal(_ number: Int32, toAgentOf session: String) {
        for member in members(of: session) {
            guard let handle = ProcessHandle(member) else { continue }
            let kind = member.commandLine.split(separator: " ").dropFirst().first
            if kind == "session" || kind == "environment-holder" { handle.send(signal: number) }
            handle.send(signal: SIGCONT)
        }
    }

    private func ended(_ session: String, within limit: Duration) async -> Bool {
        await Waiting.until(within: limit, every: .milliseconds(50)) {
            (access(session, F_OK) != 0 || isDead(session)) && members(of: session).isEmpty
        }
    }

    private func members(of session: String) -> [ProcessInfo] {
        ProcessTree.processes(withVariable: SessionLayout.variable, value: session)
    }

    private func remove(_ session: String) async -> [String] {
        guard access(session, F_OK) == 0 else { return [] }
        let strays = members(of: session).flatMap { [$0] + ProcessTree.descendants(of: $0.processID) }
        let left = await ProcessTree.end(strays, grace: .zero).map { "\($0)" }
        let containers = await StoredConfiguration.removeContainers(of: session)
        return left + containers + (await MemoryCap.removeGroup(of: session)) + DirectoryTree.remove(session)
    }
}

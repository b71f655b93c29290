import FleetModel
import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Removes what sessions left: of agents that are dead, or of a run that is to end.
struct Sweep {
    let workdir: String

    private var sessions: String { "\(workdir)/sessions" }

    /// Waits until no other launch or sweep works here; nil when that took a minute.
    func turn() async throws -> FileLock? {
        try PrivateDirectory.ensure(workdir)
        try PrivateDirectory.ensure(sessions)
        return try await FileLock.acquire("\(workdir)/lock", within: .seconds(60))
    }

    /// Removes the sessions whose agent and guardian are dead; returns what could not be removed.
    func dead() async -> [String] {
        var leftovers: [String] = []
        for name in names() {
            let session = "\(sessions)/\(name)"
            guard isDead(session) else { continue }
            leftovers += await remove(session)
        }
        return leftovers
    }

    /// Ends the agents of one run, also stopped ones, and removes their sessions; returns what could not be removed.
    func run(_ run: RunID) async -> [String] {
        var leftovers: [String] = []
        for name in names() where Self.run(of: name) == run.rawValue {
            let session = "\(sessions)/\(name)"
            await end(session)
            leftovers += await remove(session)
        }
        return leftovers
    }

    private func names() -> [String] { (try? DirectoryCopy.names(in: sessions)) ?? [] }

    /// `RUN-EPOCH` without the epoch; nil when it is something else.
    private static func run(of name: String) -> String? {
        guard let dash = name.lastIndex(of: "-"), Int(name[name.index(after: dash)...]) != nil else { return nil }
        return String(name[..<dash])
    }

    private func isDead(_ session: String) -> Bool {
        guard let guardian = try? FileLock.acquire("\(session)/lock"),
            let agent = try? FileLock.acquire("\(session)/agent-lock")
        else { return false }
        guardian.release()
        agent.release()
        return true
    }

    /// First the agent is asked, then it is killed and its guardian cleans up, then everything is killed.
    private func end(_ session: String) async {
        signal(SIGTERM, toAgentOf: session)
        if await ended(session, within: .seconds(20)) { return }
        signal(SIGKILL, toAgentOf: session)
        if await ended(session, within: .seconds(15)) { return }
        let all = members(of: session)
        _ = await ProcessTree.end(all.flatMap { [$0] + ProcessTree.descendants(of: $0.processID) }, grace: .zero)
    }

    /// A stopped process hears nothing but SIGKILL, so all are woken up.
    private func signal(_ number: Int32, toAgentOf session: String) {
        for member in members(of: session) {
            guard let handle = ProcessHandle(member) else { continue }
            if member.commandLine.split(separator: " ").dropFirst().first == "session" { handle.send(signal: number) }
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
        return left + DirectoryTree.remove(session)
    }
}

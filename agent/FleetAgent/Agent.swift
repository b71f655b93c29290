public import FleetModel
import FleetSuites
import FleetSystem
import FleetTestKit

/// The programs that the one executable `agent` can be; each returns the exit status.
public enum Agent {
    /// Starts an agent that serves a run, detached; prints its `ready` line.
    public static func serve(_ options: ServeOptions) async -> Int32 { await Launcher.main(options) }

    /// Watches over an agent; started by `serve`.
    public static func guardian(_ options: ServeOptions) async -> Int32 {
        let layout = options.layout
        return await Guardian(
            directory: layout.session, lock: layout.lock, arguments: ["session"] + options.arguments
        ).run()
    }

    /// Is the agent; started by `guardian`.
    public static func session(_ options: ServeOptions) async -> Int32 { await SessionProgram.main(options) }

    /// Supervises test processes; started by `session`.
    public static func worker() async -> Int32 { await WorkerProgram.main() }

    /// Runs one built-in test; started by a worker.
    public static func test(_ id: String) async -> Int32 { await TestProcess.main(id: id) }

    /// Removes dead sessions, or ends the agent of a run; prints what could not be removed, one thing a line.
    ///
    /// - Parameters:
    ///   - workdir: the agent's working directory.
    ///   - run: whose agents to end; nil leaves living ones alone.
    /// - Returns: 0 when nothing stayed, else 1, or 74 when the directory cannot be used.
    public static func sweep(workdir: String, run: RunID?) async -> Int32 {
        let sweep = Sweep(workdir: workdir)
        let turn: FileLock?
        do {
            turn = try await sweep.turn()
        } catch {
            StandardStreams.complain("\(error)")
            return 74
        }
        defer { turn?.release() }
        let leftovers = if let run { await sweep.run(run) } else { await sweep.dead() }
        for leftover in leftovers { StandardStreams.write(line: leftover) }
        return leftovers.isEmpty ? 0 : 1
    }
}

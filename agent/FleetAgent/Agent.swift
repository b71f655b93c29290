import FleetEnvironments
public import FleetModel
import FleetSuites
import FleetSystem
import FleetTestKit

/// The programs that the one executable `agent` can be; each returns the exit status.
public enum Agent {
    /// Starts an agent that serves a run, detached; prints its `ready` line.
    public static func serve(_ options: ServeOptions) async -> Int32 { await Launcher.main(options) }

    /// Carries streams between the standard streams and the agents of this host, until its input ends.
    public static func connect() async -> Int32 { await RelayProgram.main() }

    /// Watches over an agent; started by `serve`.
    public static func guardian(_ options: ServeOptions) async -> Int32 {
        let layout = options.layout
        let guardian = Guardian(
            directory: layout.session, lock: layout.lock, arguments: ["session"] + options.arguments,
            sharedLocks: layout.slots)
        let status = await guardian.run()
        Sweep(workdir: options.workdir).removeEmptyDirectory()
        return status
    }

    /// Is the agent; started by `guardian`.
    public static func session(_ options: ServeOptions) async -> Int32 { await SessionProgram.main(options) }

    /// Supervises test processes; started by `session`.
    public static func worker() async -> Int32 { await WorkerProgram.main() }

    /// Runs one built-in test; started by a worker.
    public static func test(_ id: String) async -> Int32 { await TestProcess.main(id: id) }

    /// Prints who uses this host through agents of a working directory.
    public static func status(workdir: String, asJSON: Bool) -> Int32 {
        HostUseProgram.status(workdir: workdir, asJSON: asJSON)
    }

    /// Sends one run, or all, away from this host; their coordinators are told who did it.
    ///
    /// - Returns: 0 when they have gone, 1 when something of them stayed or the run is not here.
    public static func stop(workdir: String, run: RunID?) async -> Int32 {
        await HostUseProgram.stop(workdir: workdir, run: run)
    }

    /// Removes what dead agents left, and ends living ones that are named; prints what stayed, one thing a line.
    ///
    /// - Parameters:
    ///   - workdir: the agent's working directory.
    ///   - run: whose agents to end.
    ///   - kept: whether to take environments down that are kept and that no run uses.
    ///   - all: whether to end all agents and all environments that are kept.
    /// - Returns: 0 when nothing stayed, else 1, 74 when the directory cannot be used, or 75 when another
    ///   launch or sweep is at work for too long.
    public static func sweep(workdir: String, run: RunID?, kept: Bool = false, all: Bool) async -> Int32 {
        let sweep = Sweep(workdir: workdir)
        let turn: FileLock
        do {
            // With the sweep itself still within the 30 seconds that a coordinator waits.
            turn = try await sweep.turn(within: .seconds(10))
        } catch let busy as Sweep.Busy {
            // Said as what stayed is said: who reads that must not take the host for clean.
            StandardStreams.write(line: "not swept: \(busy)")
            return 75
        } catch {
            StandardStreams.complain("\(error)")
            return 74
        }
        let leftovers = await sweep.sweep(all ? .all : run.map { .run($0) } ?? (kept ? .kept : .dead))
        turn.release()
        sweep.removeEmptyDirectory()
        for leftover in leftovers { StandardStreams.write(line: leftover) }
        return leftovers.isEmpty ? 0 : 1
    }

    /// Prints what this host can hold, as one line of JSON (`CapabilityReport`).
    ///
    /// - Parameter brought: programs that a run would bring along; nothing lacks for want of them.
    public static func capabilities(brought: Set<String>) async -> Int32 {
        await CapabilityProgram.main(brought: brought)
    }

    /// Prints what a run could leave on this host, as one line of JSON (`HostSnapshot`).
    ///
    /// - Parameter workdir: the agent's working directory; what lies there is ours.
    public static func snapshot(workdir: String) -> Int32 { SnapshotProgram.main(workdir: workdir) }

    /// Holds the environment of a lane; started by `session` or `environmentHolder`.
    public static func keeper() async -> Int32 { await Keeper.main() }

    /// Brings an environment up by hand, detached.
    public static func environmentUp(_ options: KeptEnvironmentOptions, asJSON: Bool) async -> Int32 {
        await KeptEnvironmentProgram.up(options, asJSON: asJSON)
    }

    /// Watches over an environment that is kept by hand; started by `environmentUp`.
    public static func environmentGuardian(_ options: KeptEnvironmentOptions) async -> Int32 {
        await KeptEnvironmentProgram.guardian(options)
    }

    /// Holds an environment that is kept by hand; started by `environmentGuardian`.
    public static func environmentHolder(_ options: KeptEnvironmentOptions) async -> Int32 {
        await KeptEnvironmentProgram.holder(options)
    }

    /// Takes an environment down that is kept by hand; prints what could not be removed, one thing a line.
    public static func environmentDown(_ options: KeptEnvironmentOptions) async -> Int32 {
        await KeptEnvironmentProgram.down(options)
    }

    /// Prints which environments are kept.
    public static func environmentStatus(workdir: String, asJSON: Bool) -> Int32 {
        KeptEnvironmentProgram.status(workdir: workdir, asJSON: asJSON)
    }

    /// Lets a coordinator into a kept environment; prints where.
    public static func environmentDoor(_ options: KeptEnvironmentOptions) async -> Int32 {
        await DoorProgram.open(options)
    }

    /// Is the door of a kept environment; started by `environmentDoor`.
    public static func door(_ options: KeptEnvironmentOptions) async -> Int32 { await DoorProgram.main(options) }

    /// Relays between standard streams and a service of an environment; started by a door.
    public static func passage(host: String?, port: Int?) -> Int32 { PassageProgram.main(host: host, port: port) }

    /// Looks at the state of an environment from inside of it; started by agents.
    public static func environmentFacts() async -> Int32 { await EnvironmentFactsProgram.main() }

    /// Prints what a service of an environment has logged.
    public static func environmentLogs(_ options: KeptEnvironmentOptions, service: String) -> Int32 {
        KeptEnvironmentProgram.logs(options, service: service)
    }
}

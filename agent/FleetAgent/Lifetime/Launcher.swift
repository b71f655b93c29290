import FleetProtocol
import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What `agent serve` does: it starts the guardian in a session of its own, prints its one line, and ends.
///
/// The SSH command that ran it ends with it, while guardian and agent live on.
enum Launcher {
    static func main(_ options: ServeOptions) async -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        guard let token = StandardStreams.readToken() else {
            StandardStreams.complain(
                "the run's token is missing: 64 hexadecimal digits and a line feed on standard input")
            return 64
        }
        let layout = options.layout
        do {
            let sweep = Sweep(workdir: options.workdir)
            // Held until the guardian holds the lock of its session: nobody may sweep that away in between.
            let turn = try await sweep.turn()
            defer { turn.release() }
            for leftover in await sweep.sweep(.dead) { StandardStreams.complain(leftover) }
            if let person = Eviction.of(options.run, workdir: options.workdir) {
                // The one line that the coordinator reads; that no agent will come is no failure of this program.
                StandardStreams.write(line: EvictedLine(by: person).json)
                return 0
            }
            for leftover in CacheLimit(workdir: options.workdir).apply() { StandardStreams.complain(leftover) }
            guard OurDirectory.takesSession(layout.session) else {
                StandardStreams.complain("\(layout.session) is not ours; name another workdir")
                return 74
            }
            try PrivateDirectory.ensure(layout.session)
            if options.readsConfiguration { try StoredConfiguration.receive(in: layout.session) }
            guard try FileLock.acquire(layout.lock) != nil else {
                StandardStreams.complain(
                    "another agent serves epoch \(options.epoch) of run \(options.run) already; is this host in hosts.txt "
                        + "under two names?")
                return 1
            }
            return await launch(options, token: token.hexadecimal)
        } catch let busy as Sweep.Busy {
            StandardStreams.complain("\(busy)")
            return 75
        } catch {
            StandardStreams.complain("cannot prepare \(options.workdir): \(error)")
            return 74
        }
    }

    private static func launch(_ options: ServeOptions, token: String) async -> Int32 {
        let layout = options.layout
        let start = DetachedStart(
            directory: layout.session, log: layout.log, arguments: ["guardian"] + options.arguments,
            firstLine: token, limit: .seconds(20))
        do {
            StandardStreams.write(line: try await start.readyLine())
            return 0
        } catch {
            StandardStreams.complain("\(error)")
            return 1
        }
    }
}

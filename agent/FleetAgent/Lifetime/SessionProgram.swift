import FleetEnvironments
import FleetModel
import FleetProtocol
import FleetSuites
import FleetSystem
import Logging

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What `agent session` does: it is the agent itself, below its guardian.
enum SessionProgram {
    static func main(_ options: ServeOptions) async -> Int32 {
        LoggingSystem.bootstrap(StreamLogHandler.standardError)
        let logger = Logger(label: "agent")
        guard let token = StandardStreams.readToken() else { return 64 }
        do {
            try await serve(options, token: token, logger: logger)
            return 0
        } catch {
            StandardStreams.write(line: "\(error)")
            logger.critical("the agent cannot serve", metadata: ["error": "\(error)"])
            return 1
        }
    }

    private static func serve(_ options: ServeOptions, token: RunToken, logger: Logger) async throws {
        let layout = options.layout
        guard let lock = try FileLock.acquire(layout.agentLock) else { throw Busy() }
        defer { lock.release() }
        try lock.note("\(getpid())\n")
        for directory in [layout.packs, layout.unpacked, layout.artifacts, layout.attempts, layout.lanes] {
            try PrivateDirectory.ensure(directory)
        }
        let queue = EventQueue()
        let spool = try ResultSpool(path: layout.spool)
        let server = try await AgentServer(queue: queue, spool: spool)
        let stop = OneShot<Void>()
        let signals = TerminationSignals { number in
            stop.fulfil(())
            let evictor = Eviction.of(options.run, workdir: options.workdir)
            let reason = evictor.map { "evicted by \($0)" }
            queue.post(
                .terminate(
                    reason: reason ?? "the agent got \(number == SIGTERM ? "SIGTERM" : "SIGINT")", evictedBy: evictor))
        }
        defer { withExtendedLifetime(signals) {} }
        let desk = try SlotDesk(
            locks: ByteLocks(inherited: Guardian.locksDescriptor), options: options, logger: logger)
        let incarnation = String(RunToken.makeNonce().prefix(16))
        // Before anything is started: what is started later is bounded with us.
        let memory = options.memory.map { MemoryCap(limit: $0, name: layout.name, directory: layout.session) }
        let configuration = try StoredConfiguration.read(layout.session)
        let runners = lanes(options, configuration, memory, queue: queue, logger: logger)
        let shell = AgentShell(
            queue: queue, server: server, spool: spool, lanes: runners,
            artifacts: layout.artifacts, logger: logger)
        let host = await HostCapabilities.probe(
            bundle: ServiceEnvironmentMaker.bundle(of: OwnProgram.path), settings: configuration.environment,
            programs: configuration.platformPrograms, driver: options.driver ?? configuration.driver)
        let settings = AgentSession.Settings(
            run: options.run, epoch: options.epoch, token: token, slots: options.slots, lanes: options.lanes,
            grace: .seconds(options.grace), catalogue: try CatalogueDigest.digest(of: Catalogue.tests),
            driver: options.driver ?? configuration.driver,
            features: host.modes.map { "mode:\($0)" } + ["slots"],
            notices: notices(host) + [memory?.notice].compactMap(\.self), incarnation: incarnation,
            keepsEnvironments: options.keep != nil, slotShare: desk.share)
        let ready = #"{"type":"ready","port":\#(server.port),"pid":\#(getpid()),"incarnation":"\#(incarnation)"}"#
        StandardStreams.write(line: ready)
        StandardStreams.closeOutput()
        for notice in settings.notices { logger.notice("\(notice)") }
        logger.info("serving", metadata: ["run": "\(options.run)", "port": "\(server.port)"])
        await withDiscardingTaskGroup { group in
            group.addTask { await desk.run { queue.post(.slots($0)) } }
            if let memory { group.addTask { await memory.keep() } }
            await shell.run(settings: settings)
            group.cancelAll()
        }
        try await keep(runners, options, desk: desk, until: stop)
        logger.info("ended")
    }

    /// Keeps the environments that the session has left, below the same guardian, until the last of them has ended.
    private static func keep(
        _ runners: [LaneRunner], _ options: ServeOptions, desk: SlotDesk, until stop: OneShot<Void>
    ) async throws {
        guard let seconds = options.keep else { return }
        try desk.close()
        let until = SessionStatus.now + seconds
        let owner = options.owner.isEmpty ? "somebody" : options.owner
        let reason = "kept by run \(options.run) of \(owner)"
        await withDiscardingTaskGroup { group in
            for runner in runners {
                group.addTask {
                    guard let holder = await runner.handOver() else { return }
                    let place = KeptPlace.ofLane(runner.setup.lane, options.layout)
                    do {
                        if let adopted = holder as? AdoptedEnvironment {
                            try adopted.giveBack(until: until, reason: reason)
                        } else {
                            let state = KeptState(name: place.name, holder: holder, until: until, reason: reason)
                            let left = try await KeptSupervisor(place: place, holder: holder).run(state, until: stop)
                            for one in left { StandardStreams.complain("left behind: \(one)") }
                        }
                    } catch {
                        StandardStreams.complain("an environment cannot be kept: \(error)")
                        _ = await holder.takeDown()
                    }
                }
            }
        }
    }

    /// What the host lacks, and the command that mends it.
    private static func notices(_ host: HostCapabilities) -> [String] {
        var notices: [String] = []
        if !host.missing.isEmpty {
            let missing = host.missing.map(\.description).joined(separator: ", ")
            let mend = host.installCommand.map { "; install with: \($0)" } ?? ""
            notices.append("it cannot hold every environment, because it lacks \(missing)\(mend)")
        }
        if let problem = host.namespaceProblem {
            notices.append("it isolates environments as processes only, because namespaces cannot be made: \(problem)")
        }
        return notices
    }

    private static func lanes(
        _ options: ServeOptions, _ configuration: TestConfiguration, _ memory: MemoryCap?, queue: EventQueue,
        logger: Logger
    ) -> [LaneRunner] {
        let layout = options.layout
        let packs = PackStore(packs: layout.packs, unpacked: layout.unpacked)
        // Two gigabytes for all attempts together: a cache directory is not a place for more.
        let room = Locked(2 << 30)
        let maker = ServiceEnvironmentMaker(
            agent: OwnProgram.path, driver: options.driver ?? configuration.driver,
            // The sessions of later runs must be seen inside as well.
            keptPaths: [options.keep == nil ? layout.session : options.workdir], niceness: options.niceness,
            looks: options.keep != nil,
            adoptsFrom: options.adopts ? options.workdir : nil, configuration: configuration)
        return (0..<options.lanes).map { lane in
            LaneRunner(
                LaneRunner.Setup(
                    lane: lane, layout: layout, agent: OwnProgram.path, path: OwnProgram.searchPath, packs: packs,
                    artifactRoom: room, maker: maker, post: { queue.post($0) }, logger: logger, memory: memory,
                    niceness: options.niceness))
        }
    }

    /// Two agents of one session cannot be.
    struct Busy: Error, CustomStringConvertible {
        let description = "another agent serves this epoch of this run already"
    }
}

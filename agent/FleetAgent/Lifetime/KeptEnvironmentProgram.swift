import FleetModel
import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What `agent environment …` does: environments that a person keeps, each below a guardian of its own.
enum KeptEnvironmentProgram {
    /// Brings an environment up, detached, or has the one that is up climb, and says where its services are.
    static func up(_ options: KeptEnvironmentOptions, asJSON: Bool) async -> Int32 {
        let layout = options.layout
        do {
            guard OurDirectory.takesEnvironment(layout.directory) else {
                StandardStreams.complain("\(layout.directory) is there and not ours; choose another name")
                return 1
            }
            try WorkingDirectory.ensure(options.workdir)
            try WorkingDirectory.ensure(KeptLayout.all(options.workdir))
            try PrivateDirectory.ensure(layout.directory)
            let isUp = try FileLock.acquire(layout.lock) == nil
            let state = isUp ? try await climb(options) : try await start(options)
            StandardStreams.write(line: asJSON ? try HostUse.json(KeptReport(state, options.layout.place)) : state.text)
            return 0
        } catch {
            StandardStreams.complain("environment \(options.name): \(error)")
            return 1
        }
    }

    private static func start(_ options: KeptEnvironmentOptions) async throws -> KeptState {
        let layout = options.layout
        if let file = options.configuration {
            try StoredConfiguration.keep(try StoredConfiguration.load(file), in: layout.directory)
        }
        let start = DetachedStart(
            directory: layout.directory, log: layout.log, arguments: ["environment-guardian"] + options.arguments,
            firstLine: "hold", limit: try KeptTimeLimits(StoredConfiguration.read(layout.directory)).launcher)
        _ = try await start.readyLine()
        guard let state = KeptState.read(layout.place) else {
            throw DetachedStart.Failure(description: "it is gone again")
        }
        return state
    }

    /// Watches over the holder.
    static func guardian(_ options: KeptEnvironmentOptions) async -> Int32 {
        let layout = options.layout
        do {
            let limits = try KeptTimeLimits(StoredConfiguration.read(layout.directory))
            return await Guardian(
                directory: layout.directory, lock: layout.lock, arguments: ["environment-holder"] + options.arguments,
                readyLimit: limits.guardian
            ).run()
        } catch {
            StandardStreams.write(line: "\(error)")
            return 1
        }
    }

    /// Holds the environment until SIGTERM, until it is ordered down, or until it breaks.
    static func holder(_ options: KeptEnvironmentOptions) async -> Int32 {
        let stopped = OneShot<Void>()
        let signals = TerminationSignals { _ in stopped.fulfil(()) }
        defer { withExtendedLifetime(signals) {} }
        let layout = options.layout
        do {
            try bound(options)
            let configuration = try StoredConfiguration.read(layout.directory)
            let maker = ServiceEnvironmentMaker(
                agent: OwnProgram.path, driver: options.driver ?? configuration.driver, keptPaths: [options.workdir],
                niceness: options.niceness, looks: true, configuration: configuration)
            let holder = try await maker.bringUp(
                EnvironmentRequest(mode: options.mode, strictServices: configuration.strictServices),
                name: options.name.rawValue, directory: layout.environment)
            let state = KeptState(
                name: options.name.rawValue, holder: holder, until: nil, reason: "brought up by \(Eviction.person)")
            let supervisor = KeptSupervisor(place: layout.place, holder: holder)
            try supervisor.announce(state)
            StandardStreams.write(line: try state.line())
            StandardStreams.closeOutput()
            return await supervisor.finish(until: stopped).isEmpty ? 0 : 1
        } catch {
            StandardStreams.write(line: "\(error)".split(separator: "\n").joined(separator: " | "))
            return 1
        }
    }

    /// Bounds the memory of this process and all that it starts. A limit that nobody keeps is an error: no test runs here
    /// that could be killed for it.
    private static func bound(_ options: KeptEnvironmentOptions) throws {
        guard let limit = options.memory else { return }
        let name = "\(options.name)-\(getpid())"
        guard MemoryCap(limit: limit, name: name, directory: options.layout.directory).notice != nil else { return }
        throw DetachedStart.Failure(
            description: "its memory cannot be bounded: no control group can be made here (not root?); "
                + "leave --memory out, which is memory= of hosts.txt")
    }

    /// Takes an environment down; prints what stayed.
    static func down(_ options: KeptEnvironmentOptions) async -> Int32 {
        let name = options.name.rawValue
        guard let place = KeptPlace.all(workdir: options.workdir).first(where: { $0.name == name }) else {
            StandardStreams.complain("there is no environment \(name)")
            return 1
        }
        guard !place.isAdopted else {
            StandardStreams.complain("environment \(name) is used by a run; `agent status` says by which")
            return 1
        }
        let holder = KeptState.read(place).flatMap { ProcessInfo(processID: $0.pid) }.flatMap { ProcessHandle($0) }
        if await !place.orderDown(within: .seconds(30)) {
            // Its guardian cleans up after it.
            holder?.send(signal: SIGKILL)
            holder?.send(signal: SIGCONT)
            _ = await Waiting.until(within: .seconds(15), every: .milliseconds(50)) {
                access(place.directory, F_OK) != 0
            }
        }
        let layout = options.layout
        var leftovers = await ProcessTree.end(members(layout), grace: .seconds(2)).map(\.description)
        leftovers += DirectoryTree.remove(place.directory)
        for leftover in leftovers { StandardStreams.write(line: leftover) }
        return leftovers.isEmpty ? 0 : 1
    }

    /// Says which environments there are.
    static func status(workdir: String, asJSON: Bool) -> Int32 {
        do {
            if asJSON {
                StandardStreams.write(line: try HostUse.json(KeptReport.all(workdir: workdir)))
            } else {
                let texts = KeptPlace.all(workdir: workdir).map { place in
                    guard place.isHeld else {
                        return "environment \(place.name): dead; remove it with `environment down`"
                    }
                    return KeptState.read(place)?.text ?? "environment \(place.name): on its way"
                }
                StandardStreams.write(
                    line: texts.isEmpty ? "no environment is kept here" : texts.joined(separator: "\n"))
            }
            return 0
        } catch {
            StandardStreams.complain("\(error)")
            return 74
        }
    }

    /// Prints the log of one service.
    static func logs(_ options: KeptEnvironmentOptions, service: String) -> Int32 {
        let name = options.name.rawValue
        let place = KeptPlace.all(workdir: options.workdir).first { $0.name == name }
        let state = place.flatMap(KeptState.read)
        guard let state, RelativePath.isSafe(service), !service.contains("/"),
            let bytes = try? AtomicFile.read(state.log(of: service), limit: 64 << 20)
        else {
            let names = (state?.services.map(\.name).sorted() ?? []).joined(separator: ", ")
            StandardStreams.complain(
                "environment \(name) has no log of \(service); it has \(names.isEmpty ? "none" : names)")
            return 1
        }
        StandardStreams.write(line: String(decoding: bytes, as: UTF8.self))
        return 0
    }

    private static func members(_ layout: KeptLayout) -> [ProcessInfo] {
        ProcessTree.processes(withVariable: SessionLayout.variable, value: layout.directory)
    }
}

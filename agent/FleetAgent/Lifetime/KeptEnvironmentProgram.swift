import FleetModel
import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What `agent environment …` does: environments that a person keeps, each below a guardian of its own.
enum KeptEnvironmentProgram {
    /// Brings an environment up, detached, and says where its services are.
    static func up(_ options: KeptEnvironmentOptions) async -> Int32 {
        let layout = options.layout
        do {
            for directory in [options.workdir, KeptLayout.all(options.workdir), layout.directory] {
                try PrivateDirectory.ensure(directory)
            }
            guard try FileLock.acquire(layout.lock) != nil else {
                StandardStreams.complain("environment \(options.name) is up already; take it down first")
                return 1
            }
            let start = DetachedStart(
                directory: layout.directory, log: layout.log,
                arguments: ["environment-guardian"] + options.arguments, firstLine: "hold", limit: .seconds(90))
            _ = try await start.readyLine()
            guard let state = KeptState.read(layout) else {
                throw DetachedStart.Failure(description: "it is gone again")
            }
            StandardStreams.write(line: state.text)
            return 0
        } catch {
            StandardStreams.complain("environment \(options.name): \(error)")
            return 1
        }
    }

    /// Watches over the holder.
    static func guardian(_ options: KeptEnvironmentOptions) async -> Int32 {
        let layout = options.layout
        return await Guardian(
            directory: layout.directory, lock: layout.lock, arguments: ["environment-holder"] + options.arguments,
            readyLimit: .seconds(80)
        ).run()
    }

    /// Holds the environment until SIGTERM, or until it breaks.
    static func holder(_ options: KeptEnvironmentOptions) async -> Int32 {
        let stopped = OneShot<String?>()
        let signals = TerminationSignals { _ in stopped.fulfil(nil) }
        defer { withExtendedLifetime(signals) {} }
        let layout = options.layout
        let maker = ServiceEnvironmentMaker(agent: OwnProgram.path, driver: options.driver, keptPaths: [])
        do {
            let holder = try await maker.bringUp(
                EnvironmentRequest(mode: options.mode), name: options.name.rawValue, directory: layout.environment)
            let state = KeptState(
                name: options.name.rawValue, mode: options.mode, driver: holder.report.driver, pid: getpid(),
                seconds: holder.report.seconds, endpoints: holder.endpoints, services: holder.report.services)
            try AtomicFile.write(Array(state.line().utf8), to: layout.state)
            StandardStreams.write(line: try state.line())
            StandardStreams.closeOutput()
            // Ends with the environment, which is taken down below.
            Task { stopped.fulfil(await holder.failure()) }
            if let failure = await stopped.value() { StandardStreams.complain(failure) }
            return await holder.takeDown().isEmpty ? 0 : 1
        } catch {
            StandardStreams.write(line: "\(error)".split(separator: "\n").joined(separator: " | "))
            return 1
        }
    }

    /// Takes an environment down; prints what stayed.
    static func down(_ options: KeptEnvironmentOptions) async -> Int32 {
        let layout = options.layout
        guard access(layout.directory, F_OK) == 0 else {
            StandardStreams.complain("there is no environment \(options.name)")
            return 1
        }
        for info in members(layout) {
            guard info.commandLine.split(separator: " ").dropFirst().first == "environment-holder" else { continue }
            ProcessHandle(info)?.send(signal: SIGTERM)
        }
        let isGone = await Waiting.until(within: .seconds(30), every: .milliseconds(50)) {
            members(layout).isEmpty
        }
        var leftovers: [String] = []
        if !isGone { leftovers += await ProcessTree.end(members(layout), grace: .zero).map(\.description) }
        leftovers += DirectoryTree.remove(layout.directory)
        for leftover in leftovers { StandardStreams.write(line: leftover) }
        return leftovers.isEmpty ? 0 : 1
    }

    /// Says which environments there are.
    static func status(workdir: String) -> Int32 {
        let names = (try? DirectoryCopy.names(in: KeptLayout.all(workdir))) ?? []
        var texts: [String] = []
        for name in names {
            let layout = KeptLayout(workdir: workdir, name: name)
            let isHeld = isHeld(layout)
            if isHeld, let state = KeptState.read(layout) {
                texts.append(state.text)
            } else {
                texts.append(
                    "environment \(name): \(isHeld ? "on its way" : "dead; remove it with `environment down`")")
            }
        }
        StandardStreams.write(line: texts.isEmpty ? "no environment is kept here" : texts.joined(separator: "\n"))
        return 0
    }

    /// Prints the log of one service.
    static func logs(_ options: KeptEnvironmentOptions, service: String) -> Int32 {
        let layout = options.layout
        guard RelativePath.isSafe(service), !service.contains("/"),
            let bytes = try? AtomicFile.read(layout.log(of: service), limit: 64 << 20)
        else {
            let known = (try? DirectoryCopy.names(in: "\(layout.environment)/logs")) ?? []
            let names = known.map { $0.replacing(".log", with: "") }.joined(separator: ", ")
            StandardStreams.complain(
                "environment \(options.name) has no log of \(service); it has \(names.isEmpty ? "none" : names)")
            return 1
        }
        StandardStreams.write(line: String(decoding: bytes, as: UTF8.self))
        return 0
    }

    private static func isHeld(_ layout: KeptLayout) -> Bool {
        do {
            return try FileLock.acquire(layout.lock) == nil
        } catch {
            return false
        }
    }

    private static func members(_ layout: KeptLayout) -> [ProcessInfo] {
        ProcessTree.processes(withVariable: SessionLayout.variable, value: layout.directory)
    }
}

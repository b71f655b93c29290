import FleetHTTP
import FleetModel
import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Brings one service up: files, process, gates, and another port when the first was taken.
struct ServiceStart: Sendable {
    let backing: any ServiceBacking
    let surroundings: ServiceSurroundings
    let choice: PortChoice
    let client: HTTPClient
    let deadline: ContinuousClock.Instant
    let stops: [OneShot<Void>]
    /// The port that the service had before, when it starts again; its data lies in its directory.
    var formerPort: FormerPort?

    /// The port of a service that has ended, and what keeps others from it.
    struct FormerPort: Sendable {
        var number: Int
        var reservation: PortReservation?
    }

    private static let portAttempts = 4

    private enum GateOutcome {
        case open
        case portTaken
        case closed(EnvironmentFailure)
    }

    func run() async -> Result<ServiceProcess, EnvironmentFailure> {
        let begin = ContinuousClock.now
        // Asked while the service starts.
        async let version = backing.version(in: surroundings)
        var result: Result<ServiceProcess, EnvironmentFailure> = .failure(failure("no free port was found"))
        for attempt in 0..<ServiceStart.portAttempts {
            guard let (port, reservation) = nextPort(attempt: attempt) else { continue }
            let launch = backing.launch(in: surroundings, port: port)
            do {
                try await prepare(launch)
                var process = try start(launch, port: port, reservation: reservation)
                switch await waitForGates(of: process) {
                case .open:
                    do throws(EnvironmentFailure) {
                        process.launch = try await backing.complete(launch, in: surroundings, client: client)
                    } catch {
                        await process.end()
                        return .failure(error.withLog(LogWindow.lastLines(of: process.logFile)))
                    }
                    process.info.readySeconds = begin.duration(to: .now).seconds
                    process.info.version = await version
                    return await plant(process)
                case .portTaken:
                    result = .failure(process.failure(.start, "port \(port) is taken by another program"))
                    await process.end()
                    if isFixed { return result }
                case .closed(let failure):
                    await process.end()
                    return .failure(failure)
                }
            } catch {
                return .failure(error)
            }
        }
        return result
    }

    // The service counts as ready when its first data is there.
    private func plant(_ process: ServiceProcess) async -> Result<ServiceProcess, EnvironmentFailure> {
        var process = process
        let seed = SeedData(service: backing.service, launch: process.launch, surroundings: surroundings)
        do throws(EnvironmentFailure) {
            process.launch.properties.merge(try await seed.plant()) { $1 }
            return .success(process)
        } catch {
            await process.end()
            return .failure(error.withLog(LogWindow.lastLines(of: process.logFile)))
        }
    }

    private var isFixed: Bool {
        if case .fixed = choice { true } else { formerPort != nil }
    }

    private func nextPort(attempt: Int) -> (Int, PortReservation?)? {
        if let formerPort { return (formerPort.number, formerPort.reservation) }
        if case .fixed(let port) = choice { return (port, nil) }
        if attempt == 0, let port = surroundings.plan.preferredPorts[backing.service] {
            return PortReservation.make(port: port).map { (port, $0) }
        }
        return PortReservation.make().map { ($0.port, $0) }
    }

    private func prepare(_ launch: ServiceLaunch) async throws(EnvironmentFailure) {
        do throws(SystemCallError) {
            try write(launch)
        } catch {
            throw failure("\(error)", tried: "writing its configuration")
        }
        for preparation in launch.preparations {
            try await ServicePreparation(
                preparation: preparation, service: backing.service, surroundings: surroundings,
                variables: launch.variables, deadline: deadline, stops: stops
            ).run()
        }
    }

    private func start(
        _ launch: ServiceLaunch, port: Int, reservation: PortReservation?
    ) throws(EnvironmentFailure) -> ServiceProcess {
        let logFile = surroundings.plan.logFile(of: backing.service)
        // Another port's attempt must not be judged by what the first one logged.
        if formerPort == nil { truncate(logFile, 0) }
        let logStart = LogWindow.size(of: logFile)
        var wanted = ProcessSpecification(
            executable: launch.executable, arguments: launch.arguments,
            environment: surroundings.environment.merging(launch.variables) { $1 },
            workingDirectory: surroundings.directory)
        wanted.standardOutput = .file(logFile)
        wanted.standardError = .output
        wanted.niceness = surroundings.plan.niceness
        do throws(SpawnError) {
            let info = ServiceInfo(name: backing.service, backing: backing.kind, version: "", readySeconds: 0)
            return ServiceProcess(
                backing: backing, launch: launch, child: try Spawner.spawn(wanted), port: port,
                reservation: reservation, logFile: logFile, logStart: logStart, info: info)
        } catch {
            throw failure("\(error)", tried: "started \(launch.command)")
        }
    }

    private func write(_ launch: ServiceLaunch) throws(SystemCallError) {
        for directory in ["\(surroundings.plan.directory)/logs", surroundings.directory] + launch.directories {
            if mkdir(directory, 0o700) != 0, errno != EEXIST {
                throw SystemCallError(call: "mkdir", subject: directory)
            }
        }
        for file in launch.files { try AtomicFile.write(file.content.utf8, to: file.path) }
    }

    private func waitForGates(of process: ServiceProcess) async -> GateOutcome {
        for gate in process.launch.gates {
            var problem = "not asked yet"
            var pause = Duration.milliseconds(5)
            while true {
                if stops.contains(where: { $0.current != nil }) {
                    return .closed(
                        EnvironmentFailure(
                            kind: .cancelled, service: backing.service, tried: "waited for \(gate.description)",
                            happened: "told to stop"))
                }
                if isPortTaken(process) { return .portTaken }
                if let status = process.child.status {
                    return .closed(process.failure(.start, "it ended before it was ready: \(status)"))
                }
                guard let found = await gate.problem(client: client) else { break }
                problem = found
                if ContinuousClock.now >= deadline {
                    let limit = surroundings.plan.timeLimit
                    return .closed(
                        process.failure(
                            .start, "not ready within \(limit) s: \(problem)",
                            tried: "started \(process.launch.command), then \(gate.description)"))
                }
                // Quick at first, because most services need some ten milliseconds.
                _ = await process.child.exit(within: pause)
                pause = min(pause * 2, .milliseconds(100))
            }
        }
        // Who answered may be another program on our port, while ours has not got it.
        return isPortTaken(process) ? .portTaken : .open
    }

    private func isPortTaken(_ process: ServiceProcess) -> Bool {
        LogWindow.lastLines(of: process.logFile, from: process.logStart)
            .contains { $0.lowercased().contains("address already in use") }
    }

    private func failure(_ happened: String, tried: String = "looked for a port") -> EnvironmentFailure {
        EnvironmentFailure(kind: .start, service: backing.service, tried: tried, happened: happened)
    }
}

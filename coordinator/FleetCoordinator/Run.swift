import FleetModel
import FleetProtocol
import FleetReports
import FleetScheduling
import FleetSuites
import FleetSystem
public import NIOCore

/// One invocation of `run`, from the files that it reads to the reports that it leaves.
public struct Run: Sendable {
    let options: RunOptions
    let console: Console
    private let group: any EventLoopGroup

    /// Prepares a run; nothing is read yet.
    public init(options: RunOptions, console: Console, group: any EventLoopGroup) {
        self.options = options
        self.console = console
        self.group = group
    }

    /// Runs to the end and returns the exit status; every error has been told by then.
    public func run() async -> RunStatus {
        do {
            let preparation = try Preparation(options)
            return try await execute(preparation)
        } catch {
            return console.tell(error)
        }
    }

    private func execute(_ prepared: Preparation) async throws -> RunStatus {
        var preparation = prepared
        let bundles = try checkPlaces()
        let directory = try RunDirectory.make(for: preparation.run)
        let lock = try directory.lock()
        defer { lock.release() }
        try preparation.pack(into: directory.path)
        let catalogue = try CatalogueDigest.digest(of: Catalogue.tests)
        try RunOrder(options: options, hosts: preparation.hosts, catalogue: catalogue).save(in: directory)
        let token = RunToken()
        try TokenFile.save(token, in: directory)
        keepLog(of: preparation.run)
        let factory = await factory(for: preparation, bundles)
        let watcher = Watcher(console: console, options: options, preparation: preparation)
        defer { watcher.stop() }
        let sink = JournalSink(
            journal: try Journal(path: directory.journal), observe: try watcher.observer(), notice: watcher.notice)
        try sink.append(.begun(preparation.begun(command: options.command)))
        return try await carryThrough(
            Stage(
                preparation: preparation, sink: sink, directory: directory, watcher: watcher, factory: factory,
                token: token))
    }

    /// What can be known to fail fails before anything has begun.
    func checkPlaces() throws -> BundleShelf {
        let bundles = try BundleShelf(directory: options.bundleDirectory, userPrograms: options.platformPrograms)
        try OutputFiles.prepareDirectory(options.outputDirectory)
        if let path = options.htmlReport { try OutputFiles.checkPlace(path) }
        return bundles
    }

    /// How the hosts are reached; asks for passphrases while nothing is drawn on the terminal yet.
    func factory(for preparation: Preparation, _ bundles: BundleShelf) async -> TransportFactory {
        let factory = TransportFactory(
            options: options, bundles: bundles, packs: preparation.packs, group: group,
            needsSecretsServer: preparation.tests.contains { $0.homeMode == .enterprise },
            unlocker: PassphrasePrompt.unlocker())
        await factory.unlockKeys(for: preparation.hosts)
        return factory
    }

    func keepLog(of run: RunID) {
        do throws(OutputError) {
            console.keepLog(try LogFile(path: LogFile.standardPath, run: run.rawValue))
        } catch {
            console.error("\(error); this run goes on without that log")
        }
    }

    /// What a run has at hand once it has begun.
    struct Stage {
        let preparation: Preparation
        let sink: JournalSink
        let directory: RunDirectory
        let watcher: Watcher
        let factory: TransportFactory
        let token: RunToken
        let events = EventMailbox()
        /// How many seconds earlier coordinators of the run have spent.
        var secondsBefore = 0.0
        /// How many seconds ago the run began, the time in which nobody conducted it included.
        var secondsSinceBegin = 0.0
    }

    /// Takes a run that has begun to its end: tests, journal, reports.
    func carryThrough(_ stage: Stage) async throws -> RunStatus {
        let (sink, begun) = (stage.sink, Monotonic.seconds)
        let signals = Signals { [console] signal in
            console.progress("\(signal): the reports follow; a second signal ends at once")
            stage.events.post(.interrupt("\(signal)"))
        } left: { [options] in
            LeftBehind(run: stage.preparation.run, agents: sink.hostsWithAgents, options: options).text
        }
        let interruption = try await conduct(stage, signals.received)
        let status =
            signals.received.name?.status ?? stage.preparation.status(sink.report, interruption: interruption, options)
        let seconds = stage.secondsBefore + Monotonic.seconds - begun
        try sink.append(.ended(.init(exit: Int(status.rawValue), interruption: interruption, seconds: seconds)))
        TokenFile.remove(from: stage.directory)
        stage.watcher.stop()
        return try withExtendedLifetime(signals) { try report(sink.report, stage.directory, status) }
    }

    /// Links, driver and deadline side by side, until the driver says that the run is over and the hosts are clean.
    ///
    /// - Returns: why the run ended early; nil when it did not.
    private func conduct(_ stage: Stage, _ signals: Signals.Received) async throws -> String? {
        let (preparation, sink, watcher, events) = (stage.preparation, stage.sink, stage.watcher, stage.events)
        let fleet = try Fleet(
            preparation: preparation, options: options, factory: stage.factory, token: stage.token, events: events)
        let fetcher = ArtifactFetcher(fleet: fleet, directory: stage.directory.artifacts)
        let decider = RunDecider(
            preparation.dispatch(options), owed: fetcher.missing(preparation.resuming?.files ?? [:]))
        let driver = RunDriver(
            decider: decider, journal: sink, links: fleet.links, fetch: { fetcher.fetch($1, from: $0) })
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await fleet.run() }
            tasks.addTask { await fetcher.run() }
            tasks.addTask { await watcher.run() }
            tasks.addTask { try await keepTime(events, elapsed: stage.secondsSinceBegin) }
            defer { tasks.cancelAll() }
            let interruption: String?
            do {
                interruption = try await driver.run(unplaced: preparation.plan.unplaced, events: events)
            } catch {
                // Without a journal nothing can go on, but no agent is left to find that out by itself.
                _ = await fleet.finish(limit: .seconds(5), sweepLimit: .seconds(5))
                throw error
            }
            await Signals.patiently(signals, hurried: .milliseconds(500)) {
                await fetcher.finish(patience: .seconds(30), limit: .seconds(300))
            }
            for note in fetcher.notes { try sink.append(.host(note)) }
            let changes = await Signals.patiently(signals, hurried: .seconds(3)) {
                let isHurried = signals.name != nil
                return await fleet.finish(
                    limit: isHurried ? .seconds(2) : .seconds(20), sweepLimit: isHurried ? .seconds(1) : .seconds(30))
            }
            for change in changes { try sink.append(.host(change)) }
            return signals.name?.description ?? interruption
        }
    }

    /// Tells the driver that time passes, and of the deadline; cancelled with the run.
    ///
    /// - Parameter elapsed: how many seconds ago it began to count.
    private func keepTime(_ events: EventMailbox, elapsed: Double) async throws {
        var deadline = options.deadline.map { RunDeadline(limit: $0, elapsed: elapsed, now: Monotonic.seconds) }
        while true {
            let left = deadline?.left(now: Monotonic.seconds) ?? 1
            try await Task.sleep(for: .seconds(min(1, max(0.01, left))))
            events.post(.tick)
            guard let passed = deadline, passed.left(now: Monotonic.seconds) <= 0 else { continue }
            events.post(.interrupt("the deadline of \(passed.limit) s has passed"))
            deadline = nil
        }
    }

    func report(_ report: RunReport?, _ directory: RunDirectory, _ status: RunStatus) throws -> RunStatus {
        guard let report else { return .incomplete }
        let files = ReportFiles(options: options, directory: directory).write(report)
        let ci = CIJob.current
        let summary = TextSummary(report, colour: console.hasColour, fold: ci?.fold).render()
        // With `--events -` standard output carries the journal's lines and nothing else.
        if options.events == "-" { console.progress(summary) } else { console.result(summary) }
        try ci?.tell(report, console)
        for path in files.written { console.progress("report: \(path)") }
        if let failure = files.failure { throw failure }
        return status
    }
}

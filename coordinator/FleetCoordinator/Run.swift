import FleetModel
import FleetProtocol
import FleetReports
import FleetScheduling
import FleetSystem
public import NIOCore

/// One invocation of `run`, from the files that it reads to the reports that it leaves.
public struct Run: Sendable {
    private let options: RunOptions
    private let console: Console
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
        // What can be known to fail fails before anything has begun.
        let bundle = try Bundle(directory: Bundle.ownDirectory)
        try OutputFiles.prepareDirectory(options.outputDirectory)
        if let path = options.htmlReport { try OutputFiles.checkPlace(path) }
        let directory = try RunDirectory.make(for: preparation.run)
        try preparation.pack(into: directory.path)
        keepLog(of: preparation.run)
        let factory = TransportFactory(
            options: options, bundle: bundle, packs: preparation.packs, group: group,
            unlocker: PassphrasePrompt.unlocker())
        await factory.unlockKeys(for: preparation.hosts)
        let watcher = Watcher(console: console, options: options, preparation: preparation)
        defer { watcher.stop() }
        let sink = JournalSink(
            journal: try Journal(path: directory.journal), observe: try watcher.observer(), notice: watcher.notice)
        let begun = Monotonic.seconds
        try sink.append(.begun(preparation.begun(command: options.command)))
        let (events, feed) = AsyncStream.makeStream(of: RunDriver.Event.self)
        let signals = Signals { [console] signal in
            console.progress("\(signal): the reports follow; a second signal ends at once")
            feed.yield(.interrupt("\(signal)"))
        }
        let stage = Stage(
            preparation: preparation, sink: sink, directory: directory, watcher: watcher, factory: factory,
            signals: signals.received, events: events, feed: feed)
        let interruption = try await conduct(stage)
        let status =
            signals.received.name?.status ?? preparation.status(sink.report, interruption: interruption, options)
        try sink.append(
            .ended(
                .init(exit: Int(status.rawValue), interruption: interruption, seconds: Monotonic.seconds - begun)))
        watcher.stop()
        return try withExtendedLifetime(signals) { try report(sink, directory, status) }
    }

    private func keepLog(of run: RunID) {
        do throws(OutputError) {
            console.keepLog(try LogFile(path: LogFile.standardPath, run: run.rawValue))
        } catch {
            console.error("\(error); this run goes on without that log")
        }
    }

    /// What a run has at hand once it has begun.
    private struct Stage {
        let preparation: Preparation
        let sink: JournalSink
        let directory: RunDirectory
        let watcher: Watcher
        let factory: TransportFactory
        let signals: Signals.Received
        let events: AsyncStream<RunDriver.Event>
        let feed: AsyncStream<RunDriver.Event>.Continuation
    }

    /// Links, driver and deadline side by side, until the driver says that the run is over and the hosts are clean.
    ///
    /// - Returns: why the run ended early; nil when it did not.
    private func conduct(_ stage: Stage) async throws -> String? {
        let (preparation, sink, watcher, feed) = (stage.preparation, stage.sink, stage.watcher, stage.feed)
        let fleet = try Fleet(preparation: preparation, options: options, factory: stage.factory) {
            feed.yield(.link($0))
        }
        let fetcher = ArtifactFetcher(fleet: fleet, directory: stage.directory.artifacts, notice: watcher.notice)
        let driver = RunDriver(
            dispatch: preparation.dispatch(options), journal: sink, links: fleet.links,
            fetch: { fetcher.fetch($1, from: $0) })
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await fleet.run() }
            tasks.addTask { await fetcher.run() }
            tasks.addTask { await watcher.run() }
            if let deadline = options.deadline {
                tasks.addTask {
                    try await Task.sleep(for: .seconds(deadline))
                    feed.yield(.interrupt("the deadline of \(deadline) s has passed"))
                }
            }
            defer { tasks.cancelAll() }
            let interruption: String?
            do {
                interruption = try await driver.run(unplaced: preparation.plan.unplaced, events: stage.events)
            } catch {
                // Without a journal nothing can go on, but no agent is left to find that out by itself.
                _ = await fleet.finish(limit: .seconds(5), sweepLimit: .seconds(5))
                throw error
            }
            await Signals.patiently(stage.signals, hurried: .milliseconds(500)) {
                await fetcher.finish(limit: .seconds(30))
            }
            let changes = await Signals.patiently(stage.signals, hurried: .seconds(3)) {
                let isHurried = stage.signals.name != nil
                return await fleet.finish(
                    limit: isHurried ? .seconds(2) : .seconds(20), sweepLimit: isHurried ? .seconds(1) : .seconds(30))
            }
            for change in changes { try sink.append(.host(change)) }
            return stage.signals.name?.description ?? interruption
        }
    }

    private func report(_ sink: JournalSink, _ directory: RunDirectory, _ status: RunStatus) throws -> RunStatus {
        guard let report = sink.report else { return .incomplete }
        let files = ReportFiles(options: options, directory: directory).write(report)
        let summary = TextSummary(report, colour: console.hasColour).render()
        // With `--events -` standard output carries the journal's lines and nothing else.
        if options.events == "-" { console.progress(summary) } else { console.result(summary) }
        for path in files.written { console.progress("report: \(path)") }
        if let failure = files.failure { throw failure }
        return status
    }
}

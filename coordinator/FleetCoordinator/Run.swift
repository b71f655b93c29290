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
        try OutputFiles.prepareDirectory(options.outputDirectory)
        let directory = try RunDirectory.make(for: preparation.run)
        try preparation.pack(into: directory.path)
        let watcher = Watcher(console: console, options: options, preparation: preparation)
        let sink = JournalSink(
            journal: try Journal(path: directory.journal), observe: try watcher.observer(), notice: watcher.notice)
        let begun = Monotonic.seconds
        try sink.append(.begun(preparation.begun(command: options.command)))
        let interruption = try await conduct(preparation, sink, directory, watcher)
        let status = preparation.status(sink.report, interruption, options)
        try sink.append(
            .ended(.init(exit: Int(status.rawValue), interruption: interruption, seconds: Monotonic.seconds - begun)))
        watcher.stop()
        return try report(sink, directory, status)
    }

    /// Links, driver, signals and deadline side by side, until the driver says that the run is over.
    private func conduct(
        _ preparation: Preparation, _ sink: JournalSink, _ directory: RunDirectory, _ watcher: Watcher
    ) async throws -> String? {
        let (events, feed) = AsyncStream.makeStream(of: RunDriver.Event.self)
        let bundle = try Bundle(directory: Bundle.ownDirectory)
        let fleet = try Fleet(preparation: preparation, options: options, bundle: bundle, group: group) {
            feed.yield(.link($0))
        }
        let fetcher = ArtifactFetcher(fleet: fleet, directory: directory.artifacts, notice: watcher.notice)
        let driver = RunDriver(
            dispatch: preparation.dispatch(options), journal: sink, links: fleet.links,
            fetch: { fetcher.fetch($1, from: $0) })
        let signals = Signals { [console] reason in
            console.progress("\(reason): the reports follow; a second signal ends at once")
            feed.yield(.interrupt(reason))
        }
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
            let interruption = try await driver.run(unplaced: preparation.plan.unplaced, events: events)
            let isHurried = signals.received.name != nil
            await fetcher.finish(limit: isHurried ? .milliseconds(500) : .seconds(30))
            let changes = await fleet.finish(
                limit: isHurried ? .seconds(2) : .seconds(20), sweepLimit: isHurried ? .seconds(1) : .seconds(30))
            for change in changes { try sink.append(.host(change)) }
            return signals.received.name.map { "interrupted by \($0)" } ?? interruption
        }
    }

    private func report(_ sink: JournalSink, _ directory: RunDirectory, _ status: RunStatus) throws -> RunStatus {
        guard let report = sink.report else { return .incomplete }
        let written = try ReportFiles(options: options, directory: directory).write(report)
        console.result(TextSummary(report, colour: console.hasColour).render())
        for path in written { console.progress("report: \(path)") }
        return status
    }
}

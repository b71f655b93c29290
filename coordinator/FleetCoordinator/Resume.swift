import FleetModel
import FleetProtocol
import FleetSuites
import FleetSystem
public import NIOCore

/// `resume`: takes up a run whose coordinator was killed, or that was interrupted.
///
/// What the journal holds is done: a test with a result never runs again. Agents that still wait go on under their
/// lease; what the others had is given out anew.
public struct Resume: Sendable {
    /// Where the results go, when not where the run was told to put them.
    public struct Changes: Sendable {
        /// Where the HTML report goes.
        public var htmlReport: String?
        /// Where JUnit and JSON reports go.
        public var outputDirectory: String?
        /// Where the journal's lines go live from now on.
        public var events: String?
        /// Ends the run so many seconds from now; nil: when it would have ended.
        public var deadline: Double?
        /// Whether every event is told.
        public var isVerbose = false

        /// Changes nothing.
        public init() {}

        /// How many seconds of the deadline are gone: a new one counts from now on, that of the run from its begin.
        func elapsed(since begin: String, now: String) -> Double {
            deadline == nil ? WallClock.seconds(from: begin, to: now) : 0
        }

        func apply(to options: inout RunOptions) {
            options.htmlReport = htmlReport ?? options.htmlReport
            options.outputDirectory = outputDirectory ?? options.outputDirectory
            // The file that the first coordinator wrote stays as it is.
            options.events = events
            options.deadline = deadline ?? options.deadline
            options.isVerbose = isVerbose
        }
    }

    private let changes: Changes
    private let console: Console
    private let group: any EventLoopGroup

    /// Prepares to resume a run; nothing is read yet.
    public init(changes: Changes, console: Console, group: any EventLoopGroup) {
        self.changes = changes
        self.console = console
        self.group = group
    }

    /// Takes the run to its end and returns the exit status; every error has been told by then.
    ///
    /// - Parameter name: the run's name, the path of its directory, or `last`.
    public func run(_ name: String) async -> RunStatus {
        do {
            guard let directory = RunDirectory.find(name) else {
                console.error("there is no run “\(name)” in \(RunDirectory.root)")
                return .usage
            }
            let lock = try directory.lock()
            defer { lock.release() }
            return try await goOn(in: directory)
        } catch {
            return console.tell(error)
        }
    }

    private func goOn(in directory: RunDirectory) async throws -> RunStatus {
        let content = try JournalContent.read(directory.journal).whole()
        var order = try RunOrder.load(from: directory)
        changes.apply(to: &order.options)
        var recovered = RecoveredRun(content.entries, settings: order.options.dispatchSettings)
        guard let begun = recovered.begun else {
            let message = "the journal holds no run: its coordinator died before anything was ordered"
            throw InputErrors([InputError(file: directory.journal, message: message, advice: "run the tests anew")])
        }
        var record = RunRecord()
        for entry in content.entries { record.apply(entry) }
        let run = Run(options: order.options, console: console, group: group)
        if let ended = recovered.ended, recovered.isComplete {
            TokenFile.remove(from: directory)
            try OutputFiles.prepareDirectory(order.options.outputDirectory)
            console.progress("The run \(begun.run) has ended and nothing is left to do; its reports are made again.")
            return try run.report(
                record.report, directory, RunStatus(rawValue: Int32(clamping: ended.exit)) ?? .incomplete)
        }
        guard try CatalogueDigest.digest(of: Catalogue.tests) == order.catalogue else {
            let message = "the run was begun by a coordinator with other built-in tests"
            throw InputErrors([
                InputError(file: directory.order, message: message, advice: "resume it with that coordinator")
            ])
        }
        let bundles = try run.checkPlaces()
        let resumed = JournalEntry(
            time: WallClock.timestamp,
            event: .resumed(.init(remaining: recovered.remaining, torn: content.tornLength)))
        let before = recovered.span.map { WallClock.seconds(from: $0.first, to: $0.last) } ?? 0
        let elapsed = changes.elapsed(since: recovered.span?.first ?? "", now: resumed.time)
        recovered.apply(resumed)
        let preparation = try Preparation(resuming: recovered, begun, order, in: directory)
        run.keepLog(of: preparation.run)
        let factory = await run.factory(for: preparation, bundles)
        let watcher = Watcher(console: console, options: order.options, preparation: preparation)
        defer { watcher.stop() }
        watcher.recall(content.entries)
        if content.tornLength > 0 {
            console.progress("\(content.tornLength) bytes of a torn record were cut off the journal")
        }
        let sink = JournalSink(
            journal: try Journal(continuing: directory.journal, length: content.wholeLength), record: record,
            observe: try watcher.observer(), notice: watcher.notice)
        try sink.append(resumed.event)
        let token = try token(of: directory)
        return try await run.carryThrough(
            Run.Stage(
                preparation: preparation, sink: sink, directory: directory, watcher: watcher, factory: factory,
                token: token, secondsBefore: before, secondsSinceBegin: elapsed))
    }

    /// The run's token; a new one when an orderly end has removed it, because no agent of the run is left then.
    private func token(of directory: RunDirectory) throws -> RunToken {
        if let token = TokenFile.load(from: directory) { return token }
        let token = RunToken()
        try TokenFile.save(token, in: directory)
        return token
    }
}

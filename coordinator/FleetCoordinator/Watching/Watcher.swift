import FleetModel
import FleetProtocol
import FleetReports
import FleetScheduling
import NIOConcurrencyHelpers

/// Shows a run while it goes on: redrawn lines on a terminal, plain lines elsewhere, the journal's lines for programs.
final class Watcher: Sendable {
    private let console: Console
    private let options: RunOptions
    private let model = NIOLockedValueBox(ProgressModel())
    private let view: NIOLockedValueBox<TerminalView?>
    private let begun = ContinuousClock.now

    init(console: Console, options: RunOptions, preparation: Preparation) {
        self.console = console
        self.options = options
        let isLive = console.isTerminal && options.events != "-" && !options.isVerbose
        self.view = NIOLockedValueBox(isLive ? TerminalView() : nil)
        let tests = Self.count(preparation.tests.count, "test")
        let hosts = Self.count(preparation.hosts.count, "host")
        if let resuming = preparation.resuming {
            let left = "\(resuming.remaining) of \(tests) left"
            console.progress("Resuming \(preparation.run), \(preparation.tested): \(left), \(hosts)")
        } else {
            console.progress("Testing \(preparation.tested): \(tests) on \(hosts) (run \(preparation.run))")
        }
        let plan = preparation.plan
        console.progress(
            "Plan: \(plan.seconds.tenths) s, lower bound \(plan.lowerBound.tenths) s; `coordinator plan` shows it")
        if let seed = options.shuffle {
            console.progress("The order is by chance; --shuffle \(seed) gives it again")
        }
    }

    private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    /// Takes in what an earlier coordinator of the run has written, without telling it again.
    func recall(_ entries: [JournalEntry]) {
        model.withLockedValue { model in
            for entry in entries { model.apply(entry) }
        }
    }

    /// What the journal calls after each entry.
    ///
    /// - Throws: `OutputError` when the file of `--events` cannot be made.
    func observer() throws(OutputError) -> JournalSink.Observer {
        let file = try options.events.flatMap { path throws(OutputError) in
            path == "-" ? nil : try EventFile(path: path)
        }
        let isStandardOutput = options.events == "-"
        return { [self] entry, line in
            file?.append(line)
            if isStandardOutput { console.raw(line) }
            model.withLockedValue { $0.apply(entry) }
            tell(entry)
        }
    }

    /// Prints what an agent says.
    @Sendable func notice(_ host: HostID, _ log: Message.Log) {
        guard log.level == .warning || log.level == .error || options.isVerbose else { return }
        say("\(host): \(Self.sentence(log.message))")
    }

    /// Redraws the terminal until the task is cancelled; does nothing elsewhere.
    func run() async {
        guard view.withLockedValue({ $0 != nil }) else { return }
        while !Task.isCancelled {
            redraw()
            // Cancelled means the run is over; the last state is drawn by `stop`.
            do { try await Task.sleep(for: .milliseconds(200)) } catch { return }
        }
    }

    /// Takes the redrawn lines away, so that the summary stands alone.
    func stop() {
        view.withLockedValue { view in
            console.draw(view?.erase() ?? "")
            view = nil
        }
    }

    private func redraw() {
        let elapsed = ContinuousClock.now - begun
        let model = model.withLockedValue { $0 }
        // Printed under the lock: what is erased later must be what is on the screen.
        view.withLockedValue { view in
            let seconds = Double(elapsed.components.seconds)
            console.draw(view?.draw(model, elapsed: seconds, columns: console.columns) ?? "")
        }
    }

    /// Text of an agent as one line of bounded length, so that it can neither steer the terminal nor pass for ours.
    private static func sentence(_ text: String) -> String {
        let shown = PlainText.line(String(text.prefix(maximumLength)))
        return text.count > maximumLength ? shown + " …" : shown
    }

    private static let maximumLength = 2000

    /// A line above the redrawn ones.
    private func say(_ line: String) {
        console.note(line)
        view.withLockedValue { view in console.draw((view?.erase() ?? "") + line + "\n") }
    }

    private func tell(_ entry: JournalEntry) {
        switch entry.event {
        case .host(let change): tell(change)
        case .environment(let host, let state) where state.state == .failed:
            say("\(host): environment \(state.mode) failed: \(Self.sentence(state.message ?? ""))")
        case .environment(let host, let state) where state.state == .ready:
            say("\(host): environment \(state.mode) ready after \(state.seconds.tenths) s")
        case .settled(let value):
            let (settled, total) = model.withLockedValue { ($0.settled, $0.total) }
            let isLoud = value.outcome.isRed || value.outcome.isMissing || value.outcome == .flaky
            // A line for each test is what logs are read for; thousands of green ones are not.
            if isLoud || total <= 500 || options.isVerbose {
                say("[\(settled)/\(total)] \(value.outcome) \(value.test)")
            }
        case .begun, .resumed, .launched, .environment, .ordered, .started, .result, .ended: break
        }
    }

    private func tell(_ change: JournalEntry.HostChange) {
        guard change.state != .finished || !change.message.isEmpty else { return }
        // The sentence names the host itself.
        if change.state == .waiting { return say(Self.sentence(change.message)) }
        let message = change.message.isEmpty ? "" : ": \(Self.sentence(change.message))"
        say("\(change.host) \(change.state.rawValue)\(message)")
    }
}

extension Double {
    /// The number with one decimal.
    var tenths: String {
        let value = (self * 10).rounded() / 10
        return "\(value)"
    }
}

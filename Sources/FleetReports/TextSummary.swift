public import FleetModel

/// A finished run as text, for a terminal or a plain log.
///
/// The first and the last line say what was tested and on how many hosts. Terminal escapes in what tests printed are
/// neutralised; ours appear only when colour is asked for.
public struct TextSummary {
    let report: RunReport
    let paint: Paint
    private let fold: LogFold?

    /// Prepares the summary of a run; `colour` allows ANSI colours, and a `fold` hides what stands under a failure until
    /// somebody opens it.
    public init(_ report: RunReport, colour: Bool = false, fold: LogFold? = nil) {
        self.report = report
        self.paint = Paint(isOn: colour)
        self.fold = fold
    }

    /// Renders the summary, LF at the end.
    public func render() -> String {
        let verdict = Verdict(report)
        var lines = ["Tested \(verdict.subject): \(Figures.count(report.tests.count, "test")), run \(report.run.id)."]
        lines += section(report.urgent.map(folded))
        lines += section(report.tests.filter { $0.outcome == .flaky }.map(folded))
        lines += section([briefly(.skipped)])
        lines += section([leaks()])
        lines += section([hosts()])
        lines += ["", lastLine(verdict)]
        return lines.joined(separator: "\n") + "\n"
    }

    private func section(_ blocks: [[String]]) -> [String] {
        blocks.filter { !$0.isEmpty }.flatMap { [""] + $0 }
    }

    private func folded(_ test: RunReport.Test) -> [String] {
        let lines = detailed(test)
        return fold?.folded(lines, name: test.id.description) ?? lines
    }

    /// One line for each test with an outcome that needs no more.
    private func briefly(_ outcome: Outcome) -> [String] {
        report.tests.filter { $0.outcome == outcome }.map { test in
            let reason = test.reason.map { ": \(PlainText.line($0))" } ?? ""
            return "\(paint.outcome(outcome, outcome.words)) \(test.id)\(reason)"
        }
    }

    /// What tests left behind in their environments.
    private func leaks() -> [String] {
        report.tests.flatMap { test in
            test.attempts.flatMap { attempt in
                (attempt.result.leaks ?? []).map {
                    "\(paint.warning("left behind")) by \(test.id) on \(PlainText.line(attempt.place)): \(PlainText.line($0))"
                }
            }
        }
    }

    private func hosts() -> [String] {
        guard !report.hosts.isEmpty else { return [] }
        return ["Hosts"] + report.hosts.flatMap(describe)
    }

    private func describe(_ host: RunReport.Host) -> [String] {
        let ended = report.tests.count { $0.deciding?.host == host.name && !$0.outcome.isMissing }
        let services = host.services.map { service in
            PlainText.line("\(service.name) \(service.version) (\(service.backing.rawValue))")
        }
        var line = "  \(PlainText.line(host.name.name))"
        line += host.lost ? " \(paint.bad("LOST"))" : ""
        line += ": \(Figures.count(host.slots, "slot")), \(Figures.count(ended, "test"))"
        line += services.isEmpty ? ", no environment" : "; \(services.joined(separator: ", "))"
        return [line] + host.notes.map { "    \(paint.warning("!")) \(PlainText.line($0))" }
    }

    private func lastLine(_ verdict: Verdict) -> String {
        let word = paint.verdict(verdict.kind, verdict.kind.rawValue.uppercased())
        let time = Figures.duration(report.run.seconds)
        return "\(word): \(verdict.headline) (\(verdict.counts)) in \(time); tested \(verdict.subject)"
            + "; exit status \(report.run.exit)."
    }
}

/// ANSI colours, or nothing.
struct Paint {
    let isOn: Bool

    func good(_ text: String) -> String { wrap(text, "32") }
    func bad(_ text: String) -> String { wrap(text, "1;31") }
    func warning(_ text: String) -> String { wrap(text, "33") }
    func dim(_ text: String) -> String { wrap(text, "2") }
    func strong(_ text: String) -> String { wrap(text, "1") }

    func outcome(_ outcome: Outcome, _ text: String) -> String {
        switch outcome {
        case .passed: good(text)
        case .failed, .timeout, .crashed: bad(text)
        case .flaky, .noInterface, .notRun: warning(text)
        case .skipped: dim(text)
        }
    }

    func verdict(_ kind: Verdict.Kind, _ text: String) -> String {
        switch kind {
        case .passed: wrap(text, "1;32")
        case .failed: bad(text)
        case .incomplete, .interrupted: wrap(text, "1;33")
        }
    }

    private func wrap(_ text: String, _ code: String) -> String {
        isOn ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}

public import FleetModel

/// A finished run as Markdown, for the summary of a CI job: the verdict, the figures, and the tests that did not pass.
public struct MarkdownSummary {
    /// How many tests are shown with all that they left; GitHub takes 1 MiB for a step.
    private static let detailed = 40
    private let report: RunReport

    /// Prepares the summary of a run.
    public init(_ report: RunReport) { self.report = report }

    /// Renders the summary, LF at the end. What tests and hosts said stands in code blocks that it cannot leave.
    public func render() -> String {
        let verdict = Verdict(report)
        let duration = Figures.duration(report.run.seconds)
        var lines = [
            "## \(verdict.headline)", "",
            "\(Self.text(verdict.counts)), in \(duration); tested \(Self.text(verdict.subject)).",
        ]
        lines += modes() + tests() + hosts()
        return lines.joined(separator: "\n") + "\n"
    }

    private func modes() -> [String] {
        let modes = Dictionary(grouping: report.tests, by: \.modeName)
        let outcomes = Outcome.byUrgency.filter { report.count($0) > 0 }
        guard !modes.isEmpty else { return [] }
        let rows = modes.sorted { $0.key < $1.key }.map { name, tests in
            ([name] + outcomes.map { outcome in "\(tests.count { $0.outcome == outcome })" }).joined(separator: " | ")
        }
        return [
            "", "| mode | \(outcomes.map(\.words).joined(separator: " | ")) |",
            "|---|\(String(repeating: "---:|", count: outcomes.count))",
        ] + rows.map { "| \($0) |" }
    }

    private func tests() -> [String] {
        let told = report.urgent + report.tests.filter { $0.outcome == .flaky }
        let shown = told.prefix(Self.detailed).flatMap(details)
        let rest = told.count - min(told.count, Self.detailed)
        return shown
            + (rest == 0 ? [] : ["", "\(Figures.count(rest, "further test")) did not pass; the reports have all."])
    }

    private func details(_ test: RunReport.Test) -> [String] {
        let head = TextSummary(report).detailed(test)
        return [
            "", "<details><summary>\(Markup.escaped(PlainText.line(head.first ?? "\(test.id)")))</summary>", "",
        ] + Self.block(Array(head.dropFirst())) + ["", "</details>"]
    }

    private func hosts() -> [String] {
        let lost = report.hosts.filter(\.lost)
        guard !lost.isEmpty else { return [] }
        return ["", "Lost hosts:", ""]
            + Self.block(lost.map { "\($0.name.name): \($0.notes.last ?? "")" }.map(PlainText.line))
    }

    /// A code block whose fence is longer than any run of backticks in it.
    private static func block(_ lines: [String]) -> [String] {
        var (longest, run) = (2, 0)
        for character in lines.joined(separator: "\n") {
            run = character == "`" ? run + 1 : 0
            longest = max(longest, run)
        }
        let fence = String(repeating: "`", count: longest + 1)
        return [fence + "text"] + lines + [fence]
    }

    /// Text in which nothing is Markdown or HTML.
    private static func text(_ text: String) -> String {
        var result = ""
        for character in Markup.escaped(PlainText.line(text)) {
            if "\\`*_[]|#~!".contains(character) { result += "\\" }
            result.append(character)
        }
        return result
    }
}

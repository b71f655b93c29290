public import FleetModel

/// A finished run as one HTML file that opens from disk without a network.
///
/// Tests that need attention are markup, so that they are read without JavaScript as well, up to
/// ``renderedFailures``; all others wait in embedded JSON and become rows when they scroll into view.
public struct HTMLReport {
    /// How many tests are markup at most; more would make the page slow.
    static let renderedFailures = 100

    let report: RunReport
    let verdict: Verdict
    /// All tests, the most urgent first.
    let ordered: [RunReport.Test]
    let link: (RunReport.Attempt, Artifact) -> String?
    let limits: OutputLimits

    /// Prepares the page of a run.
    ///
    /// - Parameters:
    ///   - report: The run.
    ///   - link: Where a file of an attempt lies, as a path relative to the page or absolute; nil leaves it without a
    ///     link.
    public init(_ report: RunReport, link: @escaping (RunReport.Attempt, Artifact) -> String? = { _, _ in nil }) {
        self.report = report
        self.verdict = Verdict(report)
        self.ordered = Outcome.byUrgency.flatMap { outcome in report.tests.filter { $0.outcome == outcome } }
        self.link = link
        self.limits = OutputLimits(report)
    }

    /// Renders the page.
    public func render() -> String {
        let page: Markup = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>\(verdict.headline) · \(PlainText.line(report.run.tested))</title>
            <link rel="icon" href="\(icon)">
            <style>\(Markup(trusted: Self.style))</style>
            </head>
            <body class="\(verdict.kind.rawValue)">
            \(header)
            \(overview)
            \(notices)
            <section id="timeline" class="card scripted" aria-label="Timeline"></section>
            <div class="columns">
            <main>
            \(toolbar)
            <div id="list">
            \(renderedTests)
            </div>
            <div id="more" class="scripted"></div>
            \(withoutScript)
            </main>
            \(hosts)
            </div>
            <footer>Provisioning Test Fleet · the same results are in junit-results.xml and test-results.json</footer>
            <script id="data" type="application/json">\(Markup(trusted: embeddedData))</script>
            <script>\(Markup(trusted: Self.script))</script>
            </body>
            </html>

            """
        return page.source
    }

    /// How many tests are markup in this page.
    var renderedCount: Int { min(Self.renderedFailures, ordered.prefix { $0.outcome.needsAttention }.count) }

    private var icon: String {
        let colour =
            switch verdict.kind {
            case .passed: "%231a7f37"
            case .failed: "%23cf222e"
            case .incomplete, .interrupted: "%23bf8700"
            }
        return "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E"
            + "%3Ccircle cx='4' cy='4' r='4' fill='\(colour)'/%3E%3C/svg%3E"
    }

    private var renderedTests: Markup {
        Markup(lines: ordered.prefix(renderedCount).enumerated().map { number, test in item(test, number: number) })
    }

    /// What a reader without JavaScript still gets: every other test that needs attention, and where the rest is.
    private var withoutScript: Markup {
        let others = ordered.dropFirst(renderedCount).filter(\.outcome.needsAttention).map { test -> Markup in
            "<li><b>\(test.outcome.words)</b> \(test.id.description): \(PlainText.line(test.reason ?? ""))</li>"
        }
        let list: Markup = others.isEmpty ? "" : "<ul>\(Markup(lines: others))</ul>"
        return """
            <noscript>\(list)<p class="empty">All tests: \(verdict.counts). The list of the others needs JavaScript; \
            junit-results.xml and test-results.json have all of them.</p></noscript>
            """
    }
}

/// How much of each attempt's output the page carries, so that it stays quick whatever the tests print.
struct OutputLimits {
    /// For attempts that passed or were skipped, in bytes.
    let calm: Int
    /// For all others, in bytes.
    let urgent: Int

    init(_ report: RunReport) {
        var calm = 0
        var urgent = 0
        for test in report.tests {
            for attempt in test.attempts {
                switch attempt.result.outcome {
                case .passed, .skipped: calm += 1
                case .failed, .timeout, .crashed, .flaky, .noInterface, .notRun: urgent += 1
                }
            }
        }
        self.calm = min(max(8 * 1_048_576 / max(calm, 1), 512), 16 * 1024)
        self.urgent = min(max(24 * 1_048_576 / max(urgent, 1), 2048), 64 * 1024)
    }

    func shorten(_ text: BoundedText, of outcome: Outcome) -> String {
        let limit = outcome == .passed || outcome == .skipped ? calm : urgent
        return PlainText.block(Excerpt.headAndTail(text.text, limit: limit))
    }
}

import FleetModel

extension HTMLReport {
    /// All tests in the order of the page, as JSON that is safe inside a `<script>`.
    ///
    /// A test that is markup already (`"rendered":true`) carries no output here.
    var embeddedData: String {
        var writer = JSONWriter(escapesMarkup: true)
        writer.object { writer in
            writer.field("started", report.run.started)
            writer.field("seconds", seconds: report.run.seconds)
            writer.key("hosts")
            writer.array(report.hosts) { $0.string(PlainText.line($1.name.name)) }
            writer.key("tests")
            writer.array(ordered.enumerated()) { writer, entry in
                writer.lineBreak()
                write(entry.element, isRendered: entry.offset < renderedCount, to: &writer)
            }
        }
        return writer.text
    }

    private func write(_ test: RunReport.Test, isRendered: Bool, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("id", test.id.description)
            writer.field("title", PlainText.line(test.title))
            writer.field("mode", test.mode?.rawValue)
            writer.field("outcome", test.outcome.rawValue)
            writer.field("cause", test.cause.rawValue)
            writer.field("host", PlainText.line(test.hostName ?? "no host"))
            writer.field("start", test.deciding?.start ?? "")
            writer.field("seconds", seconds: test.deciding?.result.seconds ?? 0)
            if let reason = test.reason { writer.field("reason", PlainText.block(reason)) }
            writer.field("rendered", isRendered)
            if !isRendered { writer.field("rerun", PlainText.line(test.rerun)) }
            if let explaining = test.explaining, let index = test.attempts.firstIndex(of: explaining) {
                writer.field("explaining", index)
            }
            writer.key("attempts")
            writer.array(test.attempts) { write($1, isRendered: isRendered, to: &$0) }
        }
    }

    private func write(_ attempt: RunReport.Attempt, isRendered: Bool, to writer: inout JSONWriter) {
        let result = attempt.result
        writer.object { writer in
            writer.field("host", PlainText.line(attempt.host.name))
            writer.field("lane", attempt.lane)
            writer.field("slot", attempt.slot)
            writer.field("outcome", result.outcome.rawValue)
            writer.field("cause", result.cause.rawValue)
            writer.field("start", attempt.start)
            writer.field("seconds", seconds: result.seconds)
            writer.field("counted", attempt.counted)
            guard !isRendered else { return }
            if let message = result.failure?.message ?? result.message {
                writer.field("message", PlainText.line(message))
            }
            writeEvidence(of: attempt, to: &writer)
        }
    }

    private func writeEvidence(of attempt: RunReport.Attempt, to writer: inout JSONWriter) {
        let result = attempt.result
        if let expected = result.failure?.expected { writer.field("expected", shortened(expected)) }
        if let actual = result.failure?.actual { writer.field("actual", shortened(actual)) }
        if let place = result.failure?.place { writer.field("place", PlainText.line(place)) }
        if !result.output.isEmpty { writer.field("output", limits.shorten(result.output, of: result.outcome)) }
        if !result.serviceLogs.isEmpty {
            writer.key("logs")
            writer.array(result.serviceLogs) { writer, log in
                writer.object { writer in
                    writer.field("service", PlainText.line(log.service))
                    writer.field("text", limits.shorten(log.text, of: result.outcome))
                }
            }
        }
        if !result.artifacts.isEmpty {
            writer.key("files")
            writer.array(result.artifacts) { writer, artifact in
                writer.object { writer in
                    writer.field("path", PlainText.line(artifact.path))
                    writer.field("size", Figures.size(artifact.size))
                    writer.field("link", link(attempt, artifact).map(HTMLReport.reference))
                }
            }
        }
    }

    private func shortened(_ value: String) -> String {
        PlainText.block(Excerpt.headAndTail(value, limit: limits.urgent))
    }
}

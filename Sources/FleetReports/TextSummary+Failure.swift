import FleetModel

extension TextSummary {
    /// How many lines of output stand under a failure.
    private static let outputLines = 30
    /// How many lines of each service's log stand under a failure.
    private static let logLines = 15
    /// How many bytes of an expected or actual value are shown.
    private static let valueLimit = 4096

    /// Everything that a person needs to understand one test that did not pass, and to run it again.
    func detailed(_ test: RunReport.Test) -> [String] {
        let title = PlainText.line(test.title)
        let word = paint.outcome(test.outcome, test.outcome.words.uppercased())
        var lines = ["\(word) \(paint.strong(test.id.description))\(title.isEmpty ? "" : " · \(title)")"]
        lines.append("  \(paint.dim(circumstances(of: test)))")
        if let reason = test.reason { lines += block(reason, indent: "  ") }
        if let result = test.explaining?.result { lines += evidence(result) }
        lines += furtherAttempts(of: test)
        lines.append("  run it again: \(PlainText.line(test.rerun))")
        return lines
    }

    private func circumstances(of test: RunReport.Test) -> String {
        guard let attempt = test.explaining else { return "never reached a host; blamed on: \(test.cause)" }
        let mode = test.mode.map { "\($0)" } ?? "no environment"
        return "\(mode), on \(PlainText.line(attempt.place)), \(Figures.duration(attempt.result.seconds)); "
            + "blamed on: \(test.cause)"
    }

    private func evidence(_ result: AttemptResult) -> [String] {
        var lines: [String] = []
        if let expected = result.failure?.expected { lines += value("expected: ", expected) }
        if let actual = result.failure?.actual { lines += value("actual:   ", actual) }
        if let place = result.failure?.place { lines.append("    at:       \(PlainText.line(place))") }
        lines += excerpt("output", result.output, count: Self.outputLines)
        for log in result.serviceLogs {
            lines += excerpt("log of \(PlainText.line(log.service)) meanwhile", log.text, count: Self.logLines)
        }
        if !result.artifacts.isEmpty {
            let files = result.artifacts.map { "\(PlainText.line($0.path)) (\(Figures.size($0.size)))" }
            lines.append("  files: \(files.joined(separator: ", "))")
        }
        return lines
    }

    private func value(_ label: String, _ value: String) -> [String] {
        let shown = Excerpt.headAndTail(PlainText.block(value), limit: Self.valueLimit)
        return shown.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map { number, line in
            "    \(number == 0 ? label : String(repeating: " ", count: label.count))\(line)"
        }
    }

    private func excerpt(_ name: String, _ text: BoundedText, count: Int) -> [String] {
        let (lines, before) = Excerpt.lastLines(PlainText.block(text.text), count: count)
        guard !lines.isEmpty else { return [] }
        let which = before == 0 ? "" : " (last \(lines.count) of \(before + lines.count) lines)"
        return ["  \(name)\(which):"] + lines.map { "    \(paint.dim("│")) \($0)" }
    }

    private func furtherAttempts(of test: RunReport.Test) -> [String] {
        guard test.attempts.count > 1 else { return [] }
        return ["  attempts:"]
            + test.attempts.enumerated().map { number, attempt in
                let message = attempt.result.failure?.message ?? attempt.result.message
                let note = attempt.counted ? "" : ", not counted (\(attempt.result.cause))"
                return "    \(number + 1). \(attempt.result.outcome.words) on \(PlainText.line(attempt.place))\(note)"
                    + (message.map { ": \(PlainText.line($0))" } ?? "")
            }
    }

    private func block(_ text: String, indent: String) -> [String] {
        Excerpt.headAndTail(PlainText.block(text), limit: Self.valueLimit)
            .split(separator: "\n", omittingEmptySubsequences: false).map { indent + $0 }
    }
}

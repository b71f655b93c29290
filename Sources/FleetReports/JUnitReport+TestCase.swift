import FleetModel

extension JUnitReport {
    /// How much output of a passed test is written; what did not pass is written whole.
    private static let passedOutputLimit = 8 * 1024

    static func write(_ test: RunReport.Test, to writer: inout XMLWriter) {
        let result = test.deciding?.result
        let attributes: [XMLWriter.Attribute] = [
            ("name", test.id.name), ("classname", test.id.suite), ("time", Figures.seconds(result?.seconds ?? 0)),
        ]
        writer.element("testcase", attributes) { writer in
            writeEnding(of: test, to: &writer)
            for (number, attempt) in test.attempts.enumerated() where number != test.decidingIndex {
                writeFurther(attempt, number: number, of: test, to: &writer)
            }
            writer.element("system-out", text: systemOut(of: test))
            let logs = serviceLogs(of: test.explaining?.result)
            if !logs.isEmpty { writer.element("system-err", text: logs) }
        }
    }

    private static func writeEnding(of test: RunReport.Test, to writer: inout XMLWriter) {
        let attributes: [XMLWriter.Attribute] = [
            ("type", type(test.outcome, test.cause)), ("message", test.reason ?? test.outcome.words),
        ]
        switch Ending(test.outcome, test.cause) {
        case .none: break
        case .skipped: writer.element("skipped", attributes)
        case .failure: writer.element("failure", attributes, text: explanation(of: test))
        case .error: writer.element("error", attributes, text: explanation(of: test))
        }
    }

    /// Writes an attempt that does not stand for the test, in the elements of Maven Surefire.
    ///
    /// Attempts that passed or were skipped (a fenced one, say) have no element there: `system-out` names them.
    private static func writeFurther(
        _ attempt: RunReport.Attempt, number: Int, of test: RunReport.Test, to writer: inout XMLWriter
    ) {
        let result = attempt.result
        let ending = Ending(result.outcome, result.cause)
        guard ending == .failure || ending == .error else { return }
        let message = result.failure?.message ?? result.message ?? result.outcome.words
        let attributes: [XMLWriter.Attribute] = [
            ("type", type(result.outcome, result.cause)),
            ("message", attempt.counted ? message : "not counted: \(message)"),
        ]
        let passedInTheEnd = Ending(test.outcome, test.cause) == .none || test.outcome == .skipped
        let name: StaticString =
            switch (passedInTheEnd, ending == .failure) {
            case (true, true): "flakyFailure"
            case (true, false): "flakyError"
            case (false, true): "rerunFailure"
            case (false, false): "rerunError"
            }
        writer.element(name, attributes) { writer in
            let lines = ["attempt \(number + 1) on \(attempt.place)"] + facts(of: result)
            writer.element("stackTrace", text: lines.joined(separator: "\n"))
            if !result.output.isEmpty { writer.element("system-out", text: result.output.text) }
            let logs = serviceLogs(of: result)
            if !logs.isEmpty { writer.element("system-err", text: logs) }
        }
    }

    /// The blame where it is not the test's, else the outcome.
    private static func type(_ outcome: Outcome, _ cause: Cause) -> String {
        cause == .test ? outcome.rawValue : "\(cause): \(outcome)"
    }

    private static func explanation(of test: RunReport.Test) -> String {
        var lines = [test.reason ?? test.outcome.words]
        if let result = test.deciding?.result { lines += facts(of: result) }
        lines.append("run it again: \(test.rerun)")
        return lines.joined(separator: "\n")
    }

    private static func facts(of result: AttemptResult) -> [String] {
        var lines: [String] = []
        if let expected = result.failure?.expected { lines.append("expected: \(expected)") }
        if let actual = result.failure?.actual { lines.append("actual: \(actual)") }
        if let place = result.failure?.place { lines.append("at: \(place)") }
        return lines
    }

    /// The slot on the first line, then all attempts when there were several, then the output.
    private static func systemOut(of test: RunReport.Test) -> String {
        guard let attempt = test.deciding else { return "slot none: the test never reached a host\n" }
        var text = "slot \(attempt.slot), lane \(attempt.lane), host \(attempt.host), epoch \(attempt.epoch)\n"
        if test.attempts.count > 1 {
            for (number, attempt) in test.attempts.enumerated() {
                text += "attempt \(number + 1): \(attempt.result.outcome) on \(attempt.place)"
                text += attempt.counted ? "\n" : ", not counted (\(attempt.result.cause))\n"
            }
        }
        for leak in attempt.result.leaks ?? [] { text += "left behind: \(leak)\n" }
        let output = attempt.result.output.text
        return text + (test.outcome == .passed ? Excerpt.headAndTail(output, limit: passedOutputLimit) : output)
    }

    private static func serviceLogs(of result: AttemptResult?) -> String {
        (result?.serviceLogs ?? []).map { "== \($0.service) ==\n\($0.text.text)\n" }.joined()
    }
}

extension Failure {
    /// The source line, such as `Sources/FleetSuites/Modes/Solo.swift:120`; nil when it is unknown.
    var place: String? {
        file.map { file in line.map { "\(file):\($0)" } ?? file }
    }
}

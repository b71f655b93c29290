import FleetModel

extension HTMLReport {
    /// One test as an open row; `number` is its place in ``ordered``. The script builds the same from JSON.
    func item(_ test: RunReport.Test, number: Int) -> Markup {
        """
        <details class="test \(test.outcome.rawValue)" id="t\(number)" open>
        <summary><span class="outcome">\(test.outcome.words)</span>\
        <span class="name"><span class="suite">\(test.id.suite)/</span><b>\(test.id.name)</b>\
        <span class="title">\(PlainText.line(test.title))</span></span>\
        <span class="where">\(whereabouts(test))</span>\
        <span class="time">\(test.deciding.map { Figures.duration($0.result.seconds) } ?? "")</span></summary>
        <div class="body">\(body(test))</div>
        </details>
        """
    }

    /// Host and mode, and how many attempts there were when it was more than one.
    func whereabouts(_ test: RunReport.Test) -> String {
        var parts = [PlainText.line(test.hostName ?? "no host")]
        if let mode = test.mode { parts.append("\(mode)") }
        if test.attempts.count > 1 { parts.append("\(test.attempts.count) attempts") }
        return parts.joined(separator: " · ")
    }

    private func body(_ test: RunReport.Test) -> Markup {
        var parts: [Markup] = []
        if let reason = test.reason { parts.append("<p class=\"reason\">\(reason)</p>") }
        if test.cause != .test { parts.append("<p class=\"blame\">Blamed on: <b>\(test.cause.rawValue)</b></p>") }
        if let attempt = test.explaining { parts.append(evidence(attempt)) }
        if test.attempts.count > 1 {
            parts.append("<h4>Attempts</h4>")
            parts += test.attempts.enumerated().map { number, attempt in
                self.attempt(attempt, number: number, isShown: attempt == test.explaining)
            }
        }
        parts.append(
            """
            <h4>Run it again</h4><div class="command"><code>\(PlainText.line(test.rerun))</code>\
            <button class="copy">copy</button></div>
            """)
        return Markup(lines: parts)
    }

    private func evidence(_ attempt: RunReport.Attempt) -> Markup {
        let result = attempt.result
        var parts: [Markup] = []
        if result.failure?.expected != nil || result.failure?.actual != nil {
            parts.append("<div class=\"compare\">")
            if let expected = result.failure?.expected { parts.append(value("expected", expected)) }
            if let actual = result.failure?.actual { parts.append(value("actual", actual)) }
            parts.append("</div>")
        }
        if let place = result.failure?.place { parts.append("<p class=\"place\">at <code>\(place)</code></p>") }
        if !result.output.isEmpty {
            parts.append("<h4>Output</h4><pre>\(limits.shorten(result.output, of: result.outcome))</pre>")
        }
        for log in result.serviceLogs {
            let text = limits.shorten(log.text, of: result.outcome)
            parts.append("<h4>Log of \(PlainText.line(log.service)) meanwhile</h4><pre>\(text)</pre>")
        }
        if let leaks = result.leaks, !leaks.isEmpty {
            let items = leaks.map { leak -> Markup in "<li>\(PlainText.line(leak))</li>" }
            parts.append("<h4>Left behind</h4><ul class=\"files\">\(Markup(lines: items))</ul>")
        }
        if !result.artifacts.isEmpty {
            let files = result.artifacts.map { file(attempt, $0) }
            parts.append("<h4>Files</h4><ul class=\"files\">\(Markup(lines: files))</ul>")
        }
        return Markup(lines: parts)
    }

    private func value(_ name: String, _ value: String) -> Markup {
        let shown = Excerpt.headAndTail(value, limit: limits.urgent)
        return "<div class=\"\(name)\"><h4>\(name)</h4><pre>\(shown)</pre></div>"
    }

    private func file(_ attempt: RunReport.Attempt, _ artifact: Artifact) -> Markup {
        let path = PlainText.line(artifact.path)
        let size = Figures.size(artifact.size)
        guard let target = link(attempt, artifact).map(HTMLReport.reference) else {
            return "<li>\(path) <small>\(size), not here</small></li>"
        }
        return "<li><a href=\"\(target)\">\(path)</a> <small>\(size)</small></li>"
    }

    private func attempt(_ attempt: RunReport.Attempt, number: Int, isShown: Bool) -> Markup {
        let result = attempt.result
        let note = attempt.counted ? "" : ", not counted (\(result.cause))"
        let message = result.failure?.message ?? result.message ?? ""
        let heading: Markup = """
            <span class="outcome">\(result.outcome.words)</span> \(number + 1). on \(PlainText.line(attempt.place)), \
            \(Figures.duration(result.seconds))\(note)\(message.isEmpty ? "" : ": \(PlainText.line(message))")
            """
        let inner = isShown ? .nothing : evidence(attempt)
        guard !inner.source.isEmpty else { return "<p class=\"attempt \(result.outcome.rawValue)\">\(heading)</p>" }
        return """
            <details class="attempt \(result.outcome.rawValue)"><summary>\(heading)</summary>\(inner)</details>
            """
    }

    /// A path as a URL reference that cannot be taken for another scheme: everything unusual is percent-encoded.
    ///
    /// A path that begins with `file:///` stays what it is; other absolute ones become the same.
    static func reference(_ path: String) -> String {
        if path.hasPrefix("file:///") { return "file://" + encoded(path.dropFirst(7)) }
        return path.hasPrefix("/") ? "file://" + encoded(path[...]) : encoded(path[...])
    }

    private static func encoded(_ path: Substring) -> String {
        var result = ""
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "-"),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }
}

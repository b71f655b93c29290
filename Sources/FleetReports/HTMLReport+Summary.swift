import FleetModel

extension HTMLReport {
    /// What one sees first: the verdict, what was tested, the shares of the outcomes.
    var header: Markup {
        let symbol =
            switch verdict.kind {
            case .passed: "✓"
            case .failed: "✗"
            case .incomplete: "!"
            case .interrupted: "■"
            }
        return """
            <header class="card">
            <div class="verdict"><span class="symbol" aria-hidden="true">\(symbol)</span>
            <div><h1>\(verdict.headline)</h1><p class="subject">Tested \(verdict.subject)</p></div></div>
            \(bar)
            <p class="facts"><span>run <b>\(report.run.id.rawValue)</b></span><span>began <b>\(started)</b></span>\
            <span>took <b>\(Figures.duration(report.run.seconds))</b></span>\
            <span>exit status <b>\(report.run.exit)</b></span>\
            <span>\(report.run.complete ? "complete" : "not complete")</span></p>
            </header>
            """
    }

    private var started: String {
        PlainText.line(report.run.started).replacing("T", with: " ", maxReplacements: 1)
            .replacing("Z", with: " UTC", maxReplacements: 1)
    }

    private var presentOutcomes: [(outcome: Outcome, count: Int)] {
        Outcome.byUrgency.map { ($0, report.count($0)) }.filter { $0.1 > 0 }
    }

    private var bar: Markup {
        let segments = presentOutcomes.map { outcome, count -> Markup in
            """
            <i class="\(outcome.rawValue)" style="flex-grow:\(count)" title="\(count) \(outcome.words)"></i>
            """
        }
        return "<div class=\"bar\" role=\"img\" aria-label=\"\(verdict.counts)\">\(Markup(lines: segments))</div>"
    }

    /// Search, filters and order; each outcome is a button with its count.
    var toolbar: Markup {
        let chips = presentOutcomes.map { outcome, count -> Markup in
            """
            <button class="chip \(outcome.rawValue)" data-outcome="\(outcome.rawValue)" aria-pressed="false">\
            <b>\(count)</b> \(outcome.words)</button>
            """
        }
        return """
            <div class="toolbar card"><div class="chips">\(Markup(lines: chips))</div>
            <div class="controls scripted">
            <input id="search" type="search" placeholder="Search name, title, host, message   ( / )" \
            aria-label="Search" autocomplete="off" spellcheck="false">
            <select id="host" aria-label="Host"></select>
            <select id="mode" aria-label="Mode"></select>
            <select id="order" aria-label="Order"><option value="urgent">red first</option>\
            <option value="slow">slowest first</option><option value="name">by name</option>\
            <option value="start">by start</option></select>
            </div><p id="shown" class="scripted" aria-live="polite"></p></div>
            """
    }

    /// The tests that need attention, a line each, when there are too many to see at once further down.
    var overview: Markup {
        let urgent = ordered.prefix { $0.outcome.needsAttention }
        guard urgent.count > 1 else { return .nothing }
        let items = urgent.prefix(Self.renderedFailures).enumerated().map { number, test -> Markup in
            """
            <li class="\(test.outcome.rawValue)"><a href="#t\(number)" data-index="\(number)">\
            <span class="outcome">\(test.outcome.words)</span><span class="suite">\(test.id.suite)/</span>\
            <b>\(test.id.name)</b></a> <span class="why">\(firstLine(test.reason))</span></li>
            """
        }
        let rest = urgent.count - items.count
        let more: Markup = rest == 0 ? "" : "<p class=\"empty\">and \(rest) more, further down</p>"
        return """
            <nav class="card overview" aria-label="Tests that need attention"><ul>\(Markup(lines: items))</ul>\(more)</nav>
            """
    }

    private func firstLine(_ text: String?) -> String {
        let line = (text ?? "").split(separator: "\n").first.map(String.init) ?? ""
        return String(PlainText.line(line).prefix(200))
    }

    /// What happened to hosts: the lost ones first, each note as a sentence.
    var notices: Markup {
        let troubled = report.hosts.filter { $0.lost || !$0.notes.isEmpty }
        guard !troubled.isEmpty else { return .nothing }
        let items = (troubled.filter(\.lost) + troubled.filter { !$0.lost }).map { host -> Markup in
            let notes = host.notes.isEmpty ? ["No more is known."] : host.notes
            let sentences = notes.map { note -> Markup in "<li>\(PlainText.line(note))</li>" }
            return """
                <li class="\(host.lost ? "lost" : "noted")"><b>\(PlainText.line(host.name.name))</b>\
                \(lostTag(host))<ul>\(Markup(lines: sentences))</ul></li>
                """
        }
        let lost = troubled.count { $0.lost }
        let title = lost == 0 ? "What happened to hosts" : "\(Figures.count(lost, "host")) lost"
        return """
            <section class="card notices\(lost == 0 ? "" : " lost")"><h2>\(title)</h2><ul>\(Markup(lines: items))</ul></section>
            """
    }

    /// The hosts, each with its services, their backings and versions.
    var hosts: Markup {
        guard !report.hosts.isEmpty else { return .nothing }
        return """
            <aside><details id="hosts" open><summary><h2>\(Figures.count(report.hosts.count, "host"))</h2></summary>
            \(Markup(lines: report.hosts.map(card)))
            </details></aside>
            """
    }

    private func lostTag(_ host: RunReport.Host) -> Markup { host.lost ? " <span class=\"tag\">lost</span>" : "" }

    private func card(_ host: RunReport.Host) -> Markup {
        let tests = report.tests.filter { $0.deciding?.host == host.name && $0.outcome != .notRun }
        let red = tests.count { $0.outcome.isRed }
        let services = host.services.map { service -> Markup in
            """
            <tr><th>\(PlainText.line(service.name))</th><td>\(PlainText.line(service.version))</td>\
            <td><span class="backing \(service.backing.rawValue)">\(service.backing.rawValue)</span></td></tr>
            """
        }
        let table: Markup =
            services.isEmpty
            ? "<p class=\"empty\">No environment came up here.</p>" : "<table>\(Markup(lines: services))</table>"
        let redWords: Markup = red == 0 ? "" : ", <b class=\"red\">\(red) red</b>"
        return """
            <div class="card host\(host.lost ? " lost" : "")"><h3>\(PlainText.line(host.name.name))\
            \(lostTag(host))</h3>
            <p>\(Figures.count(host.slots, "slot")), \(Figures.count(tests.count, "test"))\(redWords)</p>
            \(table)</div>
            """
    }
}

import FleetModel
import Foundation
import Testing

@testable import FleetReports

@Suite struct HTMLReportTests {
    private func data(_ page: String) throws -> [String: Any] {
        let open = "<script id=\"data\" type=\"application/json\">"
        let begin = try #require(page.range(of: open))
        let end = try #require(page[begin.upperBound...].range(of: "</script>"))
        let value = try JSONSerialization.jsonObject(with: Data(page[begin.upperBound..<end.lowerBound].utf8))
        return try #require(value as? [String: Any])
    }

    @Test func theFirstScreenSaysItAll() throws {
        let page = HTMLReport(try Samples.mixed()).render()
        #expect(page.contains("<h1>3 of 10 tests failed, 2 not run</h1>"))
        #expect(page.contains("Tested reference platform 0.1, built in, on 4 hosts, 1 of them lost"))
        #expect(page.contains("<td>knot 3.2.6</td>") && page.contains("<span class=\"backing native\">native</span>"))
        #expect(page.contains("Its agent stopped answering 4.1 s into the run."))
        #expect(page.contains("<b>lab-3</b> <span class=\"tag\">lost</span>"))
        #expect(page.contains("<a href=\"#t1\" data-index=\"1\"><span class=\"outcome\">crashed</span>"))
        #expect(page.contains("<title>3 of 10 tests failed"))
    }

    @Test func redTestsAreReadableWithoutScript() throws {
        let page = HTMLReport(try Samples.mixed()).render()
        let markup = page[..<(try #require(page.range(of: "<script")).lowerBound)]
        for part in [
            "<b>server-deployment</b>", "<pre>web-01.provisioning.local. A 127.64.0.12</pre>",
            "ServerDeployment.swift:87",
            "creating server web-01", "update processed", "81234 bytes cut", "<b>never-started</b>",
            "--filter &#39;^modes/solo/server-deployment$&#39;", "Interface not found at /api/v1/workspaces",
        ] {
            #expect(markup.contains(part), "no “\(part)” in the markup")
        }
        let first = try #require(markup.range(of: "<details class=\"test "))
        #expect(markup[first.upperBound...].hasPrefix("failed\" id=\"t0\" open>"))
    }

    @Test func nothingIsLoadedFromAnywhere() throws {
        let page = HTMLReport(try Samples.mixed()).render()
        #expect(page.contains("default-src 'none'"))
        for word in ["src=", "@import", "url(", "<link rel=\"stylesheet\"", "fetch(", "XMLHttpRequest", "https:"] {
            #expect(!page.contains(word), "\(word) may load something")
        }
    }

    @Test func hostileTextStaysText() throws {
        let page = HTMLReport(try Samples.nasty()) { _, artifact in artifact.path }.render()
        #expect(page.components(separatedBy: "<script").count == 3)
        #expect(page.components(separatedBy: "</script>").count == 3)
        #expect(!page.contains("<img") && !page.contains("href=\"javascript:"))
        #expect(!page.unicodeScalars.contains { $0.value == 0x1B || $0.value == 0 || $0.value == 0x202E })
        let tests = try #require(try data(page)["tests"] as? [[String: Any]])
        #expect(tests.count == 3)
        #expect((tests[1]["title"] as? String)?.hasPrefix("</script><script>window.broken=1</script>") == true)
    }

    @Test func theDataHoldsEveryTestInTheOrderOfThePage() throws {
        let report = try Samples.mixed()
        let tests = try #require(try data(HTMLReport(report).render())["tests"] as? [[String: Any]])
        #expect(Set(tests.compactMap { $0["id"] as? String }) == Set(report.tests.map { $0.id.description }))
        #expect(tests.compactMap { $0["outcome"] as? String }.first == "failed")
        #expect(tests.compactMap { $0["outcome"] as? String }.last == "passed")
        #expect(tests.count { $0["rendered"] as? Bool == true } == 5)
    }

    @Test func manyFailuresKeepThePageBounded() throws {
        let report = try Samples.big(400, redEvery: 20)
        var all = report
        for index in all.tests.indices {
            all.tests[index].outcome = .failed
            all.tests[index].attempts[0].result.outcome = .failed
            all.tests[index].attempts[0].result.output = BoundedText(
                head: String(repeating: "0123456789abcde\n", count: 16_384))
        }
        let page = HTMLReport(all).render()
        #expect(page.utf8.count < 30 * 1_048_576)
        #expect(page.components(separatedBy: "<details class=\"test ").count == HTMLReport.renderedFailures + 1)
        #expect(page.contains("bytes left out here"))
        #expect(page.contains("<noscript><ul><li><b>failed</b>"))
    }

    @Test(.enabled(if: Tools.has("chromium"), "chromium is not installed"))
    func theScriptBuildsTheListInABrowser() throws {
        let page = try Tools.renderedPage(HTMLReport(try Samples.mixed()).render())
        #expect(page.contains("<html lang=\"en\" class=\"js\">"))
        #expect(page.components(separatedBy: "<details class=\"test ").count == 11)
        #expect(page.contains("All 10 tests"))
        #expect(page.contains("When each of 7 slots ran its 13 attempts"))
        #expect(page.contains("web-01.provisioning.local. A 127.64.0.<mark>12</mark>"))
    }

    @Test(.enabled(if: Tools.has("chromium"), "chromium is not installed"))
    func hostileTextDoesNothingInABrowser() throws {
        let probe = "<script>document.title += window.broken ? ' broken' : ' whole'</script></body>"
        let page = HTMLReport(try Samples.nasty()).render().replacing("</body>", with: probe)
        let seen = try Tools.renderedPage(page)
        let title = try #require(seen.range(of: "<title>"))
        let end = try #require(seen.range(of: "</title>"))
        #expect(seen[title.upperBound..<end.lowerBound].hasSuffix(" whole"))
        #expect(seen.contains("All 3 tests"))
    }

    @Test(.enabled(if: Tools.has("chromium"), "chromium is not installed"))
    func tenThousandResultsBecomeRowsOnDemand() throws {
        let page = try Tools.renderedPage(HTMLReport(try Samples.big(10_000)).render())
        #expect(page.contains("All 10000 tests"))
        let rows = page.components(separatedBy: "<details class=\"test ").count - 1
        #expect(rows >= 100 && rows < 1000)
    }

    /// Writes the samples for looking at them: `FLEET_REPORT_SAMPLES=DIRECTORY swift test --filter writesSamples`.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["FLEET_REPORT_SAMPLES"] != nil, "only when asked for"))
    func writesSamples() throws {
        let directory = URL(fileURLWithPath: ProcessInfo.processInfo.environment["FLEET_REPORT_SAMPLES"] ?? ".")
        let samples = [
            ("mixed", try Samples.mixed()), ("green", try Samples.green()), ("nasty", try Samples.nasty()),
            ("big", try Samples.big(10_000)),
        ]
        for (name, report) in samples {
            let files = [
                ("html", HTMLReport(report) { _, artifact in "artifacts/\(artifact.path)" }.render()),
                ("xml", JUnitReport.render(report)), ("json", JSONReport.render(report)),
                ("txt", TextSummary(report).render()),
            ]
            for (type, text) in files {
                try Data(text.utf8).write(to: directory.appendingPathComponent("\(name).\(type)"))
            }
        }
    }
}

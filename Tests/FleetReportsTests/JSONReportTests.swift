import FleetModel
import FleetReports
import Foundation
import Testing

@Suite struct JSONReportTests {
    private func decoded(_ report: RunReport) throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(JSONReport.render(report).utf8))
        return try Samples.required(value as? [String: Any], "an object")
    }

    @Test func everySampleObeysTheSchema() throws {
        let samples = [
            try Samples.mixed(), try Samples.green(), try Samples.nasty(), try Samples.big(200),
            RunReport(run: try Samples.run(exit: 2), hosts: [], tests: []),
        ]
        for sample in samples { #expect(try Tools.schemaErrors(JSONReport.render(sample)) == "") }
    }

    @Test(arguments: [
        ("\"schema\":1", "\"schema\":2"), ("\"outcome\":\"passed\"", "\"outcome\":\"green\""),
        ("\"counted\":true", "\"counted\":\"yes\""), ("\"backing\":\"native\"", "\"backing\":\"apt\""),
        ("\"started\":", "\"begun\":"), ("\"mode\":\"solo\"", "\"mode\":\"solitary\""),
        ("\"cause\":\"test\"", "\"cause\":null"), ("\"cutBytes\":0", "\"cutBytes\":-1"),
    ])
    func theSchemaCheckCanFail(original: String, broken: String) throws {
        let document = JSONReport.render(try Samples.mixed())
        #expect(document.contains(original))
        #expect(try Tools.schemaErrors(document.replacing(original, with: broken)) != "")
    }

    @Test func theKeysAreThoseOfTheDesign() throws {
        let document = try decoded(try Samples.mixed())
        #expect(Set(document.keys) == ["schema", "run", "hosts", "tests"])
        let run = try #require(document["run"] as? [String: Any])
        #expect(Set(run.keys) == ["id", "exit", "complete", "started", "seconds", "tested"])
        let host = try #require((document["hosts"] as? [[String: Any]])?.first)
        #expect(Set(host.keys) == ["name", "slots", "lost", "services", "notes"])
        let service = try #require((host["services"] as? [[String: Any]])?.first)
        #expect(Set(service.keys).isSuperset(of: ["name", "backing", "version"]))
        let test = try #require((document["tests"] as? [[String: Any]])?.first)
        #expect(Set(test.keys) == ["id", "title", "suite", "mode", "outcome", "cause", "attempts", "rerun"])
        let attempt = try #require((test["attempts"] as? [[String: Any]])?.first)
        let fixed = ["host", "lane", "slot", "epoch", "outcome", "cause", "start", "seconds", "message", "counted"]
        #expect(Set(attempt.keys) == Set(fixed + ["failure", "output", "artifacts", "serviceLogs", "leaks"]))
    }

    @Test func valuesSurvive() throws {
        let report = try Samples.mixed()
        let document = try decoded(report)
        let tests = try #require(document["tests"] as? [[String: Any]])
        #expect(tests.compactMap { $0["id"] as? String } == report.tests.map { $0.id.description })
        #expect(tests.compactMap { $0["outcome"] as? String } == report.tests.map { $0.outcome.rawValue })
        #expect(tests[9]["mode"] is NSNull)
        #expect((document["run"] as? [String: Any])?["seconds"] as? Double == 43.217)
        let attempt = try #require((tests[4]["attempts"] as? [[String: Any]])?.first)
        #expect((attempt["failure"] as? [String: Any])?["line"] as? Int == 87)
        #expect((attempt["artifacts"] as? [[String: Any]])?.first?["path"] as? String == "out/dig answer.txt")
        #expect(attempt["seconds"] as? Double == 3.21)
    }

    @Test func hostileTextIsKeptExactlyAndPrintsHarmlessly() throws {
        let report = try Samples.nasty()
        let text = JSONReport.render(report)
        #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) })
        let tests = try #require(try decoded(report)["tests"] as? [[String: Any]])
        #expect((tests[0]["title"] as? String)?.unicodeScalars.elementsEqual(Samples.hostile.unicodeScalars) == true)
        let attempts = try #require(tests[0]["attempts"] as? [[String: Any]])
        #expect(attempts.compactMap { $0["seconds"] as? Double } == [0, 0])
    }

    @Test func oneLineForEachTest() throws {
        let lines = JSONReport.render(try Samples.mixed()).split(separator: "\n")
        #expect(lines.count { $0.hasPrefix("{\"id\":") } == 10)
    }
}

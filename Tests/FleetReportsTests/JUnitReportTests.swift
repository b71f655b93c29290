import FleetModel
import FleetReports
import Testing

@Suite struct JUnitReportTests {
    @Test func everySampleObeysJenkinsSchema() throws {
        let samples = [
            try Samples.mixed(), try Samples.green(), try Samples.nasty(), try Samples.big(500),
            RunReport(run: try Samples.run(exit: 2), hosts: [], tests: []),
        ]
        for sample in samples { #expect(try Tools.junitErrors(JUnitReport.render(sample)) == "") }
    }

    @Test func theSchemaCheckCanFail() throws {
        let broken = JUnitReport.render(try Samples.green()).replacing("classname=", with: "class-name=")
        #expect(try Tools.junitErrors(broken).contains("class-name"))
    }

    @Test func oneSuiteForEachSuiteHostAndMode() throws {
        let xml = JUnitReport.render(try Samples.mixed())
        #expect(try Tools.xpath("count(//testsuite)", in: xml) == "5")
        #expect(try Tools.xpath("count(//testcase)", in: xml) == "10")
        let suite = "//testsuite[@name='modes/solo [solo, lab-1]']"
        #expect(try Tools.xpath("string(\(suite)/@tests)", in: xml) == "3")
        #expect(try Tools.xpath("string(\(suite)/@errors)", in: xml) == "1")
        #expect(try Tools.xpath("string(\(suite)/@hostname)", in: xml) == "lab-1")
        for (name, value) in [
            ("host", "lab-1"), ("mode", "solo"), ("tested", "reference platform 0.1, built in"),
            ("dns.backing", "native"), ("dns.version", "knot 3.2.6"), ("orchestrator.backing", "builtin"),
            ("orchestrator.version", "reference platform 0.1"), ("registry.version", "docker-registry 2.8.2"),
        ] {
            #expect(try Tools.xpath("string(\(suite)/properties/property[@name='\(name)']/@value)", in: xml) == value)
        }
    }

    @Test func totalsAreThoseOfTheTests() throws {
        let xml = JUnitReport.render(try Samples.mixed())
        #expect(try Tools.xpath("string(/testsuites/@tests)", in: xml) == "10")
        #expect(try Tools.xpath("string(/testsuites/@failures)", in: xml) == "1")
        #expect(try Tools.xpath("string(/testsuites/@errors)", in: xml) == "4")
        #expect(try Tools.xpath("count(//failure)", in: xml) == "1")
        #expect(try Tools.xpath("count(//error)", in: xml) == "4")
        #expect(try Tools.xpath("count(//skipped)", in: xml) == "1")
        #expect(try Tools.xpath("sum(//testsuite/@skipped)", in: xml) == "1")
    }

    @Test func whatWasNotRunIsAnError() throws {
        let xml = JUnitReport.render(try Samples.mixed())
        let test = "//testcase[@name='never-started']"
        #expect(try Tools.xpath("string(\(test)/@classname)", in: xml) == "smoke")
        #expect(try Tools.xpath("string(\(test)/error/@type)", in: xml) == "host: not-run")
        #expect(try Tools.xpath("string(\(test)/error/@message)", in: xml) == "It was never started.")
        #expect(
            try Tools.xpath("string(//testcase[@name='workspace-creation']/error/@type)", in: xml) == "no-interface")
    }

    @Test func theSlotIsTheFirstLineOfTheOutput() throws {
        let xml = JUnitReport.render(try Samples.mixed())
        let output = try Tools.xpath("string(//testcase[@name='extension-loading']/system-out)", in: xml)
        let lines = output.split(separator: "\n")
        #expect(lines.first == "slot 1, lane 0, host lab-2, epoch 1")
        #expect(lines.dropFirst().first == "attempt 1: not-run on lab-3, lane 0, slot 0, not counted (host)")
        #expect(output.contains("3 services answer"))
    }

    @Test func furtherAttemptsAreNamedAsSurefireDoes() throws {
        let xml = JUnitReport.render(try Samples.mixed())
        #expect(
            try Tools.xpath("string(//testcase[@name='server-deployment']/rerunFailure/@type)", in: xml) == "failed")
        #expect(try Tools.xpath("count(//testcase[@name='server-deployment']/failure)", in: xml) == "1")
        let flaky = "//testcase[@name='single-user-operations']"
        #expect(try Tools.xpath("string(\(flaky)/flakyFailure/@type)", in: xml) == "failed")
        #expect(try Tools.xpath("count(\(flaky)/failure)", in: xml) == "0")
        let lost = "//testcase[@name='extension-loading']/flakyError"
        #expect(try Tools.xpath("string(\(lost)/@type)", in: xml) == "host: not-run")
        #expect(
            try Tools.xpath("string(\(lost)/@message)", in: xml) == "not counted: lab-3 was lost while the test ran")
    }

    @Test func aFailureExplainsItself() throws {
        let xml = JUnitReport.render(try Samples.mixed())
        let text = try Tools.xpath("string(//testcase[@name='server-deployment']/failure)", in: xml)
        #expect(text.contains("expected: web-01.provisioning.local. A 127.64.0.12"))
        #expect(text.contains("actual: web-01.provisioning.local. A 127.64.0.21"))
        #expect(text.contains("at: Sources/FleetSuites/Modes/Solo/ServerDeployment.swift:87"))
        #expect(text.contains("run it again: coordinator run --agents hosts.txt --filter"))
        let logs = try Tools.xpath("string(//testcase[@name='server-deployment']/system-err)", in: xml)
        #expect(logs.contains("== dns ==") && logs.contains("update processed"))
    }

    @Test func hostileTextStaysText() throws {
        let xml = JUnitReport.render(try Samples.nasty())
        #expect(!xml.unicodeScalars.contains { $0.value == 0x1B || $0.value == 0 || (0x7F...0x9F).contains($0.value) })
        #expect(try Tools.xpath("count(//script)", in: xml) == "0")
        let output = try Tools.xpath("string(//testcase[@name='red']/system-out)", in: xml)
        #expect(output.contains("</script><script>window.broken=1</script>") && output.contains("red ␛]0;title␇"))
    }
}

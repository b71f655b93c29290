public import FleetModel

/// A finished run as JUnit XML that obeys Jenkins' `junit-10.xsd`.
///
/// One `testsuite` for each suite, host and mode carries the properties; what was not run is an `error`, so that no
/// reader shows it as green.
public enum JUnitReport {
    /// Renders a run.
    public static func render(_ report: RunReport) -> String {
        let suites = Suite.all(of: report)
        var writer = XMLWriter()
        writer.element(
            "testsuites",
            [
                ("name", "\(report.run.id): \(report.run.tested)"), ("time", Figures.seconds(report.run.seconds)),
                ("tests", "\(report.tests.count)"), ("failures", "\(suites.map(\.failures).reduce(0, +))"),
                ("errors", "\(suites.map(\.errors).reduce(0, +))"),
            ]
        ) { writer in
            for (number, suite) in suites.enumerated() {
                write(suite, number: number, report: report, to: &writer)
            }
        }
        return writer.text
    }

    /// The tests of one suite that ended on one host in one mode.
    struct Suite {
        /// What they have in common; the host is empty for tests that never reached one.
        struct Key: Hashable {
            let suite: String
            let mode: Mode?
            let host: String
        }

        let key: Key
        var tests: [RunReport.Test]

        /// The suites of a run in the order in which their first tests appear.
        static func all(of report: RunReport) -> [Suite] {
            var suites: [Suite] = []
            var places: [Key: Int] = [:]
            for test in report.tests {
                let key = Key(suite: test.id.suite, mode: test.mode, host: test.hostName ?? "")
                if let place = places[key] {
                    suites[place].tests.append(test)
                } else {
                    places[key] = suites.count
                    suites.append(Suite(key: key, tests: [test]))
                }
            }
            return suites
        }

        var failures: Int { tests.count { Ending($0.outcome, $0.cause) == .failure } }
        var errors: Int { tests.count { Ending($0.outcome, $0.cause) == .error } }
        var skipped: Int { tests.count { $0.outcome == .skipped } }
        var seconds: Double { tests.compactMap { $0.deciding?.result.seconds }.filter(\.isFinite).reduce(0, +) }
        /// The first start among the deciding attempts; RFC 3339 in UTC sorts as text.
        var started: String? { tests.compactMap { $0.deciding?.start }.filter { !$0.isEmpty }.min() }

        var name: String {
            let mode = key.mode.map { "\($0)" } ?? "no environment"
            return "\(key.suite) [\(mode), \(key.host.isEmpty ? "no host" : key.host)]"
        }
    }

    /// Which element an outcome becomes.
    enum Ending {
        case none, skipped, failure, error

        /// An assertion of the test is a `failure`; all else that is not green is an `error`.
        init(_ outcome: Outcome, _ cause: Cause) {
            switch outcome {
            case .passed, .flaky: self = .none
            case .skipped: self = .skipped
            case .failed: self = cause == .test ? .failure : .error
            case .timeout, .crashed, .noInterface, .notRun: self = .error
            }
        }
    }

    private static func write(_ suite: Suite, number: Int, report: RunReport, to writer: inout XMLWriter) {
        var attributes: [XMLWriter.Attribute] = [
            ("name", suite.name), ("tests", "\(suite.tests.count)"), ("failures", "\(suite.failures)"),
            ("errors", "\(suite.errors)"), ("time", Figures.seconds(suite.seconds)), ("skipped", "\(suite.skipped)"),
        ]
        if let started = suite.started { attributes.append(("timestamp", started)) }
        attributes.append(("hostname", suite.key.host))
        attributes.append(("id", "\(number)"))
        writer.element("testsuite", attributes) { writer in
            writer.element("properties") { writer in
                for (name, value) in properties(of: suite, report: report) {
                    writer.element("property", [("name", name), ("value", value)])
                }
            }
            for test in suite.tests { write(test, to: &writer) }
        }
    }

    private static func properties(of suite: Suite, report: RunReport) -> [(String, String)] {
        let key = suite.key
        var result = [
            ("run", report.run.id.rawValue), ("tested", report.run.tested),
            ("host", key.host.isEmpty ? "none" : key.host), ("mode", key.mode?.rawValue ?? "none"),
        ]
        guard let host = report.hosts.first(where: { $0.name.name == key.host }) else { return result }
        if host.lost { result.append(("host.lost", "true")) }
        for service in host.services {
            result.append(("\(service.name).backing", service.backing.rawValue))
            result.append(("\(service.name).version", service.version))
        }
        return result
    }
}

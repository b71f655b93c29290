public import FleetModel

/// Commands to the runner of GitHub Actions, each a line of the log.
///
/// Source: the documentation of GitHub Actions, “Workflow commands”.
enum GitHubCommand {
    /// How many annotations of a kind one step may make; GitHub drops what comes after.
    static let limit = 10

    /// A message as the data of a command.
    static func escaped(_ text: String) -> String {
        text.replacing("%", with: "%25").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
    }

    /// A text as a property of a command.
    static func escapedProperty(_ text: String) -> String {
        escaped(text).replacing(":", with: "%3A").replacing(",", with: "%2C")
    }
}

/// A finished run as annotations of GitHub Actions: red tests as errors, flaky ones and lost hosts as warnings.
public struct GitHubAnnotations {
    private let report: RunReport

    /// Prepares the annotations of a run.
    public init(_ report: RunReport) { self.report = report }

    /// Renders the annotations, one a line, LF at the end; empty when there is nothing to say.
    public func render() -> String {
        let lost = report.hosts.filter(\.lost).map { host in
            (title: "host \(host.name.name) was lost", message: host.notes.last ?? "Its tests ran elsewhere.")
        }
        let flaky = report.tests.filter { $0.outcome == .flaky }.map(describe)
        return (annotations("error", report.urgent.map(describe)) + annotations("warning", lost + flaky))
            .map { $0 + "\n" }.joined()
    }

    private func describe(_ test: RunReport.Test) -> (title: String, message: String) {
        let message = [test.title, test.reason ?? "", "run it again: \(test.rerun)"].filter { !$0.isEmpty }
        return ("\(test.outcome.words): \(test.id)", message.joined(separator: "\n"))
    }

    private func annotations(_ level: String, _ all: [(title: String, message: String)]) -> [String] {
        let fits = all.count <= GitHubCommand.limit
        var shown = Array(all.prefix(fits ? GitHubCommand.limit : GitHubCommand.limit - 1))
        if !fits { shown.append(("\(all.count - shown.count) more", "They stand in the summary of the job.")) }
        return shown.map { item in
            let title = GitHubCommand.escapedProperty(PlainText.line(item.title))
            return "::\(level) title=\(title)::\(GitHubCommand.escaped(PlainText.block(item.message)))"
        }
    }
}

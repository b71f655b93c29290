import FleetModel
import FleetReports

/// Puts the reports of a run where the user wants them, and a copy of each into the run's directory.
struct ReportFiles {
    let options: RunOptions
    let directory: RunDirectory

    /// What became of the reports.
    struct Written {
        /// The paths of those outside the run's directory.
        var written: [String] = []
        /// The first that could not be written.
        var failure: OutputError?
    }

    /// Writes all reports, each whole or not at all; one that fails does not keep the others back.
    func write(_ report: RunReport) -> Written {
        let files = [
            ("junit-results.xml", JUnitReport.render(report)), ("test-results.json", JSONReport.render(report)),
        ]
        let html = HTMLReport(report, link: artifactLink).render()
        var result = Written()
        for (name, text) in files + [("report.html", html)] { _ = result.write(text, to: "\(directory.path)/\(name)") }
        for (name, text) in files { result.add(text, at: "\(options.outputDirectory)/\(name)") }
        if let path = options.htmlReport { result.add(html, at: path) }
        return result
    }

    private func artifactLink(_ attempt: RunReport.Attempt, _ artifact: Artifact) -> String? {
        "file://\(directory.artifacts)/\(ArtifactFetcher.name(of: artifact))"
    }
}

extension ReportFiles.Written {
    fileprivate mutating func add(_ text: String, at path: String) {
        if write(text, to: path) { written.append(path) }
    }

    fileprivate mutating func write(_ text: String, to path: String) -> Bool {
        do throws(OutputError) {
            try OutputFiles.write(text, to: path)
            return true
        } catch {
            failure = failure ?? error
            return false
        }
    }
}

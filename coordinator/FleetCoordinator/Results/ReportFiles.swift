import FleetModel
import FleetReports

/// Puts the reports of a run where the user wants them, and a copy of each into the run's directory.
struct ReportFiles {
    let options: RunOptions
    let directory: RunDirectory

    /// Writes all reports; the paths of those outside the run's directory.
    ///
    /// - Throws: `OutputError` of the first that could not be written; what was written before it stands whole.
    func write(_ report: RunReport) throws(OutputError) -> [String] {
        let html = HTMLReport(report, link: artifactLink).render()
        let files = [
            ("junit-results.xml", JUnitReport.render(report)), ("test-results.json", JSONReport.render(report)),
        ]
        for (name, text) in files + [("report.html", html)] {
            try OutputFiles.write(text, to: "\(directory.path)/\(name)")
        }
        var written: [String] = []
        for (name, text) in files {
            let path = "\(options.outputDirectory)/\(name)"
            try OutputFiles.write(text, to: path)
            written.append(path)
        }
        if let path = options.htmlReport {
            try OutputFiles.write(html, to: path)
            written.append(path)
        }
        return written
    }

    private func artifactLink(_ attempt: RunReport.Attempt, _ artifact: Artifact) -> String? {
        "file://\(directory.artifacts)/\(ArtifactFetcher.name(of: artifact))"
    }
}

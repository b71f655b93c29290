import FleetModel
import FleetReports

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Puts the reports of a run where the user wants them, and a copy of each into the run's directory.
struct ReportFiles {
    let options: RunOptions
    /// The directory that gets a copy; nil when the report is of several runs.
    let directory: RunDirectory?
    /// Where artifacts may lie; stored by their hash, so that no two of them are confused.
    let artifacts: [String]

    init(options: RunOptions, directory: RunDirectory) {
        self.options = options
        self.directory = directory
        artifacts = [directory.artifacts]
    }

    init(options: RunOptions, of directories: [RunDirectory]) {
        self.options = options
        directory = directories.count == 1 ? directories.first : nil
        artifacts = directories.map(\.artifacts)
    }

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
        let isHTMLWanted = directory != nil || options.htmlReport != nil
        let html = isHTMLWanted ? HTMLReport(report, link: artifactLink).render() : ""
        var result = Written()
        if let directory {
            for (name, text) in files + [("report.html", html)] {
                _ = result.write(text, to: "\(directory.path)/\(name)")
            }
        }
        for (name, text) in files { result.add(text, at: "\(options.outputDirectory)/\(name)") }
        if let path = options.htmlReport { result.add(html, at: path) }
        return result
    }

    private func artifactLink(_ attempt: RunReport.Attempt, _ artifact: Artifact) -> String? {
        let places = artifacts.map { "\($0)/\(ArtifactFetcher.name(of: artifact))" }
        // A link to a file that did not come would lead nowhere.
        return places.first { FileManager.default.fileExists(atPath: $0) }.map { "file://\($0)" }
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

import FleetModel
import FleetReports

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The job of a CI system that we run in, and what its users expect to see beside the log.
struct CIJob: Sendable, Hashable {
    /// How the log folds.
    let fold: LogFold
    /// The file that takes Markdown for the page of the job; GitHub Actions names one.
    let summaryFile: String?

    /// The job that the variables of the environment tell of, nil when they tell of none.
    init?(environment: [String: String]) {
        if environment["GITHUB_ACTIONS"] == "true" {
            fold = .gitHub(token: UUID().uuidString)
            summaryFile = environment["GITHUB_STEP_SUMMARY"]
        } else if environment["GITLAB_CI"] == "true" {
            fold = .gitLab(time: Int(Date().timeIntervalSince1970))
            summaryFile = nil
        } else {
            return nil
        }
    }

    /// The job that this process is a part of.
    static var current: CIJob? { CIJob(environment: ProcessInfo.processInfo.environment) }

    /// Tells the CI system of a finished run. Throws when the file for the summary cannot be written.
    func tell(_ report: RunReport, _ console: Console) throws(OutputError) {
        if case .gitHub = fold {
            let annotations = GitHubAnnotations(report).render()
            // The runner obeys commands on either stream, and standard output may be that of the events.
            if !annotations.isEmpty { console.progress(annotations) }
        }
        if let summaryFile { try OutputFiles.append(MarkdownSummary(report).render(), to: summaryFile) }
    }
}

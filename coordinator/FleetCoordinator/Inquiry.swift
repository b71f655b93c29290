public import FleetModel
import FleetReports
import FleetScheduling

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The commands that only look: `plan`, `list` and `report`.
public struct Inquiry {
    private let console: Console

    /// Answers on a console.
    public init(console: Console) { self.console = console }

    /// Shows what `run` would do.
    public func plan(_ options: RunOptions, asJSON: Bool) -> RunStatus {
        answer {
            let preparation = try Preparation(options)
            let plan = preparation.plan
            console.result(asJSON ? try json(PlanDocument(plan)) : PlanText.render(plan))
            return plan.unplaced.isEmpty ? .passed : .incomplete
        }
    }

    /// Shows a configuration with every default.
    public func show(_ configuration: TestConfiguration, asJSON: Bool) -> RunStatus {
        answer {
            console.result(asJSON ? try json(configuration) : ConfigurationText.render(configuration))
            return .passed
        }
    }

    /// Lists the chosen tests.
    public func list(_ choice: TestChoice, asJSON: Bool) -> RunStatus {
        answer {
            let tests = try LoadedCatalogue(choice).tests
            let lines = tests.map { "\($0.id)\t\($0.homeMode?.rawValue ?? "-")\t\(PlainText.line($0.title))" }
            console.result(asJSON ? try json(tests.map(ListDocument.init)) : lines.joined(separator: "\n"))
            return .passed
        }
    }

    /// Writes the reports of earlier runs again: of one, or of several as one report.
    ///
    /// A journal that is damaged is told with its lines; what holds in it is reported all the same, with status 65.
    public func report(_ names: [String], _ options: RunOptions) async -> RunStatus {
        var directories: [RunDirectory] = []
        for name in names {
            guard let directory = RunDirectory.find(name) else {
                console.error("there is no run “\(name)” in \(RunDirectory.root)")
                return .usage
            }
            directories.append(directory)
        }
        do {
            return try write(try await PastRun.read(directories), options)
        } catch { return console.tell(error) }
    }

    private func write(_ runs: [PastRun], _ options: RunOptions) throws -> RunStatus {
        if let empty = runs.first(where: { $0.report == nil }) {
            console.error("the journal \(empty.directory.journal) holds no run")
            return .badInput
        }
        guard let report = RunReport(merging: runs.compactMap(\.report)) else { return .usage }
        try OutputFiles.prepareDirectory(options.outputDirectory)
        let files = ReportFiles(options: options, of: runs.map(\.directory)).write(report)
        let ci = CIJob.current
        console.result(TextSummary(report, colour: console.hasColour, fold: ci?.fold).render())
        try ci?.tell(report, console)
        for path in files.written { console.progress("report: \(path)") }
        if let failure = files.failure { throw failure }
        let damage = runs.flatMap(\.damage)
        guard damage.isEmpty else { throw InputErrors(damage) }
        return RunStatus(rawValue: Int32(clamping: report.run.exit)) ?? .incomplete
    }

    private func answer(_ body: () throws -> RunStatus) -> RunStatus {
        do { return try body() } catch { return console.tell(error) }
    }

    private func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}

extension Console {
    /// Tells an error and chooses the exit status that it stands for.
    public func tell(_ error: any Error) -> RunStatus {
        self.error("\(error)")
        switch error {
        case is InputErrors: return .badInput
        case is OutputError: return .cannotWrite
        case let error as SelectionError: return RunStatus(rawValue: error.exitStatus) ?? .usage
        default: return .incomplete
        }
    }
}

/// One test as `list --json` prints it.
private struct ListDocument: Encodable {
    var id: TestID
    var title: String
    var suite: String
    var modes: [Mode]
    var mode: Mode?
    var estimate: Double?
    var environment: Isolation
    var tags: [String]
    var kind: String

    init(_ test: TestCase) {
        id = test.id
        title = test.title
        suite = test.id.suite
        modes = test.modes
        mode = test.homeMode
        estimate = test.estimate
        environment = test.isolation
        tags = test.tags
        switch test.kind {
        case .builtin: kind = "builtin"
        case .command: kind = "command"
        }
    }
}

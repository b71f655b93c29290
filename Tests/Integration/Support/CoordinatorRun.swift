import Testing

/// One run of the coordinator with files of its own.
struct CoordinatorRun {
    let scratch: Scratch
    let outputDirectory: String
    let htmlFile: String
    let eventsFile: String
    let stateDirectory: String

    init(in scratch: Scratch) throws {
        self.scratch = scratch
        let directory = try scratch.makeDirectory("run-\(scratch.nextNumber())")
        outputDirectory = "\(directory)/reports"
        htmlFile = "\(directory)/report.html"
        eventsFile = "\(directory)/events.jsonl"
        stateDirectory = "\(directory)/state"
    }

    /// Writes the suite and answers the words that choose it.
    func choice(_ suite: SuiteFile) throws -> [String] {
        ["--suite-file", try scratch.write(suite.yaml, to: "suite-\(scratch.nextNumber()).yaml")]
    }

    /// The whole command line of `coordinator run`.
    func words(_ arguments: [String]) -> [String] {
        let output = ["--output-dir", outputDirectory, "--report", htmlFile, "--events", eventsFile]
        return [Programs.coordinator, "run"] + arguments + output
    }

    /// Starts a run over the hosts of a lab.
    func start(on lab: Lab, hosts: String? = nil, home: String? = nil, _ arguments: [String]) throws -> RunningProgram {
        var command = words(["--agents", hosts ?? lab.hostsFile] + arguments)
        if let home { command = ["env", "HOME=\(home)"] + command }
        return try RunningProgram.start(
            lab.command(command), in: scratch, variables: ["XDG_STATE_HOME": stateDirectory])
    }

    /// Starts a run on this machine's own network.
    func start(_ arguments: [String]) throws -> RunningProgram {
        try RunningProgram.start(words(arguments), in: scratch, variables: ["XDG_STATE_HOME": stateDirectory])
    }

    var results: TestResults { get throws { try TestResults.read(in: outputDirectory) } }
    var junit: JUnitFile { get throws { try JUnitFile.read(in: outputDirectory) } }

    /// How many tests have their final outcome so far, by the events.
    var settled: Int {
        let text = (try? Scratch.read(eventsFile)) ?? ""
        return text.split(separator: "\n").count { $0.contains(#""event":"settled""#) }
    }

    /// Waits until a test is running on the host.
    func waitUntilStarted(on host: String, of program: RunningProgram, within limit: Duration) async throws {
        try await eventually(within: limit, "a test runs on \(host): \(program.errorsSoFar.suffix(2000))") {
            try #require(program.isRunning, "the run ended early: \(program.errorsSoFar.suffix(2000))")
            let text = (try? Scratch.read(eventsFile)) ?? ""
            return text.split(separator: "\n").contains { $0.contains(#""event":"started""#) && $0.contains(host) }
        }
    }

    /// Waits until so many tests are settled while the run goes on.
    func waitUntilSettled(_ count: Int, of program: RunningProgram, within limit: Duration = .seconds(90)) async throws
    {
        try await eventually(within: limit, "\(count) tests are settled: \(program.errorsSoFar.suffix(2000))") {
            try #require(program.isRunning, "the run ended early: \(program.errorsSoFar.suffix(2000))")
            return settled >= count
        }
    }

    /// Expects that every test passed and is counted exactly once, and that all files say the same.
    func expectAllPassed(_ suite: SuiteFile, _ end: RunningProgram.End) throws {
        #expect(end.status == 0, "\(end)")
        let results = try results
        #expect(results.schema == 1)
        #expect(results.run.exit == 0)
        #expect(results.run.complete)
        #expect(results.tests.map(\.id).sorted() == suite.ids.sorted())
        for test in results.tests {
            #expect(test.outcome == "passed", "\(test)")
            #expect(test.attempts.count { $0.counted } == 1, "\(test)")
        }
        let junit = try junit
        #expect(junit.ids.sorted() == suite.ids.sorted())
        #expect(junit.failures + junit.errors + junit.skipped == 0)
        #expect(settled == suite.tests.count)
        let html = try Scratch.read(htmlFile)
        #expect(suite.ids.allSatisfy { html.contains($0) || html.contains($0.split(separator: "/").last ?? "?") })
    }
}

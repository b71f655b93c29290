import FleetSystem
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A program that a test started; it ends with the test process at the latest.
struct RunningProgram {
    /// How a program ended, and what it printed.
    struct End: CustomStringConvertible {
        /// Its exit status; 128 plus the signal when one ended it.
        var status: Int32
        var output: String
        var errors: String
        var duration: Duration

        /// Everything, for the message of a failed expectation.
        var description: String { "status \(status) after \(duration)\n\(output.suffix(4000))\n\(errors.suffix(4000))" }
    }

    private let child: ChildProcess
    private let outputPath: String
    private let errorPath: String
    private let began = ContinuousClock.now

    /// Starts a program with our `PATH` and the variables given; its output goes to files in `scratch`.
    static func start(
        _ words: [String], in scratch: Scratch, variables: [String: String] = [:]
    ) throws -> RunningProgram {
        var environment = ["PATH": Programs.searchPath, "HOME": scratch.path("home"), "LC_ALL": "C.UTF-8"]
        environment.merge(variables) { _, new in new }
        let number = scratch.nextNumber()
        return try RunningProgram(words, environment, scratch.path("out-\(number)"), scratch.path("err-\(number)"))
    }

    private init(_ words: [String], _ environment: [String: String], _ output: String, _ errors: String) throws {
        outputPath = output
        errorPath = errors
        child = try Spawner.spawn(
            ProcessSpecification(
                executable: words[0], arguments: Array(words.dropFirst()), environment: environment,
                standardOutput: .file(output), standardError: .file(errors)))
    }

    /// Starts a program and waits for its end.
    static func run(
        _ words: [String], in scratch: Scratch, variables: [String: String] = [:], within limit: Duration = .seconds(60)
    ) async throws -> End {
        try await start(words, in: scratch, variables: variables).end(within: limit)
    }

    /// Waits for the end; a program that takes longer is killed and the test fails.
    func end(within limit: Duration) async throws -> End {
        let status = await child.exit(within: limit)
        if status == nil {
            child.send(signal: SIGKILL)
            _ = await child.exit()
        }
        let end = End(
            status: status.map(Self.number) ?? -1, output: text(outputPath), errors: text(errorPath),
            duration: ContinuousClock.now - began)
        try #require(status != nil, "it did not end within \(limit): \(end)")
        return end
    }

    /// Whether it still runs.
    var isRunning: Bool { child.status == nil }

    /// What it has printed on standard error so far.
    var errorsSoFar: String { text(errorPath) }

    func send(signal: Int32) { child.send(signal: signal) }

    private static func number(_ status: FleetSystem.ExitStatus) -> Int32 {
        switch status {
        case .exited(let code): code
        case .signaled(let signal): 128 + signal
        }
    }

    private func text(_ path: String) -> String { (try? Scratch.read(path)) ?? "" }
}

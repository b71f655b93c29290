public import FleetSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a program printed, and how it ended.
public struct ProgramResult: Hashable, Sendable {
    /// How it ended.
    public var status: ExitStatus
    /// Its standard output; of long output the head alone.
    public var output: String
    /// Its standard error; of long output the head alone.
    public var errorOutput: String
}

/// A program that could not be started, or did not end in time.
public struct ProgramFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The name of the program.
    public var program: String
    /// What went wrong.
    public var reason: String

    /// One sentence.
    public var description: String { "\(program): \(reason)" }
}

/// Runs a program to its end, with limits on time and output.
enum ProgramRun {
    /// Runs a program; its environment is only what is needed to find programs.
    ///
    /// - Parameters:
    ///   - variables: more of its environment.
    ///   - limit: it is killed, with its whole process group, when it has not ended by then.
    ///   - input: one line that it reads, without its line feed, shorter than a pipe is long; empty: nothing.
    static func run(
        _ program: String, _ arguments: [String], home: String, variables: [String: String] = [:], limit: Duration,
        input: String = ""
    ) async throws(ProgramFailure) -> ProgramResult {
        let child: ChildProcess
        do {
            child = try Spawner.spawn(
                ProcessSpecification(
                    executable: program, arguments: arguments,
                    environment: ["PATH": ProgramSearch.standardPath, "HOME": home, "LC_ALL": "C"]
                        .merging(variables) { $1 },
                    standardInput: .pipe, standardOutput: .pipe, standardError: .pipe))
        } catch {
            throw ProgramFailure(program: program, reason: "\(error)")
        }
        if let descriptor = child.takeStandardInput() {
            // A program that has ended already reads nothing.
            if !input.isEmpty { try? LineWriter.write(input.utf8, to: descriptor) }
            close(descriptor)
        }
        let (output, errorOutput) = (BoundedCapture(), BoundedCapture())
        if let descriptor = child.takeStandardOutput() { output.start(descriptor) }
        if let descriptor = child.takeStandardError() { errorOutput.start(descriptor) }
        let status = await child.exit(within: limit)
        if status == nil {
            child.sendToGroup(signal: SIGKILL)
            _ = await child.exit()
        }
        // What it said before its end is in the pipes by now; a process that it left behind may hold them open.
        for capture in [output, errorOutput] {
            if !(await capture.finished(within: .seconds(1))) { await capture.stop() }
        }
        guard let status else {
            let said = errorOutput.output.headText.suffix(500)
            throw ProgramFailure(
                program: program, reason: "did not end within \(limit.secondsText) s; it said: \(said)")
        }
        return ProgramResult(
            status: status, output: output.output.headText, errorOutput: errorOutput.output.headText)
    }
}

public import FleetSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Runs a program to its end and keeps what it printed, within a time.
public enum CommandRunner {
    /// What a program did.
    public struct Result: Sendable {
        /// How it ended.
        public let status: ExitStatus
        /// Both streams, in the order of writing; head and tail when it is long.
        public let output: String
    }

    /// What programs get of the environment: nothing of ours.
    public static let environment = [
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
        "HOME": "/nonexistent",
    ]

    /// Runs the program; `input` is a file for its standard input. Throws when it cannot be started, when the time is over,
    /// or when our task was cancelled: the program was killed then. Of the output `keeps` bytes of its beginning stay, and
    /// as many of its end.
    public static func run(
        _ executable: String, _ arguments: [String], input: String? = nil, seconds: Double = 30,
        keeps: Int = 32 << 10
    ) async throws -> Result {
        try Task.checkCancellation()
        let child = try Spawner.spawn(
            ProcessSpecification(
                executable: executable, arguments: arguments, environment: environment,
                standardInput: input.map { .file($0) } ?? .null, standardOutput: .pipe, standardError: .output))
        let capture = BoundedCapture(head: keeps, tail: keeps)
        if let output = child.takeStandardOutput() { capture.start(output) }
        let status = await withTaskCancellationHandler {
            await child.exit(within: .seconds(seconds))
        } onCancel: {
            child.sendToGroup(signal: SIGKILL)
        }
        // Reaches nobody when the program has ended in time.
        child.sendToGroup(signal: SIGKILL)
        // What the program left behind may hold the pipe; nobody waits for that.
        _ = await capture.finished(within: .seconds(1))
        await capture.stop()
        try Task.checkCancellation()
        let output = text(of: capture.output)
        guard let status else {
            throw PlatformError(.failed, "\(executable) did not end within \(Int(seconds)) s and was killed\n\(output)")
        }
        return Result(status: status, output: output)
    }

    private static func text(of output: CapturedOutput) -> String {
        guard output.cutBytes > 0 else { return output.headText }
        return "\(output.headText)\n… \(output.cutBytes) bytes left out …\n\(output.tailText)"
    }
}

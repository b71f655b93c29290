import FleetSystem
import FleetTestSupport

/// Runs a program for a test.
enum Program {
    struct Result: Sendable {
        let status: ExitStatus
        let output: String
    }

    static func run(
        _ executable: String, _ arguments: [String], environment: [String: String] = [:], input: String? = nil,
        within limit: Duration = .seconds(20)
    ) async throws -> Result {
        let path = ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
        let child = try Spawner.spawn(
            ProcessSpecification(
                executable: executable, arguments: arguments, environment: path.merging(environment) { $1 },
                standardInput: input.map { .file($0) } ?? .null, standardOutput: .pipe, standardError: .output))
        let capture = BoundedCapture()
        if let output = child.takeStandardOutput() { capture.start(output) }
        guard let status = await child.exit(within: limit) else {
            child.send(signal: 9)
            throw TestServiceError("\(executable) did not end within \(limit)")
        }
        _ = await capture.finished(within: .seconds(1))
        await capture.stop()
        return Result(status: status, output: capture.output.headText)
    }
}

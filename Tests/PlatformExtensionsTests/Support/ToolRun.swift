import FleetSystem
import PlatformService

/// Runs a program of the machine for a test.
enum ToolRun {
    static func run(_ program: String, _ arguments: [String], input: String? = nil) async throws -> CommandRunner.Result
    {
        try await CommandRunner.run(program, arguments, input: input, seconds: 60, keeps: 16 << 20)
    }
}

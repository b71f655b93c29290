import FleetModel
import Testing

@testable import FleetTestKit

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Each case is a process of its own, as the agent starts one.
@Suite("The test process")
struct TestProcessTests {
    /// Runs it with two pipes in place of standard input and descriptor 3, which this process may use itself.
    fileprivate static func run(
        _ id: String, invocation: TestInvocation?, _ body: @escaping DeclaredTest.Body
    ) async throws -> (Int32, TestVerdict?) {
        var input: [Int32] = [-1, -1]
        var output: [Int32] = [-1, -1]
        precondition(pipe(&input) == 0 && pipe(&output) == 0)
        let text = try invocation.map { try JSONEncoder().encode($0) } ?? Data("not JSON".utf8)
        _ = text.withUnsafeBytes { write(input[1], $0.baseAddress, $0.count) }
        close(input[1])
        let declared = test("kit/sample", "A sample", modes: [], estimate: 1, body: body)
        let status = await TestProcess.run(id: id, catalogue: [declared], input: input[0], verdict: output[1])
        // Closed already where there was a verdict.
        if fcntl(output[1], F_GETFD) >= 0 { close(output[1]) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = read(output[0], &bytes, bytes.count)
        let verdict = try? JSONDecoder().decode(TestVerdict.self, from: Data(bytes.prefix(max(count, 0))))
        return (status, verdict)
    }

    fileprivate static var invocation: TestInvocation {
        Kit.invocation(artifacts: "/tmp/artifacts", seconds: 20)
    }

    @Test("a pass is status 0 and a verdict")
    func pass() async {
        await #expect(processExitsWith: .exitCode(0)) {
            let (status, verdict) = try await TestProcessTests.run(
                "kit/sample", invocation: TestProcessTests.invocation
            ) { context in
                try expect(FileProbe.exists(context.scratch), "the scratch directory is there")
            }
            precondition(verdict == TestVerdict(outcome: .passed))
            exit(status)
        }
    }

    @Test("a skip is status 77, an interface that is not there 78")
    func otherStatuses() async {
        await #expect(processExitsWith: .exitCode(77)) {
            let (status, verdict) = try await TestProcessTests.run(
                "kit/sample", invocation: TestProcessTests.invocation
            ) { _ in try skip("no disk") }
            precondition(verdict?.message == "no disk")
            exit(status)
        }
        await #expect(processExitsWith: .exitCode(78)) {
            let (status, verdict) = try await TestProcessTests.run(
                "kit/sample", invocation: TestProcessTests.invocation
            ) { _ in try interfaceNotFound("GET /x") }
            precondition(verdict?.outcome == .noInterface)
            exit(status)
        }
    }

    @Test("SIGTERM cleans up and is told")
    func termination() async {
        await #expect(processExitsWith: .exitCode(1)) {
            let marker = "/tmp/artifacts-\(getpid())"
            let (status, verdict) = try await TestProcessTests.run(
                "kit/sample", invocation: TestProcessTests.invocation
            ) { context in
                await context.cleanup("leave a marker") { close(creat(marker, 0o600)) }
                kill(getpid(), SIGTERM)
                // A body that would go on for long; the signal ends it.
                try await Task.sleep(for: .seconds(600))
            }
            precondition(verdict?.message?.hasPrefix("stopped by SIGTERM") == true)
            precondition(unlink(marker) == 0)
            exit(status)
        }
    }

    @Test("an id that nobody knows is status 64, an invocation that cannot be read 65, both without a verdict")
    func refusals() async {
        await #expect(processExitsWith: .exitCode(64)) {
            let (status, verdict) = try await TestProcessTests.run(
                "kit/other", invocation: TestProcessTests.invocation
            ) { _ in }
            precondition(verdict == nil)
            exit(status)
        }
        await #expect(processExitsWith: .exitCode(65)) {
            let (status, verdict) = try await TestProcessTests.run("kit/sample", invocation: nil) { _ in }
            precondition(verdict == nil)
            exit(status)
        }
    }
}

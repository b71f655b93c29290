import FleetModel
import FleetSystem
import Testing

@testable import FleetTestKit

@Suite("Running one attempt")
struct AttemptRunnerTests {
    private func run(
        body limit: Double = 20, cleanup: Double = 2, stops: AsyncStream<String> = AsyncStream { _ in },
        _ body: @escaping DeclaredTest.Body
    ) async throws -> TestVerdict {
        var limits = TestLimits(seconds: 100)
        limits.body = limit
        limits.cleanup = cleanup
        let declared = test("kit/sample", "A sample", modes: [], estimate: 1, body: body)
        let runner = AttemptRunner(
            test: declared, context: try Kit.context(), limits: limits, patience: .milliseconds(300))
        return await runner.run(stops: stops)
    }

    @Test("each way to end has its outcome and exit status")
    func outcomes() async throws {
        let passed = try await run { _ in }
        #expect(passed == TestVerdict(outcome: .passed))
        #expect(passed.exitStatus == 0)
        let failed = try await run { _ in try expectEqual(1, 2, "the number") }
        #expect(failed.outcome == .failed && failed.failure?.expected == "2" && failed.exitStatus == 1)
        let skipped = try await run { _ in try skip("no disk") }
        #expect(skipped.outcome == .skipped && skipped.message == "no disk" && skipped.exitStatus == 77)
        let missing = try await run { _ in try interfaceNotFound("GET /x") }
        #expect(missing.outcome == .noInterface && missing.exitStatus == 78)
        #expect(missing.message == "interface not found at GET /x")
        struct Odd: Error {}
        let odd = try await run { _ in throw Odd() }
        #expect(odd.outcome == .failed && odd.failure?.message == "Odd()")
        #expect(odd.failure?.file == "Tests/FleetSuitesTests/Kit/AttemptRunnerTests.swift", "the declaration's place")
    }

    @Test("clean-up runs the latest first, after success and after failure")
    func cleanupOrder() async throws {
        for fails in [false, true] {
            let order = Locked<[Int]>([])
            _ = try await run { context in
                for number in 1...3 {
                    await context.cleanup("\(number)") { order.withLock { $0.append(number) } }
                }
                try expect(!fails, "no failure was asked for")
            }
            #expect(order.withLock { $0 } == [3, 2, 1])
        }
    }

    @Test("a late body is a time-out that says where it stood and what it waited for, and is cleaned up after")
    func late() async throws {
        let cleaned = Locked(false)
        let line = #line + 3
        let verdict = try await run(body: 0.2) { context in
            await context.cleanup("the server") { cleaned.withLock { $0 = true } }
            try await context.step("wait for the server") {
                try await eventually("it answers", within: .seconds(600)) { try expectEqual("off", "on", "the light") }
            }
        }
        #expect(verdict.outcome == .timeout)
        #expect(verdict.message?.contains("ran longer than 0.2 s, in: wait for the server") == true)
        #expect(verdict.failure?.actual == "“off”")
        #expect(verdict.failure?.line == line + 1)
        #expect(cleaned.withLock { $0 })
    }

    @Test("a body that does not listen to its cancellation is left behind and cleaned up after")
    func deaf() async throws {
        let cleaned = Locked(false)
        let end = OneShot<Void>()
        let line = #line + 3
        let verdict = try await run(body: 0.1) { context in
            await context.cleanup("all") { cleaned.withLock { $0 = true } }
            try await context.step("sleep through the alarm") { await end.value() }
        }
        end.fulfil(())
        #expect(verdict.outcome == .timeout && verdict.failure?.line == line)
        #expect(cleaned.withLock { $0 })
    }

    @Test("a stop ends the body at once")
    func stop() async throws {
        let (stops, continuation) = AsyncStream<String>.makeStream()
        continuation.yield("SIGTERM")
        // A body that would go on for long; the stop cancels the sleep.
        let verdict = try await run(stops: stops) { _ in try await Task.sleep(for: .seconds(600)) }
        #expect(verdict.outcome == .failed)
        #expect(verdict.message?.hasPrefix("stopped by SIGTERM") == true)
    }

    @Test("a clean-up that fails turns a pass red, and keeps nothing else from being cleaned up")
    func failingCleanup() async throws {
        let cleaned = Locked(false)
        let verdict = try await run { context in
            await context.cleanup("the first") { cleaned.withLock { $0 = true } }
            await context.cleanup("the second") { try expect(false, "it goes away") }
        }
        #expect(verdict.outcome == .failed)
        #expect(verdict.message?.contains("the second") == true)
        #expect(cleaned.withLock { $0 })
    }

    @Test("a clean-up that hangs is given up, and the others still run")
    func hangingCleanup() async throws {
        let cleaned = Locked(false)
        let end = OneShot<Void>()
        let verdict = try await run(cleanup: 0.4) { context in
            await context.cleanup("the first") { cleaned.withLock { $0 = true } }
            await context.cleanup("the deaf one") { await end.value() }
        }
        end.fulfil(())
        #expect(verdict.outcome == .failed)
        #expect(verdict.message?.contains("the deaf one: not done within 0.2 s") == true)
        #expect(cleaned.withLock { $0 })
    }

    @Test("body and clean-up together stay below the limit of the attempt")
    func limits() {
        for seconds in [0.5, 1, 5, 60, 300, 3600] {
            let limits = TestLimits(seconds: seconds)
            #expect(limits.body > 0 && limits.cleanup > 0)
            #expect(limits.body + limits.cleanup < seconds)
        }
    }

    @Test("an invocation never shows its credentials")
    func secrets() throws {
        var invocation = Kit.invocation(seconds: 1)
        invocation.credentials = ["registry": ["password": "hunter2"]]
        #expect("\(invocation)" == "attempt 7 of kit/sample")
        #expect(!String(describing: invocation).contains("hunter2"))
    }
}

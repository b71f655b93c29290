import FleetModel
import Testing

@testable import FleetAgent

@Suite("What the end of a process means")
struct JudgementTests {
    private func judge(
        _ ending: WorkerReport.Ending, output: String = "", verdict: String? = nil, builtin: Bool = false
    ) throws -> AttemptResult {
        var test = try command("a/b", timeout: 2.5)
        if builtin { test.kind = .builtin }
        let report = WorkerReport(
            ending: ending, seconds: 1, output: BoundedText(head: output), verdict: verdict, leftovers: [])
        return Judgement(report: report, test: test).result
    }

    @Test(
        "a command is judged by its exit status alone",
        arguments: [(Int32(0), Outcome.passed), (77, .skipped), (1, .failed), (64, .failed), (127, .failed)])
    func exitStatus(status: Int32, outcome: Outcome) throws {
        let result = try judge(.exited(status: status), verdict: #"{"outcome":"passed"}"#)
        #expect(result.outcome == (status == 0 ? .passed : outcome))
        #expect(result.cause == .test)
    }

    @Test("a built-in test is judged by its verdict")
    func verdict() throws {
        let text = #"{"outcome":"failed","message":"no","failure":{"message":"m","expected":"1","actual":"2"}}"#
        let result = try judge(.exited(status: 1), verdict: text, builtin: true)
        #expect(result.outcome == .failed)
        #expect(result.message == "no")
        #expect(result.failure?.actual == "2")
        let missing = try judge(.exited(status: 78), verdict: #"{"outcome":"no-interface"}"#, builtin: true)
        #expect(missing.outcome == .noInterface)
        let liar = try judge(.exited(status: 1), verdict: #"{"outcome":"passed"}"#, builtin: true)
        #expect(liar.outcome == .failed)
    }

    @Test("without a believable verdict a built-in test has crashed, never passed")
    func noVerdict() throws {
        for text in [nil, "", "{", #"{"outcome":"flaky"}"#, #"{"outcome":"not-run"}"#] {
            #expect(try judge(.exited(status: 0), verdict: text, builtin: true).outcome == .crashed)
        }
        let refused = try judge(.exited(status: 64), builtin: true)
        #expect(refused.outcome == .notRun)
        #expect(refused.cause == .host)
    }

    @Test("signals and time limits are told in words, with the last output")
    func words() throws {
        let crash = try judge(.signaled(signal: 6), output: "one\ntwo\n\n")
        #expect(crash.outcome == .crashed)
        #expect(crash.message == "killed by SIGABRT; last output: two")
        let late = try judge(.timeLimit, output: "still here")
        #expect(late.outcome == .timeout)
        #expect(late.message == "ran past its limit of 2.5 s and was killed; last output: still here")
        #expect(try judge(.signaled(signal: 40)).message == "killed by signal 40")
    }

    @Test("what cannot be started is the test's fault or the host's")
    func starts() throws {
        #expect(try judge(.noProgram(message: "no dig")).outcome == .failed)
        let refused = try judge(.refused(message: "no more processes"))
        #expect(refused.outcome == .notRun)
        #expect(refused.cause == .host)
    }
}

import FleetModel
import FleetTestKit

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What the end of a process means for its test. Pure.
struct Judgement {
    let report: WorkerReport
    let test: TestCase

    /// The result of the attempt, without artifacts and service logs.
    var result: AttemptResult {
        var result = AttemptResult(outcome: .notRun, seconds: report.seconds, output: report.output)
        switch report.ending {
        case .exited(let status): judge(status: status, &result)
        case .signaled(let signal):
            result.outcome = .crashed
            result.message = withLastLine(SignalName.sentence(signal))
        case .timeLimit:
            result.outcome = .timeout
            result.failure = verdict?.failure
            result.message = withLastLine("ran past its limit of \(Self.number(test.timeout)) s and was killed")
        case .cancelled(let reason):
            result.cause = .host
            result.message = "stopped: \(reason)"
        case .noProgram(let message):
            result.outcome = .failed
            result.message = message
        case .refused(let message):
            result.cause = .host
            result.message = message
        }
        if let limit = report.exceededMemory { blame(memory: limit, &result) }
        if !report.leftovers.isEmpty {
            let text = "could not be killed: \(report.leftovers.joined(separator: ", "))"
            result.message = [result.message, text].compactMap(\.self).joined(separator: "; ")
        }
        return result
    }

    /// A test that was killed for its memory says so; one that only ended badly meanwhile may have lost a child to it.
    private func blame(memory limit: String, _ result: inout AttemptResult) {
        switch (report.ending, result.outcome) {
        case (.signaled(signal: 9), _):
            result.message = withLastLine("killed, because what runs on this host exceeded memory=\(limit)")
        case (_, .failed), (_, .crashed), (_, .timeout):
            let text = "a process was killed meanwhile, because what runs on this host exceeded memory=\(limit)"
            result.message = [result.message, text].compactMap(\.self).joined(separator: "; ")
        default: return
        }
    }

    private func judge(status: Int32, _ result: inout AttemptResult) {
        switch test.kind {
        case .command: judgeCommand(status, &result)
        case .builtin: judgeBuiltin(status, &result)
        }
    }

    private func judgeCommand(_ status: Int32, _ result: inout AttemptResult) {
        switch status {
        case 0: result.outcome = .passed
        case 77:
            result.outcome = .skipped
            result.message = withLastLine("skipped itself with exit status 77")
        default:
            result.outcome = .failed
            result.message = withLastLine("exit status \(status)")
        }
    }

    private func judgeBuiltin(_ status: Int32, _ result: inout AttemptResult) {
        if let verdict {
            result.outcome = verdict.outcome
            result.message = verdict.message
            result.failure = verdict.failure
            guard verdict.outcome == .passed, status != 0 else { return }
            result.outcome = .failed
            result.message = "said that it passed, but ended with status \(status)"
        } else if status == 64 || status == 65 {
            result.cause = .host
            result.message = "the agent's own test process refused it with status \(status)"
        } else {
            result.outcome = .crashed
            result.message = withLastLine("ended with status \(status) before it said how it went")
        }
    }

    private var verdict: TestVerdict? {
        guard let text = report.verdict, !text.isEmpty else { return nil }
        let verdict = try? JSONDecoder().decode(TestVerdict.self, from: Data(text.utf8))
        switch verdict?.outcome {
        case .passed, .failed, .timeout, .skipped, .noInterface: return verdict
        case .crashed, .flaky, .notRun, nil: return nil
        }
    }

    private func withLastLine(_ sentence: String) -> String {
        let text = report.output.tail.isEmpty ? report.output.head : report.output.tail
        let lines = text.split(whereSeparator: \.isNewline)
        let last = lines.last { line in line.contains { !$0.isWhitespace } }
        guard let last else { return sentence }
        return "\(sentence); last output: \(last.prefix(200))"
    }

    /// A number without a needless fraction.
    static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
    }
}

import FleetModel

extension RunReport.Test {
    /// The attempt that stands for the test: the last counted one that ended as the test did.
    ///
    /// Nil when the test never reached a host.
    var deciding: RunReport.Attempt? { decidingIndex.map { attempts[$0] } }

    /// The place of ``deciding`` among the attempts.
    var decidingIndex: Int? {
        let wanted = outcome == .flaky ? Outcome.passed : outcome
        return attempts.lastIndex { $0.counted && $0.result.outcome == wanted }
            ?? attempts.lastIndex { $0.counted }
            ?? attempts.indices.last
    }

    /// The attempt that explains the outcome: for a flaky test the last one that failed.
    var explaining: RunReport.Attempt? {
        guard outcome == .flaky else { return deciding }
        return attempts.last { $0.counted && $0.result.outcome != .passed } ?? deciding
    }

    /// One sentence that says why the test did not pass; nil when nothing was said and nothing needs saying.
    var reason: String? {
        let result = explaining?.result
        if let message = result?.failure?.message ?? result?.message, !message.isEmpty { return message }
        switch outcome {
        case .passed, .skipped, .flaky: return nil
        case .failed: return "It failed and left no message."
        case .timeout: return "It ran past its time limit and was killed."
        case .crashed: return "Its process ended by a signal."
        case .noInterface: return "The interface that it needs was not found."
        case .notRun: return attempts.isEmpty ? "It was never started." : "No attempt could be completed."
        }
    }

    /// Where the deciding attempt ran, such as `lab-2`; nil when it never reached a host.
    var hostName: String? {
        guard let name = deciding?.host.name, !name.isEmpty else { return nil }
        return name
    }

    /// The name of the mode, or `none`.
    var modeName: String { mode?.rawValue ?? "none" }
}

extension RunReport.Attempt {
    /// The place, such as `lab-2, lane 0, slot 1`.
    var place: String { host.name.isEmpty ? "no host" : "\(host), lane \(lane), slot \(slot)" }
}

extension Outcome {
    /// The outcome in words, as people read them.
    var words: String {
        switch self {
        case .passed, .failed, .crashed, .skipped, .flaky: rawValue
        case .timeout: "timed out"
        case .noInterface: "no interface"
        case .notRun: "not run"
        }
    }

    /// What a list shows first: red, then missing, then flaky and skipped, then passed.
    static let byUrgency: [Outcome] = [
        .failed, .crashed, .timeout, .noInterface, .notRun, .flaky, .skipped, .passed,
    ]

    /// Whether a report opens it by itself.
    var needsAttention: Bool { isRed || isMissing }
}

extension RunReport {
    /// The tests that a person must see, the most urgent first, each outcome in the order of ids.
    var urgent: [Test] {
        Outcome.byUrgency.filter(\.needsAttention).flatMap { outcome in tests.filter { $0.outcome == outcome } }
    }
}

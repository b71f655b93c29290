import FleetModel
import FleetTestKit

/// Decides what the attempts of one lane left behind in its environment, from looks at its state.
///
/// While attempts run side by side, what has an attempt's mark in its name is told with that attempt. Whenever the lane
/// falls quiet, all that has changed since it was quiet before is told, what a test removed and had not made as well.
struct LeakLedger {
    /// What the environment held when nothing ran in it; nil while that is not known.
    private var quiet: EnvironmentFacts?
    private var running: Set<AttemptID> = []
    /// The attempts since then, in the order of their starts.
    private var suspects: [(attempt: AttemptID, test: TestID)] = []

    /// - Parameter quiet: the state before the first attempt; nil when it could not be seen.
    init(quiet: EnvironmentFacts? = nil) { self.quiet = quiet }

    /// Whether somebody should look before the attempt that begins now: it is alone, and the state is not known.
    var needsLook: Bool { quiet == nil && running.count == 1 && suspects.count == 1 }

    /// An attempt begins.
    mutating func began(_ attempt: AttemptID, _ test: TestID) {
        running.insert(attempt)
        suspects.append((attempt, test))
    }

    /// The state before the only attempt, which has not done anything yet.
    mutating func saw(_ facts: EnvironmentFacts?) { quiet = facts }

    /// An attempt has ended; `now` is the state after it, if it could be seen.
    mutating func ended(_ attempt: AttemptID, _ now: EnvironmentFacts?) {
        guard running.remove(attempt) != nil, running.isEmpty else { return }
        // Without a look nobody knows any more who did what.
        quiet = now
        suspects = []
    }

    /// What an attempt that has just ended left behind, sorted.
    func leaks(of attempt: AttemptID, in now: EnvironmentFacts) -> [String] {
        let own = now.facts.filter { $0.contains(TestContext.mark(of: attempt)) }
        guard let quiet, running == [attempt] else { return own }
        let (before, after) = (Set(quiet.facts), Set(now.facts))
        // What another attempt made was told with that one.
        let marks = suspects.map { TestContext.mark(of: $0.attempt) }
        let new = after.subtracting(before).filter { fact in !marks.contains { fact.contains($0) } }.sorted()
        // What earlier tests made goes when it will.
        let gone = before.subtracting(after).filter {
            !TestContext.hasMark($0) && !$0.hasSuffix(EnvironmentFacts.unfinished)
        }
        return own + (new + gone.sorted().map { "gone: \($0)" }).map { $0 + doubt(about: attempt) }
    }

    /// Who else may have done it; empty when nobody.
    private func doubt(about attempt: AttemptID) -> String {
        let others = suspects.filter { $0.attempt != attempt }.map(\.test.description)
        guard !others.isEmpty else { return "" }
        let more = others.count > 3 ? " and \(others.count - 3) more" : ""
        return " (by this test, or since the lane was quiet by \(others.prefix(3).joined(separator: ", "))\(more))"
    }
}

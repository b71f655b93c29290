/// What `agent status --json` says of who uses a host.
struct SessionReport: Hashable, Sendable, Codable {
    /// One run.
    struct Session: Hashable, Sendable, Codable {
        var run: String
        /// Who started it; empty when nobody said.
        var owner: String
        /// For how long it has been there, in seconds.
        var seconds: Double
        /// How many slots it has.
        var slots: Int
        /// The tests that run now.
        var tests: [String]

        /// The same for people.
        var finding: Finding {
            let person = owner.isEmpty ? "somebody" : owner
            let minutes = Int((seconds / 60).rounded())
            let age = seconds < 120 ? "\(Int(max(0, seconds))) s" : "\(minutes) min"
            let what =
                "in use: run \(run) of \(person) for \(age), with \(slots) slot\(slots == 1 ? "" : "s") and \(tests.count) "
                + "test\(tests.count == 1 ? "" : "s") running"
            return Finding(
                .note, what, advice: "its owner may be asked, or `agent stop --run \(run)` there sends it away")
        }
    }

    var sessions: [Session]
}

/// What state an environment has, as its services say it themselves: one sentence for each thing that a test could meet.
///
/// Two looks with the same facts make an environment fit for the next run. These count: what `EnvironmentReader` lists. Not
/// seen are tasks and batches that have ended, blobs without a tag, rows of tables, and files on disk.
struct EnvironmentFacts: Hashable, Sendable, Codable {
    /// The facts, sorted.
    var facts: [String]

    /// What comes after things that go by themselves.
    static let unfinished = ", unfinished"

    /// What has changed since, in words; nil when nothing has.
    func change(to now: EnvironmentFacts) -> String? {
        let (before, after) = (Set(facts), Set(now.facts))
        guard before != after else { return nil }
        let added = after.subtracting(before).sorted().map { "new: \($0)" }
        let gone = before.subtracting(after).sorted().map { "gone: \($0)" }
        let all = gone + added
        return all.prefix(5).joined(separator: "; ") + (all.count > 5 ? "; and \(all.count - 5) more" : "")
    }
}

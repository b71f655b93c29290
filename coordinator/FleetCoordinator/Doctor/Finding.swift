/// One thing that is to be said of a host: what, where, and what mends it.
struct Finding: Hashable, Sendable, Codable {
    /// What it means for a run.
    enum Weight: String, Hashable, Sendable, Codable {
        /// The host cannot be used.
        case unusable
        /// The host can be used, but not for everything.
        case lacks
        /// Good to know; nothing is lacking.
        case note
    }

    var weight: Weight
    /// What was found, a clause.
    var what: String
    /// What to do about it, a clause; nil when nothing needs to be done.
    var advice: String?
    /// Debian packages that mend it.
    var packages: [String]?

    init(_ weight: Weight, _ what: String, advice: String? = nil, packages: [String]? = nil) {
        self.weight = weight
        self.what = what
        self.advice = advice
        self.packages = packages
    }

    /// One sentence.
    var sentence: String {
        let remedy = advice ?? packages.map { "install with: \(Self.command($0))" }
        return remedy.map { "\(what); \($0)" } ?? what
    }

    /// The command that installs packages, as root.
    static func command(_ packages: [String]) -> String {
        "apt-get install -y \(Set(packages).sorted().joined(separator: " "))"
    }
}

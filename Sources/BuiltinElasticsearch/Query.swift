import BuiltinSupport

/// What documents are looked for.
indirect enum Query: Sendable {
    case all
    case none
    case terms(field: String, values: [JSON])
    /// Words of a text: all of them, or at least so many.
    case match(field: String, text: JSON, needsAll: Bool, atLeast: Int)
    case phrase(field: String, text: String, isPrefix: Bool)
    case range(field: String, bounds: [String: JSON])
    case exists(field: String)
    case pattern(field: String, pattern: Wildcard)
    case ids(Set<String>)
    /// The best of several.
    case any([Query])
    case bool(must: [Query], filter: [Query], should: [Query], mustNot: [Query], minimum: Int?)
    case constant(Query, score: Double)
}

/// A pattern with `*` and `?`.
struct Wildcard: Sendable {
    private let pattern: [Character]
    private let ignoresCase: Bool

    init(_ pattern: String, ignoresCase: Bool = false) {
        self.pattern = Array(ignoresCase ? pattern.lowercased() : pattern)
        self.ignoresCase = ignoresCase
    }

    /// Everything that begins so.
    static func prefix(_ text: String, ignoresCase: Bool) -> Wildcard {
        let plain = (ignoresCase ? text.lowercased() : text).flatMap { character -> [Character] in
            "*?\\".contains(character) ? ["\\", character] : [character]
        }
        return Wildcard(escaped: plain + ["*"], ignoresCase)
    }

    private init(escaped: [Character], _ ignoresCase: Bool) {
        pattern = escaped
        self.ignoresCase = ignoresCase
    }

    func matches(_ text: String) -> Bool {
        let text = Array(ignoresCase ? text.lowercased() : text)
        var place = 0
        var index = 0
        var star: (place: Int, index: Int)?
        while index < text.count {
            if place < pattern.count, pattern[place] == "*" {
                star = (place, index)
                place += 1
            } else if place < pattern.count, let step = step(place, text[index]) {
                place += step
                index += 1
            } else if let last = star {
                // The star takes one character more.
                star = (last.place, last.index + 1)
                place = last.place + 1
                index = last.index + 1
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == "*" }
    }

    /// How far the pattern goes on when it takes a character; nil when it does not.
    private func step(_ place: Int, _ character: Character) -> Int? {
        if pattern[place] == "\\", place + 1 < pattern.count { return pattern[place + 1] == character ? 2 : nil }
        return pattern[place] == "?" || pattern[place] == character ? 1 : nil
    }
}

/// A pattern of relative paths: `*` and `?` within a component, `**` for any number of components.
struct PathPattern: Hashable {
    private let components: [[Character]]

    /// Reads a pattern; nil when it is empty, absolute or climbs with `..`.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).filter { $0 != "." }
        guard !parts.isEmpty, parts.allSatisfy({ !$0.isEmpty && $0 != ".." }) else { return nil }
        components = parts.map(Array.init)
    }

    /// Whether a path, with `/` between its components, matches from its beginning to its end.
    func matches(_ path: String) -> Bool {
        let names = path.split(separator: "/").map(Array.init)
        return Self.match(names[...], components[...])
    }

    private static func match(_ names: ArraySlice<[Character]>, _ patterns: ArraySlice<[Character]>) -> Bool {
        guard let pattern = patterns.first else { return names.isEmpty }
        if pattern == ["*", "*"] {
            let rest = patterns.dropFirst()
            return (names.startIndex...names.endIndex).contains { match(names[$0...], rest) }
        }
        guard let name = names.first, matchName(name, pattern) else { return false }
        return match(names.dropFirst(), patterns.dropFirst())
    }

    /// Matches one component; only the last `*` is ever retried, so that no pattern takes exponential time.
    private static func matchName(_ name: [Character], _ pattern: [Character]) -> Bool {
        var position = 0
        var place = 0
        var retry: (place: Int, position: Int)?
        while position < name.count {
            if place < pattern.count, pattern[place] == "*" {
                retry = (place + 1, position)
                place += 1
            } else if place < pattern.count, pattern[place] == "?" || pattern[place] == name[position] {
                place += 1
                position += 1
            } else if let last = retry {
                retry = (last.place, last.position + 1)
                place = last.place
                position = last.position + 1
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == "*" }
    }
}

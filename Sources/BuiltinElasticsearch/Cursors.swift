import BuiltinSupport
import FleetSystem

/// Searches that go on over several requests; they live in memory, for as long as each request says.
final class Cursors: Sendable {
    /// A search that was begun.
    struct Scroll: Sendable {
        let request: SearchRequest
        let result: SearchResult
        var position: Int
    }

    private enum Content: Sendable {
        case scroll(Scroll)
        case snapshot(Snapshot)
    }

    private struct Entry: Sendable {
        var content: Content
        var end: Double
    }

    private static let most = 500
    private let entries = Locked<[String: Entry]>([:])

    /// How long `1m` and the like are, in seconds.
    static func seconds(_ text: String?) throws -> Double {
        let units: [Substring: Double] = ["ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400]
        let digits = (text ?? "").prefix { $0.isNumber }
        guard let text, let unit = units[text.dropFirst(digits.count)], let count = Double(digits), count > 0 else {
            throw Refusal.illegalArgument(
                "failed to parse setting [keep_alive] with value [\(text ?? "")] as a time value")
        }
        return min(count * unit, 86_400)
    }

    /// Keeps a search and gives it a name.
    func add(_ scroll: Scroll, seconds: Double) throws -> String { try add(.scroll(scroll), seconds) }

    /// Keeps a moment and gives it a name.
    func add(_ snapshot: Snapshot, seconds: Double) throws -> String { try add(.snapshot(snapshot), seconds) }

    private func add(_ content: Content, _ seconds: Double) throws -> String {
        let id = Secret.token()
        try entries.withLock { entries in
            entries = entries.filter { $0.value.end > Monotonic.seconds }
            guard entries.count < Self.most else {
                throw Refusal(
                    429, "Trying to create too many scroll contexts. Must be less than or equal to: [\(Self.most)].",
                    code: "too_many_scroll_contexts_exception")
            }
            entries[id] = Entry(content: content, end: Monotonic.seconds + seconds)
        }
        return id
    }

    /// The next page of a search; its time begins anew.
    func next(_ id: String, seconds: Double?) throws -> (Scroll, ArraySlice<Hit>) {
        try entries.withLock { entries in
            guard var entry = entries[id], entry.end > Monotonic.seconds, case .scroll(var scroll) = entry.content
            else {
                throw Self.missing(id)
            }
            let page = scroll.result.hits.dropFirst(scroll.position).prefix(scroll.request.size)
            scroll.position += page.count
            entry.content = .scroll(scroll)
            if let seconds { entry.end = Monotonic.seconds + seconds }
            entries[id] = entry
            return (scroll, page)
        }
    }

    func snapshot(_ id: String, seconds: Double?) throws -> Snapshot {
        try entries.withLock { entries in
            guard let entry = entries[id], entry.end > Monotonic.seconds, case .snapshot(let snapshot) = entry.content
            else { throw Self.missing(id) }
            if let seconds { entries[id]?.end = Monotonic.seconds + seconds }
            return snapshot
        }
    }

    /// Forgets searches; nil forgets all scrolls. Returns how many there were.
    func remove(_ ids: [String]?) -> Int {
        entries.withLock { entries in
            let before = entries.count
            entries = entries.filter { id, entry in
                if let ids { return !ids.contains(id) }
                if case .scroll = entry.content { return false }
                return true
            }
            return before - entries.count
        }
    }

    private static func missing(_ id: String) -> Refusal {
        Refusal(404, "No search context found for id [\(id)]", code: "search_context_missing_exception")
    }
}

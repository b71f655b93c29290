import BuiltinSupport
import Hummingbird

/// The query language of lists: `q=name=a,operation=~b` and `sort=-name`.
struct ListQuery {
    private let call: Call

    init(_ call: Call) { self.call = call }

    /// One page of what fits. Throws a refusal for a query that cannot be read.
    func answer(_ items: [JSON]) throws -> Response {
        var found = try filtered(items)
        if let sort = call.query["sort"], !sort.isEmpty {
            let name = sort.hasPrefix("-") ? String(sort.dropFirst()) : sort
            found.sort { left, right in
                let isLess = Self.isLess(left[name], right[name])
                return sort.hasPrefix("-") ? Self.isLess(right[name], left[name]) : isLess
            }
        }
        return Page(call.query, size: "page_size", normal: 10, most: 100).answer(found, call) { $0 }
    }

    private static func isLess(_ left: JSON, _ right: JSON) -> Bool {
        if let left = left.double, let right = right.double { return left < right }
        return (left.string ?? "") < (right.string ?? "")
    }

    private func filtered(_ items: [JSON]) throws -> [JSON] {
        try (call.query["q"] ?? "").split(separator: ",").reduce(items) { items, condition in
            let pair = condition.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2 else { throw Harbor.bad("the query string \(condition) is invalid") }
            let isFuzzy = pair[1].hasPrefix("~")
            let wanted = isFuzzy ? String(pair[1].dropFirst()) : pair[1]
            return items.filter { item in
                let value = item[pair[0]].string ?? item[pair[0]].text
                return isFuzzy ? value.lowercased().contains(wanted.lowercased()) : value == wanted
            }
        }
    }
}

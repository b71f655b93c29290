package import Hummingbird

/// One page of a list, counted from 1.
package struct Page: Sendable {
    /// Its number, from 1.
    package let number: Int
    /// How many items it has at most.
    package let size: Int

    /// Reads the page that a query asks for; numbers that are none or too large are brought to what is allowed.
    package init(_ query: QueryParameters, size name: String = "limit", normal: Int = 30, most: Int = 50) {
        number = max(1, query["page"].flatMap(Int.init) ?? 1)
        let wanted = query[name].flatMap(Int.init) ?? normal
        size = wanted <= 0 ? normal : min(wanted, most)
    }

    /// The items of the page.
    package func of<Item>(_ items: [Item]) -> ArraySlice<Item> {
        let (start, overflow) = (number - 1).multipliedReportingOverflow(by: size)
        return overflow ? [] : items.dropFirst(start).prefix(size)
    }

    /// The answer with one page of a list: the total in `X-Total-Count`, the other pages in `Link`.
    package func answer<Item>(_ items: [Item], _ call: Call, _ describe: (Item) throws -> JSON) rethrows -> Response {
        var headers = ["X-Total-Count": "\(items.count)", "Access-Control-Expose-Headers": "Link, X-Total-Count"]
        let links = links(total: items.count, call)
        if !links.isEmpty { headers["Link"] = links }
        return Reply.json(.array(try of(items).map(describe)), headers: headers)
    }

    private func links(total: Int, _ call: Call) -> String {
        let last = max(1, (total + size - 1) / size)
        var pages: [(String, Int)] = []
        if number < last { pages += [("next", number + 1), ("last", last)] }
        if number > 1 { pages += [("first", 1), ("prev", number - 1)] }
        return pages.map { name, page in
            let query = call.query.setting("page", to: "\(page)")
            return "<\(call.baseURL)\(call.request.uri.path)?\(query)>; rel=\"\(name)\""
        }.joined(separator: ",")
    }
}

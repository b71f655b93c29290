import BuiltinSupport

/// A document that a search found.
struct Hit: Sendable {
    let index: Index
    let mapping: Mapping
    let document: Document
    let score: Double
    var keys: [JSON] = []

    /// The hit as an answer shows it.
    func json(_ request: SearchRequest) -> JSON {
        let isScored = request.sort.isEmpty || request.sort.contains { $0.field == "_score" }
        var result: JSON = [
            "_index": .string(index.name), "_id": .string(document.id), "_score": isScored ? .double(score) : .null,
        ]
        if let source = request.source.apply(document.source) { result["_source"] = source }
        if !request.sort.isEmpty { result["sort"] = .array(keys) }
        if request.showsVersion { result["_version"] = .int(document.version) }
        if request.showsSequence {
            result["_seq_no"] = .int(document.sequence)
            result["_primary_term"] = .int(Index.primaryTerm)
        }
        return result
    }
}

/// What indices hold at one moment.
struct Snapshot: Sendable {
    let parts: [(index: Index, mapping: Mapping, documents: [Document])]

    init(_ indices: [Index]) {
        parts = indices.map { index in
            let found = index.searchable()
            return (index, found.mapping, found.documents)
        }
    }

    /// All documents that a query finds, in no order.
    func hits(_ query: Query, minimumScore: Double? = nil) throws -> [Hit] {
        try parts.flatMap { part in
            var matcher = Matcher(mapping: part.mapping, documents: part.documents)
            return try part.documents.compactMap { document -> Hit? in
                guard let score = try matcher.score(query, document), score >= minimumScore ?? 0 else { return nil }
                return Hit(index: part.index, mapping: part.mapping, document: document, score: score)
            }
        }
    }

    /// All hits of a request, in its order, and the aggregations.
    func run(_ request: SearchRequest) throws -> SearchResult {
        let found = try hits(request.query, minimumScore: request.minimumScore)
        var aggregations: [String: JSON] = [:]
        for aggregation in request.aggregations { aggregations[aggregation.name] = try aggregation.run(found) }
        var shown = found
        if let filter = request.postFilter {
            let kept = Set(try hits(filter).map { "\($0.index.name)/\($0.document.id)" })
            shown = found.filter { kept.contains("\($0.index.name)/\($0.document.id)") }
        }
        let sorted = try Sorter(request.sort, self).sorted(shown)
        return SearchResult(hits: sorted, shards: parts.count, aggregations: aggregations.isEmpty ? nil : aggregations)
    }
}

/// Puts hits in order.
private struct Sorter {
    private let keys: [SortKey]

    init(_ keys: [SortKey], _ snapshot: Snapshot) throws {
        self.keys = keys
        for key in keys where !key.field.hasPrefix("_") {
            for part in snapshot.parts {
                guard let field = part.mapping.field(key.field) else {
                    if key.allowsUnmapped || part.documents.isEmpty { continue }
                    throw Refusal(
                        400, "No mapping found for [\(key.field)] in order to sort on", code: "query_shard_exception")
                }
                try Aggregation.checkIsExact(field)
            }
        }
    }

    func sorted(_ hits: [Hit]) -> [Hit] {
        // Hits come in the order of writing, which decides where everything else is the same.
        if keys.isEmpty {
            return hits.enumerated().sorted { ($1.element.score, $0.offset) < ($0.element.score, $1.offset) }.map(
                \.element)
        }
        let keyed = hits.enumerated().map { offset, hit in
            var hit = hit
            hit.keys = keys.map { key in value(key, hit, place: offset) }
            return (offset, hit)
        }
        return keyed.sorted { left, right in
            let order = SearchResult.compare(left.1.keys, right.1.keys, keys)
            return order == 0 ? left.0 < right.0 : order < 0
        }.map { $0.1 }
    }

    private func value(_ key: SortKey, _ hit: Hit, place: Int) -> JSON {
        switch key.field {
        case "_score": return .double(hit.score)
        case "_doc", "_shard_doc": return .int(place)
        case "_id": return .string(hit.document.id)
        case "_index": return .string(hit.index.name)
        default:
            let terms = hit.mapping.field(key.field)?.terms(hit.document.source) ?? []
            guard let term = key.isDescending ? terms.max() : terms.min() else { return .null }
            return Aggregation.json(term)
        }
    }
}

/// What a search found.
struct SearchResult: Sendable {
    var hits: [Hit]
    let shards: Int
    let aggregations: [String: JSON]?

    /// Negative when the first comes before the second.
    static func compare(_ left: [JSON], _ right: [JSON], _ keys: [SortKey]) -> Int {
        for ((one, other), key) in zip(zip(left, right), keys) where one != other {
            if one.isNull || other.isNull { return one.isNull == key.missingFirst ? -1 : 1 }
            let isLess: Bool
            if let one = one.double, let other = other.double {
                if one == other { continue }
                isLess = one < other
            } else {
                isLess = QueryParser.plain(one) < QueryParser.plain(other)
            }
            return isLess != key.isDescending ? -1 : 1
        }
        return 0
    }

    /// The hits that come after those keys.
    mutating func drop(through after: [JSON], _ request: SearchRequest) throws {
        guard after.count == request.sort.count else {
            throw Refusal.illegalArgument(
                "search_after has [\(after.count)] value(s) but sort has [\(request.sort.count)].")
        }
        hits.removeAll { Self.compare($0.keys, after, request.sort) <= 0 }
    }

    /// The answer with one page; `total` is how many there are.
    func answer(_ request: SearchRequest, page: ArraySlice<Hit>, total: Int, took: Int) -> JSON {
        let isCut = !request.countsAll && total > request.countLimit
        let best = hits.map(\.score).max()
        let isScored = request.sort.isEmpty || request.sort.contains { $0.field == "_score" }
        var result: JSON = [
            "took": .int(took), "timed_out": false, "_shards": Self.shards(shards),
            "hits": [
                "total": [
                    "value": .int(isCut ? request.countLimit : total), "relation": .string(isCut ? "gte" : "eq"),
                ], "max_score": isScored ? best.map { .double($0) } ?? .null : .null,
                "hits": .array(page.map { $0.json(request) }),
            ],
        ]
        if let aggregations { result["aggregations"] = .object(aggregations) }
        return result
    }

    /// How many shards answered: one for each index.
    static func shards(_ count: Int) -> JSON {
        ["total": .int(count), "successful": .int(count), "skipped": 0, "failed": 0]
    }
}

import BuiltinSupport

/// How hits are ordered.
struct SortKey: Sendable {
    let field: String
    let isDescending: Bool
    let missingFirst: Bool
    let allowsUnmapped: Bool
}

/// What a search asks for.
struct SearchRequest: Sendable {
    /// How deep pages may go, and how many hits are counted exactly.
    static let window = 10_000

    var query = Query.all
    var from = 0
    var size = 10
    var sort: [SortKey] = []
    var after: [JSON]?
    var source = SourceFilter.all
    var aggregations: [Aggregation] = []
    var postFilter: Query?
    var countsAll = false
    var countLimit = window
    var showsVersion = false
    var showsSequence = false
    var minimumScore: Double?
    var pointInTime: String?

    /// Reads a body and the parameters that may stand for it in the query.
    init(_ body: JSON, _ parameters: QueryParameters) throws {
        let known: Set = [
            "query", "from", "size", "sort", "search_after", "_source", "aggs", "aggregations", "post_filter",
            "track_total_hits", "version", "seq_no_primary_term", "min_score", "pit", "timeout", "track_scores",
            "explain", "stored_fields", "terminate_after", "slice", "profile",
        ]
        for name in (body.members ?? [:]).keys.sorted() where !known.contains(name) {
            throw Refusal.parsing("Unknown key for a VALUE in [\(name)].")
        }
        query = try QueryParser.parse(body["query"])
        if let text = parameters["q"] {
            var parser = try QueryStringParser(
                text, field: parameters["df"], fields: [],
                needsAll: parameters["default_operator"]?.lowercased() == "and")
            query = try parser.parse()
        }
        from = body["from"].int ?? parameters["from"].flatMap(Int.init) ?? 0
        size = body["size"].int ?? parameters["size"].flatMap(Int.init) ?? 10
        sort = try Self.sort(body["sort"], parameters["sort"])
        after = body["search_after"].items
        source = SourceFilter(body["_source"], parameters)
        aggregations = try Aggregation.parse(body["aggs"].isNull ? body["aggregations"] : body["aggs"])
        postFilter = body["post_filter"].isNull ? nil : try QueryParser.parse(body["post_filter"])
        let track = body["track_total_hits"].isNull ? parameters["track_total_hits"] : body["track_total_hits"].text
        countsAll = track == "true"
        countLimit = track.flatMap(Int.init) ?? Self.window
        showsVersion = body["version"].bool ?? parameters.flag("version") ?? false
        showsSequence = body["seq_no_primary_term"].bool ?? parameters.flag("seq_no_primary_term") ?? false
        minimumScore = body["min_score"].double
        pointInTime = body["pit"]["id"].string
        guard from >= 0, size >= 0 else { throw Refusal.illegalArgument("[from] and [size] must not be negative") }
    }

    /// Throws when a page lies too deep; a scroll goes as deep as it likes.
    func checkWindow() throws {
        guard from + size <= Self.window else {
            throw Refusal.illegalArgument(
                "Result window is too large, from + size must be less than or equal to: [\(Self.window)] but was "
                    + "[\(from + size)]. See the scroll api for a more efficient way to request large data sets.")
        }
    }

    private static func sort(_ value: JSON, _ parameter: String?) throws -> [SortKey] {
        if let parameter, value.isNull {
            return parameter.split(separator: ",").map { part in
                let pair = part.split(separator: ":").map(String.init)
                return SortKey(
                    field: pair[0], isDescending: pair.count > 1 && pair[1] == "desc", missingFirst: false,
                    allowsUnmapped: false)
            }
        }
        return try (value.items ?? (value.isNull ? [] : [value])).flatMap { item -> [SortKey] in
            if let name = item.string { return [key(name, [:])] }
            guard let members = item.members else { throw Refusal.parsing("[sort] needs names or objects") }
            return members.map { key($0.key, $0.value) }
        }
    }

    private static func key(_ field: String, _ options: JSON) -> SortKey {
        let order = options.string ?? options["order"].string ?? (field == "_score" ? "desc" : "asc")
        return SortKey(
            field: field, isDescending: order == "desc", missingFirst: options["missing"] == "_first",
            allowsUnmapped: !options["unmapped_type"].isNull)
    }
}

/// Which parts of a document a hit shows.
struct SourceFilter: Sendable {
    static let all = SourceFilter(.null, QueryParameters(nil))

    private let isShown: Bool
    private let includes: [String]
    private let excludes: [String]

    init(_ body: JSON, _ parameters: QueryParameters) {
        func names(_ text: String?) -> [String] { (text ?? "").split(separator: ",").map(String.init) }
        func list(_ value: JSON) -> [String] { value.string.map { [$0] } ?? value.strings }
        let parameter = parameters["_source"]
        isShown = body != false && parameter != "false"
        let given = parameter == "true" || parameter == "false" ? nil : parameter
        includes = [
            list(body), list(body["includes"]), list(body["include"]), names(given),
            names(parameters["_source_includes"]),
        ].flatMap { $0 }
        excludes = [
            list(body["excludes"]), list(body["exclude"]), names(parameters["_source_excludes"]),
        ].flatMap { $0 }
    }

    /// What is shown of a document; nil when nothing is.
    func apply(_ source: JSON) -> JSON? {
        guard isShown else { return nil }
        if includes.isEmpty, excludes.isEmpty { return source }
        return filtered(source, path: "", isIncluded: includes.isEmpty) ?? [:]
    }

    private func filtered(_ value: JSON, path: String, isIncluded: Bool) -> JSON? {
        if let items = value.items, items.contains(where: { $0.members != nil }) {
            return .array(items.compactMap { filtered($0, path: path, isIncluded: isIncluded) })
        }
        guard let members = value.members else { return isIncluded ? value : nil }
        var result: [String: JSON] = [:]
        for (name, child) in members {
            let place = path.isEmpty ? name : "\(path).\(name)"
            if excludes.contains(where: { Wildcard($0).matches(place) }) { continue }
            let isIncluded = isIncluded || includes.contains { Wildcard($0).matches(place) }
            if let kept = filtered(child, path: place, isIncluded: isIncluded) { result[name] = kept }
        }
        return result.isEmpty && !isIncluded ? nil : .object(result)
    }
}

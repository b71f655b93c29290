import BuiltinSupport

/// A figure about the hits of a search.
struct Aggregation: Sendable {
    enum Kind: Sendable {
        case terms(size: Int, order: [(key: String, isDescending: Bool)], minimum: Int)
        case dateHistogram(DateInterval, minimum: Int)
        case histogram(Double, minimum: Int)
        case filter(Query)
        case filters([String: Query])
        case missing
        /// One of `value_count`, `min`, `max`, `avg`, `sum`, `cardinality`, `stats`.
        case metric(String)
    }

    /// The length of a bucket of time.
    enum DateInterval: Sendable {
        case fixed(Double)
        case calendar(Character)
    }

    let name: String
    let field: String
    let kind: Kind
    let children: [Aggregation]

    /// Reads the aggregations of a search. Throws a refusal that names what is wrong.
    static func parse(_ json: JSON) throws -> [Aggregation] {
        try (json.members ?? [:]).sorted { $0.key < $1.key }.map { name, body in
            let children = try parse(body["aggs"].isNull ? body["aggregations"] : body["aggs"])
            let types = (body.members ?? [:]).filter { !["aggs", "aggregations", "meta"].contains($0.key) }
            guard types.count == 1, let (type, options) = types.first else {
                throw Refusal.parsing("Expected one aggregation type in [\(name)]")
            }
            return Aggregation(
                name: name, field: options["field"].string ?? "", kind: try kind(type, options, name),
                children: children)
        }
    }

    private static func kind(_ type: String, _ options: JSON, _ name: String) throws -> Kind {
        if !["filter", "filters"].contains(type), options["field"].string == nil {
            throw Refusal.illegalArgument("Required one of fields [field, script], but none were specified.")
        }
        let minimum = options["min_doc_count"].int
        switch type {
        case "terms":
            let orders = options["order"].items ?? (options["order"].isNull ? [] : [options["order"]])
            let order = orders.flatMap { ($0.members ?? [:]).map { (key: $0.key, isDescending: $0.value == "desc") } }
            return .terms(size: options["size"].int ?? 10, order: order, minimum: minimum ?? 1)
        case "date_histogram": return .dateHistogram(try interval(options), minimum: minimum ?? 0)
        case "histogram":
            guard let length = options["interval"].double, length > 0 else {
                throw Refusal.illegalArgument("[interval] must be >0 for histogram aggregation [\(name)]")
            }
            return .histogram(length, minimum: minimum ?? 0)
        case "filter": return .filter(try QueryParser.parse(options))
        case "filters":
            return .filters(try (options["filters"].members ?? [:]).mapValues(QueryParser.parse))
        case "missing": return .missing
        case "value_count", "min", "max", "avg", "sum", "cardinality", "stats": return .metric(type)
        default: throw Refusal.parsing("Unknown aggregation type [\(type)]")
        }
    }

    private static func interval(_ options: JSON) throws -> DateInterval {
        let words: [String: Character] = [
            "second": "s", "minute": "m", "hour": "h", "day": "d", "week": "w", "month": "M", "quarter": "q",
            "year": "y",
        ]
        if let text = options["calendar_interval"].string {
            if let unit = words[text] ?? (text.hasPrefix("1") ? text.dropFirst().first : nil),
                text.count == 2 || words[text] != nil
            {
                return .calendar(unit)
            }
        } else if let text = options["fixed_interval"].string {
            let digits = text.prefix { $0.isNumber }
            let unit = text.dropFirst(digits.count)
            let length = unit == "ms" ? 1 : unit.count == 1 ? unit.first.flatMap { ElasticTime.fixed[$0] } : nil
            if let length, let count = Double(digits), count > 0 { return .fixed(count * length) }
        }
        throw Refusal.illegalArgument("The supplied interval could not be parsed as a calendar or a fixed interval.")
    }

    /// The aggregation's member of the answer.
    func run(_ hits: [Hit]) throws -> JSON {
        switch kind {
        case .terms(let size, let order, let minimum): return try terms(hits, size, order, minimum)
        case .dateHistogram(let interval, let minimum): return try dates(hits, interval, minimum)
        case .histogram(let length, let minimum):
            let buckets = try buckets(hits, minimum, floor: { ($0 / length).rounded(.down) * length }) { $0 + length }
            return ["buckets": .array(try buckets.map { key, hits in try bucket(hits, ["key": .double(key)]) })]
        case .filter(let query): return try bucket(try Self.filter(hits, query), [:])
        case .filters(let queries):
            return ["buckets": .object(try queries.mapValues { try bucket(try Self.filter(hits, $0), [:]) })]
        case .missing: return try bucket(hits.filter { terms(of: $0).isEmpty }, [:])
        case .metric(let type): return try metric(type, hits)
        }
    }

    /// Throws for a text, whose words are no values.
    static func checkIsExact(_ field: Field) throws {
        guard field.type != .text else {
            throw Refusal.illegalArgument(
                "Fielddata is disabled on [\(field.name)] in [_doc]. Text fields are not optimised for operations that "
                    + "require per-document field data like aggregations and sorting, so these operations are disabled by "
                    + "default. Please use a keyword field instead.")
        }
    }

    /// A term as a value of an answer; whole numbers stay whole.
    static func json(_ term: Term) -> JSON {
        switch term {
        case .text(let text): .string(text)
        case .number(let number): Int(exactly: number).map { .int($0) } ?? .double(number)
        }
    }

    private func terms(of hit: Hit) -> [Term] { hit.mapping.field(field)?.terms(hit.document.source) ?? [] }

    private func check(_ hits: [Hit]) throws {
        for hit in Dictionary(hits.map { ($0.index.name, $0) }, uniquingKeysWith: { first, _ in first }).values {
            if let field = hit.mapping.field(field) { try Self.checkIsExact(field) }
        }
    }

    private static func filter(_ hits: [Hit], _ query: Query) throws -> [Hit] {
        var result: [Hit] = []
        for group in Dictionary(grouping: hits, by: { $0.index.name }).values {
            var matcher = Matcher(mapping: group[0].mapping, documents: group.map(\.document))
            result += try group.filter { try matcher.score(query, $0.document) != nil }
        }
        return result
    }

    private func bucket(_ hits: [Hit], _ key: [String: JSON]) throws -> JSON {
        var members = key
        members["doc_count"] = .int(hits.count)
        for child in children { members[child.name] = try child.run(hits) }
        return .object(members)
    }

    private func terms(
        _ hits: [Hit], _ size: Int, _ order: [(key: String, isDescending: Bool)], _ minimum: Int
    ) throws -> JSON {
        try check(hits)
        var groups: [Term: [Hit]] = [:]
        for hit in hits { for term in Set(terms(of: hit)) { groups[term, default: []].append(hit) } }
        let type = hits.lazy.compactMap { $0.mapping.field(field)?.type }.first
        let buckets = try groups.filter { $0.value.count >= minimum }.map { term, hits -> (Term, JSON) in
            var key: [String: JSON] = ["key": Self.json(term)]
            if type == .boolean { key["key_as_string"] = term == .number(1) ? "true" : "false" }
            if type == .date, case .number(let millis) = term {
                key["key_as_string"] = .string(ElasticTime.text(millis))
            }
            return (term, try bucket(hits, key))
        }
        let wanted = order.isEmpty ? [(key: "_count", isDescending: true)] : order
        let sorted = buckets.sorted { left, right in
            for part in wanted {
                if part.key == "_key" || part.key == "_term" { return (left.0 < right.0) != part.isDescending }
                let one = Self.figure(left.1, part.key)
                let other = Self.figure(right.1, part.key)
                if one != other { return (one < other) != part.isDescending }
            }
            return left.0 < right.0
        }
        let rest = sorted.dropFirst(size).reduce(0) { $0 + ($1.1["doc_count"].int ?? 0) }
        return [
            "doc_count_error_upper_bound": 0, "sum_other_doc_count": .int(rest),
            "buckets": .array(sorted.prefix(size).map { $0.1 }),
        ]
    }

    private static func figure(_ bucket: JSON, _ key: String) -> Double {
        if key == "_count" { return bucket["doc_count"].double ?? 0 }
        let path = key.split(separator: ".").map(String.init)
        return bucket[path[0]][path.count > 1 ? path[1] : "value"].double ?? 0
    }

    private func dates(_ hits: [Hit], _ interval: DateInterval, _ minimum: Int) throws -> JSON {
        let buckets: [(Double, [Hit])]
        switch interval {
        case .fixed(let length):
            buckets = try self.buckets(hits, minimum, floor: { ($0 / length).rounded(.down) * length }) { $0 + length }
        case .calendar(let unit):
            buckets = try self.buckets(hits, minimum, floor: { ElasticTime.floor($0, to: unit) ?? $0 }) {
                ElasticTime.advance($0, by: 1, unit) ?? .infinity
            }
        }
        return [
            "buckets": .array(
                try buckets.map { millis, hits in
                    try bucket(
                        hits, ["key": .int(Int(millis)), "key_as_string": .string(ElasticTime.text(millis))])
                })
        ]
    }

    /// The buckets of a histogram from the first to the last, also the empty ones where those are wanted.
    private func buckets(
        _ hits: [Hit], _ minimum: Int, floor: (Double) -> Double, next: (Double) -> Double
    ) throws -> [(Double, [Hit])] {
        try check(hits)
        var groups: [Double: [Hit]] = [:]
        for hit in hits {
            let places = terms(of: hit).compactMap { term -> Double? in
                guard case .number(let number) = term else { return nil }
                return floor(number)
            }
            for place in Set(places) { groups[place, default: []].append(hit) }
        }
        if minimum == 0, let first = groups.keys.min(), let last = groups.keys.max() {
            var place = first
            while place < last {
                place = next(place)
                groups[place] = groups[place] ?? []
                guard groups.count <= 65_536 else {
                    throw Refusal(
                        400, "Trying to create too many buckets. Must be less than or equal to: [65536]",
                        code: "too_many_buckets_exception")
                }
            }
        }
        return groups.filter { $0.value.count >= minimum }.sorted { $0.key < $1.key }
    }

    private func metric(_ type: String, _ hits: [Hit]) throws -> JSON {
        try check(hits)
        let terms = hits.flatMap(terms(of:))
        if type == "value_count" { return ["value": .int(terms.count)] }
        if type == "cardinality" { return ["value": .int(Set(terms).count)] }
        let numbers = try terms.map { term -> Double in
            guard case .number(let number) = term else {
                throw Refusal.illegalArgument(
                    "Field [\(field)] of type [keyword] is not supported for aggregation [\(type)]")
            }
            return number
        }
        let sum = numbers.reduce(0, +)
        let mean = numbers.isEmpty ? nil : sum / Double(numbers.count)
        let figures: [String: Double?] = ["min": numbers.min(), "max": numbers.max(), "avg": mean, "sum": sum]
        func json(_ number: Double?) -> JSON { number.map { .double($0) } ?? .null }
        if type == "stats" {
            var result = JSON.object(figures.mapValues(json))
            result["count"] = .int(numbers.count)
            return result
        }
        var result: JSON = ["value": json(figures[type] ?? nil)]
        let isDate = hits.first?.mapping.field(field)?.type == .date
        if isDate, let millis = figures[type] ?? nil { result["value_as_string"] = .string(ElasticTime.text(millis)) }
        return result
    }
}

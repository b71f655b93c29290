import BuiltinSupport

/// Reads queries of the search API.
enum QueryParser {
    /// The query that an object describes; null is everything. Throws a refusal that names what is wrong.
    static func parse(_ json: JSON) throws -> Query {
        if json.isNull { return .all }
        guard let members = json.members, members.count == 1, let (name, body) = members.first else {
            throw Refusal.parsing("[bool] malformed query, expected one query in an object")
        }
        switch name {
        case "match_all": return .all
        case "match_none": return .none
        case "bool": return try bool(body)
        case "term": return try single(body) { field, value in .terms(field: field, values: [value("value")]) }
        case "terms": return try terms(body)
        case "match": return try single(body) { try match($0, $1) }
        case "match_phrase":
            return try single(body) { .phrase(field: $0, text: plain($1("query")), isPrefix: false) }
        case "match_phrase_prefix", "match_bool_prefix":
            return try single(body) { .phrase(field: $0, text: plain($1("query")), isPrefix: true) }
        case "multi_match": return try multiMatch(body)
        case "range": return try range(body)
        case "exists": return .exists(field: try text(body, "field", of: name))
        case "prefix":
            return try single(body) { field, value in
                .pattern(field: field, pattern: .prefix(plain(value("value")), ignoresCase: ignoresCase(body, field)))
            }
        case "wildcard":
            return try single(body) { field, value in
                let pattern = value("value").isNull ? value("wildcard") : value("value")
                return .pattern(
                    field: field, pattern: Wildcard(plain(pattern), ignoresCase: ignoresCase(body, field)))
            }
        case "ids": return .ids(Set((body["values"].items ?? [body["values"]]).map(plain)))
        case "constant_score": return .constant(try parse(body["filter"]), score: body["boost"].double ?? 1)
        case "query_string", "simple_query_string":
            var parser = try QueryStringParser(
                try text(body, "query", of: name), field: body["default_field"].string, fields: body["fields"].strings,
                needsAll: body["default_operator"].string?.lowercased() == "and")
            return try parser.parse()
        default: throw Refusal.parsing("unknown query [\(name)]")
        }
    }

    /// A value as words.
    static func plain(_ value: JSON) -> String { value.string ?? (value.isNull ? "" : value.text) }

    private static func ignoresCase(_ body: JSON, _ field: String) -> Bool {
        body[field]["case_insensitive"].bool ?? false
    }

    private static func text(_ body: JSON, _ name: String, of query: String) throws -> String {
        guard let text = body[name].string else { throw Refusal.parsing("[\(query)] requires [\(name)]") }
        return text
    }

    /// `{field: value}` or `{field: {member: value, …}}`; the closure asks for members.
    private static func single(
        _ body: JSON, _ make: (String, (String) -> JSON) throws -> Query
    ) throws -> Query {
        let fields = (body.members ?? [:]).filter { $0.key != "boost" && $0.key != "_name" }
        guard fields.count == 1, let (field, value) = fields.first else {
            throw Refusal.parsing("the query needs exactly one field")
        }
        let query = try make(field) {
            value.members == nil ? ($0 == "query" || $0 == "value" ? value : .null) : value[$0]
        }
        return query
    }

    private static func terms(_ body: JSON) throws -> Query {
        let fields = (body.members ?? [:]).filter { $0.key != "boost" && $0.key != "_name" }
        guard fields.count == 1, let (field, value) = fields.first, let values = value.items else {
            throw Refusal.parsing("[terms] query requires one field with an array of values")
        }
        return .terms(field: field, values: values)
    }

    private static func match(_ field: String, _ value: (String) -> JSON) throws -> Query {
        let needsAll = value("operator").string?.lowercased() == "and"
        let minimum = value("minimum_should_match")
        return .match(
            field: field, text: value("query"), needsAll: needsAll,
            atLeast: minimum.int ?? minimum.string.flatMap(Int.init) ?? 1)
    }

    private static func multiMatch(_ body: JSON) throws -> Query {
        let text = try text(body, "query", of: "multi_match")
        let isPhrase = body["type"].string == "phrase"
        let needsAll = body["operator"].string?.lowercased() == "and"
        let fields = body["fields"].items == nil ? ["*"] : body["fields"].strings
        return .any(
            fields.map { field in
                let name = field.split(separator: "^").first.map(String.init) ?? field
                return isPhrase
                    ? .phrase(field: name, text: text, isPrefix: false)
                    : .match(field: name, text: .string(text), needsAll: needsAll, atLeast: 1)
            })
    }

    private static func range(_ body: JSON) throws -> Query {
        guard let members = body.members, members.count == 1, let (field, value) = members.first,
            let given = value.members
        else { throw Refusal.parsing("[range] query requires one field") }
        let known = ["gt", "gte", "lt", "lte", "from", "to", "format", "time_zone", "boost", "relation"]
        if let unknown = given.keys.first(where: { !known.contains($0) }) {
            throw Refusal.parsing("[range] query does not support [\(unknown)]")
        }
        return .range(
            field: field, bounds: given.filter { ["gt", "gte", "lt", "lte"].contains($0.key) && !$0.value.isNull })
    }

    private static func bool(_ body: JSON) throws -> Query {
        let known = ["must", "filter", "should", "must_not", "minimum_should_match", "boost", "adjust_pure_negative"]
        if let unknown = body.members?.keys.first(where: { !known.contains($0) }) {
            throw Refusal.parsing("[bool] query does not support [\(unknown)]")
        }
        func clauses(_ name: String) throws -> [Query] {
            let value = body[name]
            return try (value.items ?? (value.isNull ? [] : [value])).map(parse)
        }
        let minimum = body["minimum_should_match"]
        return .bool(
            must: try clauses("must"), filter: try clauses("filter"), should: try clauses("should"),
            mustNot: try clauses("must_not"), minimum: minimum.int ?? minimum.string.flatMap(Int.init))
    }
}

import BuiltinSupport

/// Reads the small language of `query_string`: words, phrases, `field:`, ranges, wildcards, AND, OR, NOT, +, - and parentheses.
struct QueryStringParser {
    private let tokens: [String]
    private var index = 0
    private let fields: [String]
    private let needsAll: Bool

    init(_ text: String, field: String?, fields: [String], needsAll: Bool) throws {
        tokens = try Self.tokens(text)
        self.fields = fields.isEmpty ? [field ?? "*"] : fields.map { String($0.prefix { $0 != "^" }) }
        self.needsAll = needsAll
    }

    mutating func parse() throws -> Query {
        if tokens.isEmpty { return .none }
        let query = try expression(fields)
        guard index == tokens.count else { throw Refusal.parsing("Failed to parse query: unexpected \(tokens[index])") }
        return query
    }

    private static func tokens(_ text: String) throws -> [String] {
        var result: [String] = []
        var word = ""
        // What ends the quotation or the range that we are in.
        var quote: [Character]?
        for character in text {
            if let ends = quote {
                word.append(character)
                if ends.contains(character) { quote = nil }
            } else if character == "\"" || character == "[" || character == "{" {
                word.append(character)
                quote = character == "\"" ? ["\""] : ["]", "}"]
            } else if character == "(" || character == ")" {
                if !word.isEmpty { result.append(word) }
                word = ""
                result.append(String(character))
            } else if character.isWhitespace {
                if !word.isEmpty { result.append(word) }
                word = ""
            } else {
                word.append(character)
            }
        }
        guard quote == nil else { throw Refusal.parsing("Failed to parse query [\(text)]: a quotation is not closed") }
        return word.isEmpty ? result : result + [word]
    }

    private var current: String? { index < tokens.count ? tokens[index] : nil }

    private mutating func take(_ words: String...) -> Bool {
        guard let current, words.contains(current) else { return false }
        index += 1
        return true
    }

    private mutating func expression(_ fields: [String]) throws -> Query {
        var must: [Query] = []
        var should: [Query] = []
        var mustNot: [Query] = []
        var before = ""
        while let token = current, token != ")" {
            if ["AND", "&&", "OR", "||"].contains(token) {
                before = token
                index += 1
                continue
            }
            if take("NOT", "!") {
                mustNot.append(try clause(fields))
            } else if token.hasPrefix("-"), token.count > 1 {
                mustNot.append(try clause(fields, dropping: 1))
            } else if token.hasPrefix("+"), token.count > 1 {
                must.append(try clause(fields, dropping: 1))
            } else {
                let query = try clause(fields)
                let neighbours = [before, current ?? ""]
                let isAnd = neighbours.contains("AND") || neighbours.contains("&&")
                let isOr = neighbours.contains("OR") || neighbours.contains("||")
                if isAnd || needsAll && !isOr { must.append(query) } else { should.append(query) }
            }
            before = ""
        }
        return .bool(
            must: must, filter: [], should: should, mustNot: mustNot,
            minimum: must.isEmpty && !should.isEmpty ? 1 : nil)
    }

    private mutating func clause(_ fields: [String], dropping count: Int = 0) throws -> Query {
        guard let token = current else { throw Refusal.parsing("Failed to parse query: it ends too early") }
        index += 1
        if token == "(" {
            let query = try expression(fields)
            guard take(")") else { throw Refusal.parsing("Failed to parse query: a parenthesis is not closed") }
            return query
        }
        let text = String(token.dropFirst(count))
        guard let colon = text.firstIndex(of: ":"), !text.hasPrefix("\"") else { return Self.any(fields, text) }
        let field = String(text[..<colon])
        let value = String(text[text.index(after: colon)...])
        // `field:(a b)` has its parenthesis in the next token.
        if value.isEmpty { return try clause([field]) }
        return field == "_exists_" ? .exists(field: value) : Self.any([field], value)
    }

    private static func any(_ fields: [String], _ text: String) -> Query {
        if text == "*", fields == ["*"] { return .all }
        let queries = fields.map { one($0, text) }
        return queries.count == 1 ? queries[0] : .any(queries)
    }

    private static func one(_ field: String, _ text: String) -> Query {
        if text.hasPrefix("\""), text.hasSuffix("\""), text.count > 1 {
            return .phrase(field: field, text: String(text.dropFirst().dropLast()), isPrefix: false)
        }
        if let first = text.first, first == "[" || first == "{", let bounds = bounds(text) {
            return .range(field: field, bounds: bounds)
        }
        for sign in [">=", "<=", ">", "<"] where text.hasPrefix(sign) {
            let name = [">=": "gte", "<=": "lte", ">": "gt", "<": "lt"][sign] ?? ""
            return .range(field: field, bounds: [name: .string(String(text.dropFirst(sign.count)))])
        }
        if text == "*" { return .exists(field: field) }
        if text.contains("*") || text.contains("?") {
            return .pattern(field: field, pattern: Wildcard(text, ignoresCase: true))
        }
        return .match(field: field, text: .string(text), needsAll: false, atLeast: 1)
    }

    private static func bounds(_ text: String) -> [String: JSON]? {
        let inner = text.dropFirst().dropLast().split(separator: " ")
        guard inner.count == 3, inner[1] == "TO" else { return nil }
        var result: [String: JSON] = [:]
        if inner[0] != "*" { result[text.first == "[" ? "gte" : "gt"] = .string(String(inner[0])) }
        if inner[2] != "*" { result[text.last == "]" ? "lte" : "lt"] = .string(String(inner[2])) }
        return result
    }
}

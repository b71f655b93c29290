import BuiltinSupport

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Decides which documents of one index a query finds, and how well (BM25 for words, 1 for everything else).
struct Matcher {
    private let mapping: Mapping
    private let documents: [Document]
    private var statistics: [String: Statistics] = [:]

    /// How often words occur in a field, over all documents.
    private struct Statistics {
        var documents: [String: Int] = [:]
        var averageLength = 1.0
        var count = 0
    }

    init(mapping: Mapping, documents: [Document]) {
        self.mapping = mapping
        self.documents = documents
    }

    /// How well a document fits; nil when it does not. Throws when the query does not fit the fields.
    mutating func score(_ query: Query, _ document: Document) throws -> Double? {
        switch query {
        case .all: return 1
        case .none: return nil
        case .ids(let ids): return ids.contains(document.id) ? 1 : nil
        case .exists(let name):
            return exists(name, document) ? 1 : nil
        case .terms(let name, let values):
            if name == "_id" { return values.contains { $0.string == document.id } ? 1 : nil }
            guard let field = mapping.field(name) else { return nil }
            let wanted = try Set(values.map { try Self.term($0, field) })
            return field.terms(document.source).contains(where: wanted.contains) ? 1 : nil
        case .match(let name, let text, let needsAll, let atLeast):
            return try match(name, text, needsAll: needsAll, atLeast: atLeast, document)
        case .phrase(let name, let text, let isPrefix):
            return phrase(name, text, isPrefix: isPrefix, document) ? 1 : nil
        case .range(let name, let bounds):
            guard let field = mapping.field(name) else { return nil }
            return try Self.isWithin(field, bounds, document) ? 1 : nil
        case .pattern(let name, let pattern):
            return fields(name).contains { field in
                field.terms(document.source).contains {
                    if case .text(let text) = $0 { pattern.matches(text) } else { false }
                }
            } ? 1 : nil
        case .any(let queries): return try queries.compactMap { try score($0, document) }.max()
        case .constant(let query, let score): return try self.score(query, document).map { _ in score }
        case .bool(let must, let filter, let should, let mustNot, let minimum):
            return try bool(must, filter, should, mustNot, minimum, document)
        }
    }

    private mutating func bool(
        _ must: [Query], _ filter: [Query], _ should: [Query], _ mustNot: [Query], _ minimum: Int?,
        _ document: Document
    ) throws -> Double? {
        var total = 0.0
        for query in mustNot where try score(query, document) != nil { return nil }
        for query in filter where try score(query, document) == nil { return nil }
        for query in must {
            guard let score = try score(query, document) else { return nil }
            total += score
        }
        let scores = try should.compactMap { try score($0, document) }
        // Where nothing else selects, one of them must.
        let needed = minimum ?? (must.isEmpty && filter.isEmpty && !should.isEmpty ? 1 : 0)
        guard scores.count >= (needed < 0 ? should.count + needed : needed) else { return nil }
        let onlyExcludes = must.isEmpty && should.isEmpty && filter.isEmpty
        return onlyExcludes ? 1 : total + scores.reduce(0, +)
    }

    private func exists(_ name: String, _ document: Document) -> Bool {
        let path = mapping.field(name)?.path ?? name.split(separator: ".").map(String.init)
        return !document.source.values(at: path[...]).isEmpty
    }

    /// The fields that a name with `*` means.
    private func fields(_ name: String) -> [Field] {
        if !name.contains("*") { return mapping.field(name).map { [$0] } ?? [] }
        let pattern = Wildcard(name)
        return mapping.fields.filter { pattern.matches($0.name) }
    }

    private static func term(_ value: JSON, _ field: Field) throws -> Term {
        if field.type == .date, let millis = ElasticTime.resolved(value, up: false) { return .number(millis) }
        guard let term = field.exact(value) else {
            let reason = field.type == .date ? "failed to parse date field" : "For input string:"
            throw Refusal(
                400, "failed to create query: \(reason) \"\(value.string ?? value.text)\"",
                code: "query_shard_exception")
        }
        return term
    }

    private mutating func match(
        _ name: String, _ text: JSON, needsAll: Bool, atLeast: Int, _ document: Document
    ) throws -> Double? {
        if name.contains("*") {
            // Over many fields: what does not fit one of them is not an error.
            let names = fields(name).map(\.name)
            return try names.compactMap { field in
                guard let field = mapping.field(field), !field.terms(of: text).isEmpty else { return nil }
                return try match(field.name, text, needsAll: needsAll, atLeast: atLeast, document)
            }.max()
        }
        guard let field = mapping.field(name) else { return nil }
        guard field.type == .text else {
            return field.terms(document.source).contains(try Self.term(text, field)) ? 1 : nil
        }
        let words = Analyzer.words(QueryParser.plain(text))
        let found = field.terms(document.source)
        var counts: [Term: Int] = [:]
        for term in found { counts[term, default: 0] += 1 }
        let hits = words.filter { counts[.text($0)] != nil }
        let needed = needsAll ? words.count : min(max(1, atLeast < 0 ? words.count + atLeast : atLeast), words.count)
        guard !words.isEmpty, hits.count >= needed else { return nil }
        let statistics = statistics(of: field)
        return hits.reduce(0) { total, word in
            let documents = Double(statistics.documents[word] ?? 0)
            let rarity = log(1 + (Double(statistics.count) - documents + 0.5) / (documents + 0.5))
            let frequency = Double(counts[.text(word)] ?? 0)
            let length = 0.25 + 0.75 * Double(found.count) / statistics.averageLength
            return total + rarity * frequency * 2.2 / (frequency + 1.2 * length)
        }
    }

    private mutating func statistics(of field: Field) -> Statistics {
        if let known = statistics[field.name] { return known }
        var result = Statistics()
        var length = 0
        for document in documents {
            let terms = field.terms(document.source)
            if terms.isEmpty { continue }
            result.count += 1
            length += terms.count
            for case .text(let word) in Set(terms) { result.documents[word, default: 0] += 1 }
        }
        result.averageLength = max(1, Double(length) / Double(max(1, result.count)))
        statistics[field.name] = result
        return result
    }

    private func phrase(_ name: String, _ text: String, isPrefix: Bool, _ document: Document) -> Bool {
        fields(name).contains { field in
            guard field.type == .text else {
                return field.terms(document.source).contains { $0 == field.exact(.string(text)) }
            }
            let words = Analyzer.words(text)
            guard !words.isEmpty else { return false }
            return field.values(document.source).contains { value in
                let found = field.terms(of: value)
                return found.indices.contains { start in
                    guard start + words.count <= found.count else { return false }
                    return words.indices.allSatisfy { offset in
                        guard case .text(let word) = found[start + offset] else { return false }
                        return word == words[offset]
                            || isPrefix && offset == words.count - 1 && word.hasPrefix(words[offset])
                    }
                }
            }
        }
    }

    private static func isWithin(_ field: Field, _ bounds: [String: JSON], _ document: Document) throws -> Bool {
        let limits = try bounds.map { name, value -> (String, Term) in
            // `gt` and `lte` round up to the end of what a rounded date names.
            if field.type == .date, let millis = ElasticTime.resolved(value, up: name == "gt" || name == "lte") {
                return (name, .number(millis))
            }
            return (name, try term(value, field))
        }
        return field.terms(document.source).contains { term in
            limits.allSatisfy { name, limit in
                switch name {
                case "gt": term > limit
                case "gte": term >= limit
                case "lt": term < limit
                default: term <= limit
                }
            }
        }
    }
}

import BuiltinSupport

/// How a field is searched.
enum FieldType: Sendable, Hashable {
    case text, keyword, long, double, boolean, date
    case object

    /// The type that a mapping spells so; what we do not know is refused.
    init(_ name: String) throws {
        switch name {
        case "text", "match_only_text", "search_as_you_type": self = .text
        case "keyword", "constant_keyword", "wildcard", "ip", "version": self = .keyword
        case "long", "integer", "short", "byte", "unsigned_long": self = .long
        case "double", "float", "half_float", "scaled_float": self = .double
        case "boolean": self = .boolean
        case "date", "date_nanos": self = .date
        case "object", "nested", "flattened": self = .object
        default:
            throw Refusal(
                400, "The mapper type [\(name)] declared on field does not exist.", code: "mapper_parsing_exception")
        }
    }
}

/// One value as an index holds it.
enum Term: Sendable, Hashable, Comparable {
    case number(Double)
    case text(String)

    static func < (left: Term, right: Term) -> Bool {
        switch (left, right) {
        case (.number(let left), .number(let right)): left < right
        case (.text(let left), .text(let right)): left < right
        case (.number, .text): true
        case (.text, .number): false
        }
    }
}

/// A field that a query names.
struct Field: Sendable {
    let name: String
    let type: FieldType
    /// Where its values are in a document.
    let path: [String]

    /// The values in a document.
    func values(_ source: JSON) -> [JSON] { source.values(at: path[...]) }

    /// The terms that an index would hold of a document.
    func terms(_ source: JSON) -> [Term] { values(source).flatMap(terms(of:)) }

    /// The terms of one value of a document: words where it is a text.
    func terms(of value: JSON) -> [Term] {
        if type == .text { return (Self.plain(value).map(Analyzer.words) ?? []).map { .text($0) } }
        return exact(value).map { [$0] } ?? []
    }

    /// The one term that a value is compared as; nil when it is none of the field's type.
    func exact(_ value: JSON) -> Term? {
        switch type {
        case .text, .keyword, .object: return Self.plain(value).map { .text($0) }
        case .long, .double: return (value.double ?? value.string.flatMap(Double.init)).map { .number($0) }
        case .boolean:
            let word = value.bool.map { $0 ? "true" : "false" } ?? value.string ?? ""
            return ["true": .number(1), "false": .number(0)][word]
        case .date: return ElasticTime.millis(value).map { .number($0) }
        }
    }

    private static func plain(_ value: JSON) -> String? {
        switch value {
        case .null, .array, .object: nil
        case .string(let text): text
        default: value.text
        }
    }
}

/// Takes texts apart as the standard analyzer does.
enum Analyzer {
    /// The words in lower case.
    static func words(_ text: String) -> [String] {
        text.lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init)
    }
}

extension JSON {
    /// The values at a path, arrays opened; names may hold dots, as in `{"a.b": 1}`.
    func values(at path: ArraySlice<String>) -> [JSON] {
        if let items { return items.flatMap { $0.values(at: path) } }
        if path.isEmpty { return isNull ? [] : [self] }
        guard let members else { return [] }
        return path.indices.flatMap { end in
            members[path[...end].joined(separator: ".")]?.values(at: path[(end + 1)...]) ?? []
        }
    }
}

/// The fields of an index, as its mapping describes them.
struct Mapping: Sendable, Hashable {
    /// The object with `properties`, as the API shows it.
    private(set) var json: JSON

    init(_ json: JSON) throws {
        self.json = json.members == nil ? [:] : json
        try Self.check(self.json)
    }

    private static func check(_ json: JSON) throws {
        for (_, field) in json["properties"].members ?? [:] {
            if let type = field["type"].string { _ = try FieldType(type) }
            try check(field)
        }
    }

    /// The field of that name; nil where there is none.
    func field(_ name: String) -> Field? {
        var node = json
        var path: [String] = []
        for part in name.split(separator: ".").map(String.init) {
            if node["properties"][part] != .null {
                node = node["properties"][part]
                path.append(part)
            } else if node["fields"][part] != .null {
                node = node["fields"][part]
            } else {
                return nil
            }
        }
        guard let type = try? FieldType(node["type"].string ?? "object") else { return nil }
        return Field(name: name, type: type, path: path)
    }

    /// All fields that hold values, with their names.
    var fields: [Field] { Self.names(json, "").compactMap(field) }

    private static func names(_ node: JSON, _ prefix: String) -> [String] {
        (node["properties"].members ?? [:]).sorted { $0.key < $1.key }.flatMap { name, child in
            child["type"].string == nil ? names(child, "\(prefix)\(name).") : ["\(prefix)\(name)"]
        }
    }

    /// Adds fields. Throws when one has another type already.
    mutating func merge(_ other: JSON) throws {
        try Self.check(other)
        json = try Self.merged(json, other, path: "")
    }

    private static func merged(_ old: JSON, _ new: JSON, path: String) throws -> JSON {
        var result = old
        for (name, value) in new.members ?? [:] where name != "properties" {
            if name == "type", let before = old["type"].string, before != value.string {
                throw Refusal.illegalArgument(
                    "mapper [\(path)] cannot be changed from type [\(before)] to [\(value.string ?? "")]")
            }
            result[name] = value
        }
        for (name, child) in new["properties"].members ?? [:] {
            let place = path.isEmpty ? name : "\(path).\(name)"
            result["properties"][name] = try merged(old["properties"][name], child, path: place)
        }
        return result
    }

    /// Learns the fields of a document and checks those that are known. Throws what does not fit.
    mutating func learn(_ source: JSON, id: String) throws {
        try Self.learn(source, into: &json, path: "", id: id, dynamic: json["dynamic"])
    }

    private static func learn(
        _ source: JSON, into node: inout JSON, path: String, id: String, dynamic: JSON
    ) throws {
        for (name, value) in source.members ?? [:] {
            let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
            if parts.count == 2 {
                try learn(
                    .object([parts[0]: .object([parts[1]: value])]), into: &node, path: path, id: id, dynamic: dynamic)
                continue
            }
            let place = path.isEmpty ? name : "\(path).\(name)"
            let samples = (value.items ?? [value]).filter { !$0.isNull }
            if node["properties"][name].isNull {
                guard let sample = samples.first else { continue }
                if dynamic == "strict" {
                    throw Refusal(
                        400,
                        "[1:1] mapping set to strict, dynamic introduction of [\(name)] within "
                            + "[\(path.isEmpty ? "_doc" : path)] is not allowed",
                        code: "strict_dynamic_mapping_exception")
                }
                if dynamic == false || dynamic == "false" || dynamic == "runtime" { continue }
                node["properties"][name] = guess(sample)
            }
            var child = node["properties"][name]
            for sample in samples { try fit(sample, &child, place: place, id: id, dynamic: dynamic) }
            node["properties"][name] = child
        }
    }

    private static func fit(_ value: JSON, _ node: inout JSON, place: String, id: String, dynamic: JSON) throws {
        guard let word = node["type"].string, word != "object", word != "nested" else {
            guard value.members != nil else {
                throw unfit(
                    "object mapping for [\(place)] tried to parse field [\(place)] as object, but found a "
                        + "concrete value")
            }
            let own = node["dynamic"]
            return try learn(value, into: &node, path: place, id: id, dynamic: own.isNull ? dynamic : own)
        }
        let type = try FieldType(word)
        guard type != .object, Field(name: place, type: type, path: []).exact(value) == nil else { return }
        throw unfit(
            "failed to parse field [\(place)] of type [\(word)] in document with id '\(id)'. "
                + "Preview of field's value: '\(value.string ?? value.text)'")
    }

    private static func unfit(_ reason: String) -> Refusal {
        Refusal(400, "[1:1] \(reason)", code: "document_parsing_exception")
    }

    /// The mapping of a field that nobody described.
    private static func guess(_ value: JSON) -> JSON {
        switch value {
        case .bool: ["type": "boolean"]
        case .int: ["type": "long"]
        case .double: ["type": "float"]
        case .object: ["properties": [:]]
        case .string(let text) where text.count >= 10 && text.contains("-") && ElasticTime.millis(value) != nil:
            ["type": "date"]
        default: ["type": "text", "fields": ["keyword": ["type": "keyword", "ignore_above": 256]]]
        }
    }
}

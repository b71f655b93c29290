import Yams

/// Walks the nodes of a YAML file that a person wrote, and collects everything that is wrong with it.
protocol NodeReader {
    /// The file, as the person named it.
    var file: String { get }
    /// What is wrong so far.
    var errors: [InputError] { get set }
}

/// A key of a table with its value.
struct NodeField {
    var key: Node
    var value: Node
}

// How nodes become values: each says what was expected, and where.

extension NodeReader {
    typealias Field = NodeField

    /// The longest duration that is taken: a week, in seconds.
    static var maximumSeconds: Double { 604_800 }

    mutating func fail(_ node: Node, _ message: String, _ advice: String) {
        let place = Self.place(of: node)
        errors.append(
            InputError(file: file, line: place.line, column: place.column, message: message, advice: advice))
    }

    static func place(of node: Node) -> InputPlace {
        InputPlace(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
    }

    /// The fields of a table, by name; an unknown name is an error. Nil when it is no table.
    mutating func fields(_ node: Node, of what: String, known: [String]) -> [String: Field]? {
        guard case .mapping(let mapping) = node else {
            fail(
                node, "\(what) is not a table",
                "write `key: value` lines; the keys are \(known.joined(separator: ", "))")
            return nil
        }
        var fields: [String: Field] = [:]
        for (key, value) in mapping {
            let name = key.scalar?.string ?? ""
            if known.contains(name) {
                fields[name] = Field(key: key, value: value)
            } else {
                let advice = "the keys of \(what) are \(known.joined(separator: ", "))"
                fail(key, "there is no key \(InputError.quote(name))", advice)
            }
        }
        return fields
    }

    mutating func list(_ node: Node, _ what: String) -> [Node]? {
        guard case .sequence(let sequence) = node else {
            fail(node, "\(what) is not a list", "write `[…, …]`, or a line with `- ` for each entry")
            return nil
        }
        return Array(sequence)
    }

    /// A text as it was written: `5` and `no` are texts here too.
    mutating func text(_ node: Node, _ what: String, allowingEmpty: Bool = false) -> String? {
        guard case .scalar(let scalar) = node, !isNull(scalar) else {
            fail(node, "\(what) is not a text", "write a text, in quotes if it has special characters")
            return nil
        }
        guard !scalar.string.utf8.contains(0) else {
            fail(node, "\(what) contains a NUL character", "remove it")
            return nil
        }
        guard allowingEmpty || scalar.string.contains(where: { !$0.isWhitespace }) else {
            fail(node, "\(what) is empty", "write a text")
            return nil
        }
        return scalar.string
    }

    /// A plain `null`, `~` or nothing at all after the colon.
    private func isNull(_ scalar: Node.Scalar) -> Bool {
        scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    /// One word of a fixed set.
    mutating func word<Word>(_ node: Node, _ what: String, _: Word.Type) -> Word?
    where Word: CaseIterable & RawRepresentable, Word.RawValue == String {
        guard let text = text(node, what) else { return nil }
        if let word = Word(rawValue: text) { return word }
        let known = Word.allCases.map(\.rawValue).joined(separator: ", ")
        fail(node, "\(what) cannot be \(InputError.quote(text))", "write one of \(known)")
        return nil
    }

    mutating func seconds(_ node: Node, _ what: String, from minimum: Double) -> Double? {
        if let text = plain(node), let value = Double(text), (minimum...Self.maximumSeconds).contains(value),
            text.utf8.allSatisfy({ "0123456789.eE+-".utf8.contains($0) })
        {
            return value
        }
        fail(node, "\(what) is not a duration", "write seconds from \(minimum) to 604800, such as 2.5")
        return nil
    }

    mutating func number(_ node: Node, _ what: String, _ range: ClosedRange<Int>) -> Int? {
        if let text = plain(node), let value = Int(text), range.contains(value) { return value }
        fail(
            node, "\(what) is not a number in its range",
            "write a whole number from \(range.lowerBound) to \(range.upperBound)")
        return nil
    }

    mutating func flag(_ node: Node, _ what: String) -> Bool? {
        switch plain(node) {
        case "true", "True", "TRUE": return true
        case "false", "False", "FALSE": return false
        default:
            fail(node, "\(what) is neither true nor false", "write true or false")
            return nil
        }
    }

    func plain(_ node: Node) -> String? {
        guard case .scalar(let scalar) = node, scalar.style == .plain else { return nil }
        return scalar.string
    }
}

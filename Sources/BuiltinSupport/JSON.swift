/// A JSON value, as services hold it that take any document.
package enum JSON: Sendable, Hashable {
    /// `null`.
    case null
    /// `true` or `false`.
    case bool(Bool)
    /// A number without fraction that fits.
    case int(Int)
    /// Any other number.
    case double(Double)
    /// A string.
    case string(String)
    /// An array.
    case array([JSON])
    /// An object; the order of its members is not kept.
    case object([String: JSON])

    /// A string, or null.
    package static func text(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }

    /// A list of strings.
    package static func strings(_ values: some Sequence<String>) -> JSON { .array(values.map { .string($0) }) }

    /// The member of that name; null where there is none. Setting it makes an object of what is none.
    package subscript(name: String) -> JSON {
        get { if case .object(let members) = self { members[name] ?? .null } else { .null } }
        set {
            var members = self.members ?? [:]
            members[name] = newValue
            self = .object(members)
        }
    }

    /// The value as a string, nil if it is none.
    package var string: String? { if case .string(let value) = self { value } else { nil } }

    /// The value as a whole number, nil if it is none.
    package var int: Int? {
        switch self {
        case .int(let value): value
        case .double(let value): Int(exactly: value)
        default: nil
        }
    }

    /// The value as a number, nil if it is none.
    package var double: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }

    /// The value as a truth value, nil if it is none.
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

    /// The items of an array, nil if it is none.
    package var items: [JSON]? { if case .array(let items) = self { items } else { nil } }

    /// The members of an object, nil if it is none.
    package var members: [String: JSON]? { if case .object(let members) = self { members } else { nil } }

    /// Whether it is null.
    package var isNull: Bool { self == .null }

    /// The strings of an array, without what is no string.
    package var strings: [String] { (items ?? []).compactMap(\.string) }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int) { self = .int(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(arrayLiteral elements: JSON...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(Dictionary(elements) { _, last in last })
    }
}

extension JSON: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        self = try JSON(text: container.decode(String.self))
    }

    /// As a string that holds the text: a state file keeps documents of others and need not look into them.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

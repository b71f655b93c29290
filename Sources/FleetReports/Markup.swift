/// HTML that is safe by construction: literals are markup, every interpolated string is escaped.
struct Markup: ExpressibleByStringInterpolation, Sendable {
    /// The HTML source.
    private(set) var source: String

    /// Takes a literal of this module as markup.
    init(stringLiteral literal: String) { source = literal }

    /// Takes an interpolated literal of this module as markup.
    init(stringInterpolation: Interpolation) { source = stringInterpolation.source }

    /// Joins pieces with line ends.
    init(lines: [Markup]) { source = lines.map(\.source).joined(separator: "\n") }

    /// Takes text that is markup already, such as the style sheet.
    init(trusted source: String) { self.source = source }

    /// Nothing at all.
    static let nothing: Markup = ""

    /// Escapes text for content and for quoted attributes.
    static func escaped(_ text: String) -> String {
        var bytes: [UInt8] = []
        let clean = PlainText.block(text)
        bytes.reserveCapacity(clean.utf8.count + 16)
        for byte in clean.utf8 {
            switch byte {
            case UInt8(ascii: "&"): bytes.append(contentsOf: "&amp;".utf8)
            case UInt8(ascii: "<"): bytes.append(contentsOf: "&lt;".utf8)
            case UInt8(ascii: ">"): bytes.append(contentsOf: "&gt;".utf8)
            case UInt8(ascii: "\""): bytes.append(contentsOf: "&quot;".utf8)
            case UInt8(ascii: "'"): bytes.append(contentsOf: "&#39;".utf8)
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What collects the pieces of an interpolated literal.
    struct Interpolation: StringInterpolationProtocol {
        fileprivate var source = ""

        init(literalCapacity: Int, interpolationCount: Int) { source.reserveCapacity(literalCapacity) }

        mutating func appendLiteral(_ literal: String) { source += literal }
        mutating func appendInterpolation(_ text: String) { source += Markup.escaped(text) }
        mutating func appendInterpolation(_ number: Int) { source += String(number) }
        mutating func appendInterpolation(_ markup: Markup) { source += markup.source }
    }
}

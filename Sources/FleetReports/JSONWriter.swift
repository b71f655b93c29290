/// Writes JSON with its keys in the order of the calls; no reflection, no dictionaries.
///
/// C1 controls, DEL and line separators are written as `\u….`, so that the file is harmless on a terminal as well.
struct JSONWriter {
    /// What was written so far, UTF-8.
    private(set) var bytes: [UInt8] = []
    /// Whether `<`, `>` and `&` are escaped too, which makes the text safe inside an HTML `<script>`.
    private let escapesMarkup: Bool
    private var needsComma = false

    init(escapesMarkup: Bool = false) { self.escapesMarkup = escapesMarkup }

    /// The text so far.
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Writes an object whose fields the closure writes.
    mutating func object(_ fields: (inout JSONWriter) -> Void) { bracketed("{", "}", fields) }

    /// Writes an array with one value for each item.
    mutating func array<Items: Sequence>(_ items: Items, _ each: (inout JSONWriter, Items.Element) -> Void) {
        bracketed("[", "]") { writer in
            for item in items { each(&writer, item) }
        }
    }

    /// Writes a key; exactly one value must follow.
    mutating func key(_ name: StaticString) {
        separate()
        append("\"\(name)\":")
        needsComma = false
    }

    /// Writes a string.
    mutating func string(_ value: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        for scalar in value.unicodeScalars { append(scalar) }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes a number, a Boolean or `null` that is spelled already.
    mutating func literal(_ value: String) {
        separate()
        append(value)
    }

    /// Starts a new line before the next value, so that people and `grep` find single tests.
    mutating func lineBreak() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = false
        bytes.append(UInt8(ascii: "\n"))
    }

    private mutating func bracketed(_ open: Character, _ close: Character, _ body: (inout JSONWriter) -> Void) {
        separate()
        append(String(open))
        needsComma = false
        body(&self)
        append(String(close))
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func append(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "\"": append("\\\"")
        case "\\": append("\\\\")
        case "\n": append("\\n")
        case "\t": append("\\t")
        case "\r": append("\\r")
        case "<", ">", "&": if escapesMarkup { appendEscape(scalar) } else { bytes.append(UInt8(scalar.value)) }
        case " "..."~": bytes.append(UInt8(scalar.value))
        case "\u{00}"..."\u{9F}", "\u{2028}", "\u{2029}", "\u{FFFE}", "\u{FFFF}": appendEscape(scalar)
        default: bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
    }

    private mutating func appendEscape(_ scalar: Unicode.Scalar) {
        let digits = String(scalar.value, radix: 16)
        append("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
    }
}

extension JSONWriter {
    /// Writes a field with a string, or `null`.
    mutating func field(_ name: StaticString, _ value: String?) {
        key(name)
        if let value { string(value) } else { literal("null") }
    }

    /// Writes a field with a whole number, or `null`.
    mutating func field(_ name: StaticString, _ value: Int?) {
        key(name)
        literal(value.map(String.init) ?? "null")
    }

    /// Writes a field with a Boolean.
    mutating func field(_ name: StaticString, _ value: Bool) {
        key(name)
        literal(value ? "true" : "false")
    }

    /// Writes a field with seconds, to the millisecond.
    mutating func field(_ name: StaticString, seconds: Double) {
        key(name)
        literal(Figures.seconds(seconds))
    }
}

/// Writes indented XML 1.0; text passes through ``PlainText``, so that no character is forbidden.
struct XMLWriter {
    /// An attribute: name and value.
    typealias Attribute = (name: StaticString, value: String)

    private var bytes: [UInt8] = []
    private var depth = 0

    init() { append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") }

    /// The document so far.
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Writes an element with the elements that the closure writes.
    mutating func element(
        _ name: StaticString, _ attributes: [Attribute] = [], _ content: (inout XMLWriter) -> Void
    ) {
        begin(name, attributes)
        append(">\n")
        depth += 1
        content(&self)
        depth -= 1
        indent()
        append("</\(name)>\n")
    }

    /// Writes an element that holds text alone, kept as it is.
    mutating func element(_ name: StaticString, _ attributes: [Attribute] = [], text: String = "") {
        begin(name, attributes)
        guard !text.isEmpty else { return append("/>\n") }
        append(">")
        escape(PlainText.block(text), inAttribute: false)
        append("</\(name)>\n")
    }

    private mutating func begin(_ name: StaticString, _ attributes: [Attribute]) {
        indent()
        append("<\(name)")
        for attribute in attributes {
            append(" \(attribute.name)=\"")
            escape(PlainText.block(attribute.value), inAttribute: true)
            append("\"")
        }
    }

    private mutating func indent() { bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth)) }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func escape(_ text: String, inAttribute: Bool) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): append("&amp;")
            case UInt8(ascii: "<"): append("&lt;")
            case UInt8(ascii: ">"): append("&gt;")
            case UInt8(ascii: "\"") where inAttribute: append("&quot;")
            case UInt8(ascii: "\n") where inAttribute: append("&#10;")
            case UInt8(ascii: "\t") where inAttribute: append("&#9;")
            default: bytes.append(byte)
            }
        }
    }
}

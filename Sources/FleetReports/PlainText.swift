/// Text from tests, services and hosts, made harmless before a person or a parser meets it.
///
/// Colour sequences are dropped. Everything else that could steer a terminal, break XML 1.0 or reorder what is read
/// (controls, escapes, C1, bidirectional overrides) becomes visible: `␛`, `␀`, `⟨U+202E⟩`.
public enum PlainText {
    /// Text of several lines; line ends become LF.
    public static func block(_ text: String) -> String {
        isHarmless(text) ? text : cleaned(text)
    }

    /// Text for one line: line ends become ` ↵ `, tabs become spaces.
    public static func line(_ text: String) -> String {
        let cleaned = block(text)
        guard cleaned.utf8.contains(where: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\t") }) else {
            return cleaned
        }
        var result = ""
        for scalar in cleaned.unicodeScalars {
            switch scalar {
            case "\n": result += " ↵ "
            case "\t": result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Whether no byte can begin something that needs replacing: most text takes this way.
    private static func isHarmless(_ text: String) -> Bool {
        text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "\n"), UInt8(ascii: "\t"): true
            case 0x00...0x1F, 0x7F: false
            // The first bytes of C1 controls, of general punctuation and of U+FFFE.
            case 0xC2, 0xE2, 0xEF: false
            default: true
            }
        }
    }

    private static func cleaned(_ text: String) -> String {
        var result = ""
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            switch scalar.value {
            case 0x0A, 0x09:
                result.unicodeScalars.append(scalar)
            case 0x0D:
                if rest.first == "\n" { rest.removeFirst() }
                result += "\n"
            case 0x1B:
                if let end = endOfColour(rest) { rest = rest[end...] } else { result += "␛" }
            case 0x00...0x1F:
                append(0x2400 + scalar.value, to: &result)
            case 0x7F:
                result += "␡"
            case 0x80...0x9F, 0x202A...0x202E, 0x2066...0x2069, 0xFFFE, 0xFFFF:
                result += "⟨U+\(hexadecimal(scalar.value))⟩"
            default:
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Where a colour sequence (`[`, digits and `;`, `m`) behind an escape ends; nil when it is something else.
    private static func endOfColour(_ rest: Substring.UnicodeScalarView) -> String.Index? {
        guard rest.first == "[" else { return nil }
        var length = 0
        for index in rest.indices.dropFirst() {
            length += 1
            switch rest[index] {
            case "0"..."9", ";": if length > 32 { return nil }
            case "m": return rest.index(after: index)
            default: return nil
            }
        }
        return nil
    }

    private static func append(_ value: UInt32, to text: inout String) {
        if let scalar = Unicode.Scalar(value) { text.unicodeScalars.append(scalar) }
    }

    private static func hexadecimal(_ value: UInt32) -> String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

/// What is wrong with a text that should be JSON, and where.
package struct JSONError: Error, Sendable, CustomStringConvertible {
    /// The place, counted in bytes from 0.
    package let offset: Int
    /// What was expected there.
    package let expectation: String

    package var description: String { "expected \(expectation) at byte \(offset)" }
}

extension JSON {
    /// Reads one value and nothing else. Throws ``JSONError``.
    package init(text: String) throws { try self.init(bytes: Array(text.utf8)) }

    /// Reads one value and nothing else. Throws ``JSONError``.
    package init(bytes: some Sequence<UInt8>) throws {
        var parser = JSONParser(bytes: ContiguousArray(bytes))
        self = try parser.whole()
    }
}

/// Reads JSON (RFC 8259) from bytes; of members with one name the last one wins.
private struct JSONParser {
    /// How deep values may be nested.
    private static let depthLimit = 256

    let bytes: ContiguousArray<UInt8>
    var index = 0
    var depth = 0

    init(bytes: ContiguousArray<UInt8>) { self.bytes = bytes }

    mutating func whole() throws -> JSON {
        let result = try value()
        skipSpace()
        guard index == bytes.count else { throw error("the end of the text") }
        return result
    }

    private func error(_ expectation: String) -> JSONError { JSONError(offset: index, expectation: expectation) }

    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { index += 1 }
    }

    private mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard current == UInt8(ascii: byte) else { return false }
        index += 1
        return true
    }

    private mutating func value() throws -> JSON {
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): return try nested { try $0.object() }
        case UInt8(ascii: "["): return try nested { try $0.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func nested(_ body: (inout JSONParser) throws -> JSON) throws -> JSON {
        depth += 1
        guard depth <= Self.depthLimit else { throw error("less than \(Self.depthLimit) levels") }
        index += 1
        let result = try body(&self)
        depth -= 1
        return result
    }

    private mutating func word(_ text: String, _ value: JSON) throws -> JSON {
        guard bytes[index...].starts(with: text.utf8) else { throw error("a value") }
        index += text.utf8.count
        return value
    }

    private mutating func object() throws -> JSON {
        var members: [String: JSON] = [:]
        skipSpace()
        if take("}") { return .object(members) }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw error("the name of a member") }
            let name = try string()
            skipSpace()
            guard take(":") else { throw error("a colon") }
            members[name] = try value()
            skipSpace()
            if take("}") { return .object(members) }
            guard take(",") else { throw error("a comma or the end of the object") }
        }
    }

    private mutating func array() throws -> JSON {
        var items: [JSON] = []
        skipSpace()
        if take("]") { return .array(items) }
        while true {
            items.append(try value())
            skipSpace()
            if take("]") { return .array(items) }
            guard take(",") else { throw error("a comma or the end of the array") }
        }
    }

    private mutating func number() throws -> JSON {
        let start = index
        while let byte = current, (0x30...0x39).contains(byte) || "+-.eE".utf8.contains(byte) { index += 1 }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        let digits = text.drop { $0 == "-" }
        let leadingZero = digits.first == "0" && (digits.dropFirst().first?.isNumber ?? false)
        if let first = digits.first, first.isNumber, !leadingZero, digits.last?.isNumber == true {
            if let value = Int(text) { return .int(value) }
            if let value = Double(text) { return .double(value) }
        }
        index = start
        throw error("a value")
    }

    private mutating func string() throws -> String {
        index += 1
        let start = index
        var text: [UInt8]?
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                defer { index += 1 }
                guard let text = String(validating: text ?? Array(bytes[start..<index]), as: UTF8.self) else {
                    throw error("UTF-8 in a string")
                }
                return text
            case UInt8(ascii: "\\"):
                var unescaped = text ?? Array(bytes[start..<index])
                index += 1
                try escape(into: &unescaped)
                text = unescaped
            case 0..<0x20: throw error("no control character in a string")
            default:
                text?.append(byte)
                index += 1
            }
        }
        throw error("the end of the string")
    }

    private mutating func escape(into text: inout [UInt8]) throws {
        guard let byte = current else { throw error("the end of the string") }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): try unicode(into: &text)
        default:
            index -= 1
            throw error("an escape that there is")
        }
    }

    private mutating func unicode(into text: inout [UInt8]) throws {
        let unit = try codeUnit()
        var units = [unit]
        if UTF16.isLeadSurrogate(unit), take("\\"), take("u") { units.append(try codeUnit()) }
        // A surrogate alone becomes the replacement character.
        text += String(decoding: units, as: UTF16.self).utf8
    }

    private mutating func codeUnit() throws -> UInt16 {
        let digits = bytes[index...].prefix(4)
        guard digits.count == 4, let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16) else {
            throw error("four hexadecimal digits")
        }
        index += 4
        return unit
    }
}

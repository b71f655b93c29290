/// One line of an OpenSSH configuration, taken apart as OpenSSH does it: a keyword, then arguments.
struct ConfigLine: Hashable {
    /// A piece of the line and its column, from 1.
    struct Word: Hashable, Sendable {
        var text: String
        var column: Int
    }

    /// Why a line cannot be taken apart.
    struct Fault: Error, Hashable {
        var message: String
        var column: Int
    }

    /// In small letters: keywords have no case.
    let keyword: Word
    /// Everything after the keyword, without blanks at its ends.
    let rest: Word
    /// The arguments, without their quotes, up to a comment.
    let words: [Word]

    /// Takes a line apart; nil when it is blank or a comment.
    init?(_ line: some Collection<UInt8>) throws(Fault) {
        var text = Array(line)
        while let last = text.last, Self.isBlank(last) || last == 0x0C { text.removeLast() }
        let start = text.firstIndex { !Self.isBlank($0) } ?? text.endIndex
        guard start < text.endIndex, text[start] != UInt8(ascii: "#") else { return nil }
        var cursor = ConfigCursor(text, at: start)
        guard let keyword = try cursor.next(), !keyword.text.isEmpty else { return nil }
        self.keyword = Word(text: keyword.text.lowercased(), column: keyword.column)
        guard cursor.index < text.endIndex else {
            throw Fault(message: "\(keyword.text) has no argument", column: keyword.column)
        }
        rest = Word(
            text: String(decoding: text[cursor.index...], as: UTF8.self), column: Self.column(cursor.index, in: text))
        words = try Self.split(text, from: cursor.index)
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    /// Columns count Unicode scalars.
    static func column(_ index: Int, in text: [UInt8]) -> Int { 1 + text[..<index].count { $0 & 0xC0 != 0x80 } }

    /// Splits at spaces and tabs; both kinds of quote hold words together, and a backslash frees a quote, a backslash
    /// and, outside of quotes, a space.
    private static func split(_ text: [UInt8], from start: Int) throws(Fault) -> [Word] {
        var words: [Word] = []
        var index = start
        while index < text.count {
            if text[index] == 0x20 || text[index] == 0x09 {
                index += 1
                continue
            }
            if text[index] == UInt8(ascii: "#") { break }
            let begin = index
            let word = try self.word(text, &index)
            words.append(Word(text: String(decoding: word, as: UTF8.self), column: column(begin, in: text)))
        }
        return words
    }

    private static func word(_ text: [UInt8], _ index: inout Int) throws(Fault) -> [UInt8] {
        var word: [UInt8] = []
        var quote: (mark: UInt8, index: Int)?
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "\\"), index + 1 < text.count, isFreed(text[index + 1], inQuotes: quote != nil) {
                index += 1
                word.append(text[index])
            } else if quote == nil, byte == 0x20 || byte == 0x09 {
                break
            } else if quote == nil, byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = (byte, index)
            } else if byte == quote?.mark {
                quote = nil
            } else {
                word.append(byte)
            }
            index += 1
        }
        if let quote { throw Fault(message: "the quote is not closed", column: column(quote.index, in: text)) }
        return word
    }

    private static func isFreed(_ byte: UInt8, inQuotes: Bool) -> Bool {
        byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
            || (!inQuotes && byte == 0x20)
    }
}

/// Walks over pieces that are separated by blanks, by one equals sign, or by quotes around a piece: how OpenSSH reads
/// keywords and the criteria of `Match`.
struct ConfigCursor {
    private let text: [UInt8]
    private(set) var index: Int

    init(_ text: [UInt8], at index: Int) {
        self.text = text
        self.index = index
    }

    /// The next piece; nil at the end.
    mutating func next() throws(ConfigLine.Fault) -> ConfigLine.Word? {
        guard index < text.endIndex else { return nil }
        let start = index
        var end = start
        while end < text.endIndex, !ConfigLine.isBlank(text[end]), text[end] != UInt8(ascii: "\""),
            text[end] != UInt8(ascii: "=")
        { end += 1 }
        let column = ConfigLine.column(start, in: text)
        if end < text.endIndex, text[end] == UInt8(ascii: "\"") {
            guard let close = text[(end + 1)...].firstIndex(of: UInt8(ascii: "\"")) else {
                throw ConfigLine.Fault(message: "the quote is not closed", column: ConfigLine.column(end, in: text))
            }
            let piece = text[start..<end] + text[(end + 1)..<close]
            index = close + 1
            skipBlanks()
            return ConfigLine.Word(text: String(decoding: piece, as: UTF8.self), column: column)
        }
        let piece = text[start..<end]
        index = end
        // Blanks, one equals sign, blanks: in any of these places, but one sign only.
        skipBlanks()
        if index < text.endIndex, text[index] == UInt8(ascii: "=") {
            index += 1
            skipBlanks()
        }
        return ConfigLine.Word(text: String(decoding: piece, as: UTF8.self), column: column)
    }

    private mutating func skipBlanks() {
        while index < text.endIndex, ConfigLine.isBlank(text[index]) { index += 1 }
    }
}

/// Splits Swift source into tokens, so that rules never trip over comments and strings.
///
/// Words and single punctuation marks are tokens; the text of strings and comments is not, code inside `\( )` is.
struct SwiftLexer {
    /// A word or a punctuation mark, and the line that it stands on, from 1.
    struct Token: Equatable {
        let text: String
        let line: Int
        /// Whether no space stands before it.
        let isGlued: Bool
    }

    /// What was found.
    private(set) var tokens: [Token] = []
    /// The lines that hold a comment, or a part of one.
    private(set) var commentLines: Set<Int> = []

    private let bytes: [UInt8]
    private var place = 0
    private var line = 1

    init(_ text: String) {
        bytes = Array(text.utf8)
        code(untilClosingParenthesis: false)
    }

    private func byte(_ offset: Int = 0) -> UInt8 {
        place + offset < bytes.count ? bytes[place + offset] : 0
    }

    private func isAhead(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { bytes[place...].starts(with: $0) }
    }

    private mutating func step(_ count: Int = 1) {
        for _ in 0..<count where place < bytes.count {
            if bytes[place] == UInt8(ascii: "\n") { line += 1 }
            place += 1
        }
    }

    private mutating func code(untilClosingParenthesis: Bool) {
        var depth = 0
        while place < bytes.count {
            if isAhead("//") {
                lineComment()
            } else if isAhead("/*") {
                blockComment()
            } else if isAhead("#/") {
                while place < bytes.count, !isAhead("/#") { step() }
                step(2)
            } else if let hashes = stringStart() {
                string(hashes: hashes)
            } else if Self.isWord(byte()) {
                word()
            } else {
                let mark = byte()
                if mark == UInt8(ascii: "(") { depth += 1 }
                if mark == UInt8(ascii: ")") { depth -= 1 }
                if mark > 0x20 {
                    tokens.append(Token(text: String(UnicodeScalar(mark)), line: line, isGlued: isGlued(at: place)))
                }
                step()
                if untilClosingParenthesis, depth == 0 { return }
            }
        }
    }

    private mutating func word() {
        let begin = place
        while Self.isWord(byte()) { place += 1 }
        let text = String(decoding: bytes[begin..<place], as: UTF8.self)
        tokens.append(Token(text: text, line: line, isGlued: isGlued(at: begin)))
    }

    private func isGlued(at place: Int) -> Bool { place > 0 && bytes[place - 1] > 0x20 }

    private mutating func lineComment() {
        commentLines.insert(line)
        while place < bytes.count, byte() != UInt8(ascii: "\n") { place += 1 }
    }

    private mutating func blockComment() {
        var depth = 0
        repeat {
            commentLines.insert(line)
            if isAhead("/*") {
                depth += 1
                step(2)
            } else if isAhead("*/") {
                depth -= 1
                step(2)
            } else {
                step()
            }
        } while depth > 0 && place < bytes.count
    }

    /// How many `#` stand before the quotation mark here; nil when no string starts here.
    private func stringStart() -> Int? {
        var hashes = 0
        while byte(hashes) == UInt8(ascii: "#") { hashes += 1 }
        return byte(hashes) == UInt8(ascii: "\"") ? hashes : nil
    }

    private mutating func string(hashes: Int) {
        step(hashes)
        let isLong = isAhead("\"\"\"")
        step(isLong ? 3 : 1)
        let end = [UInt8](repeating: UInt8(ascii: "\""), count: isLong ? 3 : 1) + Self.hashes(hashes)
        let escape = [UInt8(ascii: "\\")] + Self.hashes(hashes)
        while place < bytes.count {
            if bytes[place...].starts(with: end) { return step(end.count) }
            if byte() == UInt8(ascii: "\n"), !isLong { return }
            if bytes[place...].starts(with: escape) {
                step(escape.count)
                if byte() == UInt8(ascii: "(") { code(untilClosingParenthesis: true) } else { step() }
            } else {
                step()
            }
        }
    }

    private static func hashes(_ count: Int) -> [UInt8] { [UInt8](repeating: UInt8(ascii: "#"), count: count) }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...0xFF:
            true
        default: false
        }
    }
}

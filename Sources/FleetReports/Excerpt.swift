/// A part of a long text, with a mark where something was left out.
enum Excerpt {
    /// At most about `limit` bytes: the first third and the last two thirds, with the cut marked between them.
    static func headAndTail(_ text: String, limit: Int) -> String {
        let total = text.utf8.count
        guard total > limit else { return text }
        let head = text[..<boundary(text, at: limit / 3)]
        let tail = text[boundary(text, at: total - (limit - limit / 3))...]
        let cut = total - head.utf8.count - tail.utf8.count
        return "\(head)\n[… \(cut) bytes left out here …]\n\(tail)"
    }

    /// The last lines of a text: at most `count`, each cut at `width` characters.
    ///
    /// Returns the lines and how many came before them.
    static func lastLines(_ text: String, count: Int, width: Int = 400) -> (lines: [String], before: Int) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        while let last = lines.last, last.allSatisfy(\.isWhitespace) { lines.removeLast() }
        let shown = lines.suffix(count).map { line in
            line.utf8.count <= width ? String(line) : headOfLine(line, width: width)
        }
        return (shown, lines.count - shown.count)
    }

    /// The first `width` characters of a line, with a mark when there are more.
    private static func headOfLine(_ line: Substring, width: Int) -> String {
        let head = line.prefix(width)
        return head.endIndex == line.endIndex ? String(line) : head + " […]"
    }

    /// The index at a byte offset, moved back to the start of a character's encoding.
    private static func boundary(_ text: String, at offset: Int) -> String.Index {
        let utf8 = text.utf8
        var index = utf8.index(utf8.startIndex, offsetBy: offset, limitedBy: utf8.endIndex) ?? utf8.endIndex
        while index > utf8.startIndex, index < utf8.endIndex, utf8[index] & 0xC0 == 0x80 {
            index = utf8.index(before: index)
        }
        return index
    }
}

import PlatformService

/// The text of a zone file (RFC 1035, 5) of which one part is ours: all that follows the mark.
struct ZoneFile: Sendable {
    /// Begins our part; it is made again with every change.
    static let mark = "; --- records of the provisioning platform, written by it ---"

    /// The part of whoever made the file, with the SOA record.
    private let head: String
    /// Our part, as it is.
    private let tail: String

    /// Reads a zone file. Throws when it has no SOA record whose serial we could raise.
    init(_ text: String, path: String) throws {
        let mark = text.firstRange(of: Self.mark)
        head = mark.map { String(text[..<$0.lowerBound]) } ?? text
        tail = mark.map { String(text[$0.lowerBound...]) } ?? ""
        guard serial != nil else {
            throw PlatformError(
                .invalid,
                "the zone file \(path) has no SOA record with a serial; write one, for example: "
                    + "@ 3600 IN SOA ns hostmaster 1 3600 600 86400 60")
        }
    }

    /// The zone's serial number.
    var serial: UInt32? { serialRange.flatMap { UInt32(head[$0]) } }

    /// The file with these records in our part, and a serial above that of now (RFC 1982); nil when it has them already.
    func text(with records: [DNSName: [DNSEntry]]) -> String? {
        let lines = records.flatMap { name, entries in
            entries.map { "\(name). \($0.ttl) IN \($0.kind.rawValue) \($0.zoneText)" }
        }
        let tail = Self.mark + "\n" + lines.sorted().map { $0 + "\n" }.joined()
        guard tail != self.tail, let range = serialRange, let serial else { return nil }
        let next = serial == .max ? 1 : serial + 1
        var text = head[..<range.lowerBound] + String(next) + head[range.upperBound...]
        if !text.hasSuffix("\n") { text += "\n" }
        return text + tail
    }

    /// Where the serial stands: the third word after SOA, parentheses and comments left out.
    private var serialRange: Range<String.Index>? {
        var wordsAfterSOA = -1
        var index = head.startIndex
        while index < head.endIndex {
            let character = head[index]
            if character == ";" {
                index = head[index...].firstIndex(where: \.isNewline) ?? head.endIndex
            } else if character.isWhitespace || character == "(" || character == ")" {
                index = head.index(after: index)
            } else {
                let end = head[index...].firstIndex { $0.isWhitespace || "();".contains($0) } ?? head.endIndex
                if wordsAfterSOA >= 0 { wordsAfterSOA += 1 }
                if wordsAfterSOA == 3 { return UInt32(head[index..<end]) == nil ? nil : index..<end }
                if wordsAfterSOA < 0, head[index..<end].uppercased() == "SOA" { wordsAfterSOA = 0 }
                index = end
            }
        }
        return nil
    }
}

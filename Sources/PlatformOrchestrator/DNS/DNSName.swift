import PlatformService

/// A domain name: labels in lower case, without the root.
struct DNSName: Sendable, Hashable, CustomStringConvertible {
    let labels: [String]

    /// The name that the text spells, with or without a final dot. Throws when it is none (RFC 1035, 2.3.4).
    init(_ text: String) throws {
        let trimmed = text.hasSuffix(".") ? text.dropLast() : text[...]
        labels =
            trimmed.isEmpty
            ? [] : trimmed.lowercased().split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let isTooLong = labels.reduce(1) { $0 + $1.utf8.count + 1 } > 255
        guard !isTooLong, labels.allSatisfy({ (1...63).contains($0.utf8.count) }) else {
            throw PlatformError(.invalid, "\"\(text)\" is no domain name")
        }
    }

    /// A name of labels that are known to be good.
    init(labels: [String]) { self.labels = labels }

    /// Without a final dot.
    var description: String { labels.joined(separator: ".") }

    /// Uncompressed wire form, which is also the canonical form that TSIG digests.
    var wire: [UInt8] {
        labels.reduce(into: []) { bytes, label in
            bytes.append(UInt8(label.utf8.count))
            bytes += label.utf8
        } + [0]
    }
}

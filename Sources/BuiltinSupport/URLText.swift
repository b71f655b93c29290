/// Percent encoding of URLs.
package enum URLText {
    /// The text with `%XX` replaced; nil when that is no UTF-8 or an escape is cut off.
    package static func decoded(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String? {
        var result: [UInt8] = []
        var bytes = text.utf8.makeIterator()
        while let byte = bytes.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = bytes.next(), let low = bytes.next(),
                    let value = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
                else { return nil }
                result.append(value)
            case UInt8(ascii: "+") where plusIsSpace: result.append(0x20)
            default: result.append(byte)
            }
        }
        return String(validating: result, as: UTF8.self)
    }

    /// The text with everything escaped that is not plain in a segment of a path, or in a query.
    package static func encoded(_ text: String, keeping kept: String = "") -> String {
        let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~\(kept)".utf8)
        var result = ""
        for byte in text.utf8 {
            if plain.contains(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                result += byte < 16 ? "%0" : "%"
                result += String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }
}

/// The parameters of a query, in their order.
package struct QueryParameters: Sendable {
    private let pairs: [(name: String, value: String)]

    /// Takes a query apart; what cannot be decoded stays as it is.
    package init(_ query: String?) {
        pairs = (query ?? "").split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let decoded = parts.map { URLText.decoded($0, plusIsSpace: true) ?? String($0) }
            return (decoded[0], decoded.count > 1 ? decoded[1] : "")
        }
    }

    /// The first value of that name; nil where there is none.
    package subscript(name: String) -> String? { pairs.first { $0.name == name }?.value }

    /// All values of that name.
    package func all(_ name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }

    /// The names that occur.
    package var names: Set<String> { Set(pairs.map(\.name)) }

    /// Whether a switch is on: `true`, `1`, or the bare name.
    package func flag(_ name: String) -> Bool? { self[name].map { ["", "true", "1"].contains($0) } }

    /// The query of the same parameters with one of them set.
    package func setting(_ name: String, to value: String) -> String {
        (pairs.filter { $0.name != name } + [(name, value)])
            .map { "\(URLText.encoded($0.name))=\(URLText.encoded($0.value))" }.joined(separator: "&")
    }
}

/// A body of `multipart/form-data` (RFC 7578) that is whole in memory.
package struct MultipartForm: Sendable {
    /// One field.
    package struct Part: Sendable {
        /// The field's name.
        package let name: String
        /// The name of the file, if it is one.
        package let fileName: String?
        /// The bytes.
        package let content: [UInt8]
    }

    /// The fields, in their order.
    package let parts: [Part]

    /// Takes a body apart; nil when it is not what the header says.
    package init?(_ body: [UInt8], contentType: String) {
        guard let boundary = Self.parameter("boundary", of: contentType), !boundary.isEmpty else { return nil }
        let delimiter = Array("\r\n--\(boundary)".utf8)
        // The first delimiter has no line end before it.
        let text = Array("\r\n".utf8) + body
        var parts: [Part] = []
        var starts: [Int] = []
        var index = 0
        while index + delimiter.count <= text.count {
            guard let next = text[index...].firstIndex(of: 0x0d) else { break }
            if text[next...].starts(with: delimiter) {
                starts.append(next)
                index = next + delimiter.count
            } else {
                index = next + 1
            }
        }
        for (start, end) in zip(starts, starts.dropFirst()) {
            guard let part = Self.part(text[(start + delimiter.count)..<end]) else { return nil }
            parts.append(part)
        }
        guard let last = starts.last, text[(last + delimiter.count)...].starts(with: "--".utf8) else { return nil }
        self.parts = parts
    }

    /// The field of that name; nil where there is none.
    package func part(_ name: String) -> Part? { parts.first { $0.name == name } }

    private static func part(_ bytes: ArraySlice<UInt8>) -> Part? {
        let end = Array("\r\n\r\n".utf8)
        guard let head = bytes.indices.first(where: { bytes[$0...].starts(with: end) }) else { return nil }
        let lines = String(decoding: bytes[..<head], as: UTF8.self).split(separator: "\r\n")
        guard let line = lines.first(where: { $0.lowercased().hasPrefix("content-disposition:") }),
            let name = parameter("name", of: String(line))
        else { return nil }
        return Part(
            name: name, fileName: parameter("filename", of: String(line)),
            content: Array(bytes[(head + end.count)...]))
    }

    private static func parameter(_ name: String, of header: String) -> String? {
        for field in header.split(separator: ";").dropFirst() {
            let pair = field.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2, pair[0].drop(while: { $0 == " " }) == name else { continue }
            return pair[1].hasPrefix("\"") ? String(pair[1].dropFirst().prefix { $0 != "\"" }) : pair[1]
        }
        return nil
    }
}

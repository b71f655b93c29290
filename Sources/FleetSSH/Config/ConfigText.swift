#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// Small things that several readers of the configuration need.
enum ConfigText {
    /// Text of the person's own for a message: at most 60 characters, control characters made visible.
    static func quote(_ text: some StringProtocol) -> String {
        let shown = text.unicodeScalars.prefix(60).map { scalar in
            scalar.properties.generalCategory == .control ? "\u{FFFD}" : String(scalar)
        }
        return "“" + shown.joined() + (text.unicodeScalars.count > 60 ? "…" : "") + "”"
    }

    /// A port: a number from 1 to 65535, or the name of a TCP service of this machine.
    static func port(_ text: String) -> Int? {
        if let number = Int(text) { return (1...65535).contains(number) ? number : nil }
        guard !text.isEmpty, let entry = getservbyname(text, "tcp") else { return nil }
        return Int(UInt16(truncatingIfNeeded: entry.pointee.s_port).byteSwapped)
    }
}

/// Why a connection ended, as far as anybody said.
enum EndReason: Hashable, Sendable {
    /// The server's last words.
    case server(String)
    /// What the system said of the socket.
    case system(String)
    case unknown

    /// For the end of a sentence.
    var words: String {
        switch self {
        case .server(let words): ": the server said \"\(Self.printable(words))\""
        case .system(let words): ": \(words)"
        case .unknown: ""
        }
    }

    /// Words of a foreign machine must neither flood a report nor steer a terminal.
    static func printable(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.prefix(200).map { $0.value < 32 || $0.value == 127 ? "?" : $0 }))
    }
}

extension EndReason {
    /// The same for bytes.
    static func printable(_ bytes: [UInt8]) -> String { printable(String(decoding: bytes.prefix(800), as: UTF8.self)) }
}

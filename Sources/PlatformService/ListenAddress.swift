/// Where a service listens: a host or address, and a port, of which 0 means any free one.
public struct ListenAddress: Sendable, Hashable {
    /// Host name or address; an IPv6 address without its brackets.
    public let host: String
    /// 0 to 65535.
    public let port: Int

    /// That place.
    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `ADDRESS:PORT`, an IPv6 address in brackets. Nil when the text is something else.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.init(host: String(host), port: Int(port))
    }
}

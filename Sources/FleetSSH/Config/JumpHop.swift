/// One host that is passed on the way to another.
struct JumpHop: Hashable, Sendable {
    var user: String?
    var host: String
    var port: Int?
}

extension JumpHop {
    /// Reads `[user@]host[:port]` or `ssh://[user@]host[:port]`; an IPv6 address stands in brackets.
    init?(_ text: String) {
        var rest = text[...]
        if rest.lowercased().hasPrefix("ssh://") {
            rest = rest.dropFirst(6)
            if rest.hasSuffix("/") { rest = rest.dropLast() }
        }
        var user: String?
        if let at = rest.lastIndex(of: "@") {
            guard at > rest.startIndex else { return nil }
            user = String(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        var port: Substring?
        let host: Substring
        if rest.hasPrefix("[") {
            guard let close = rest.firstIndex(of: "]") else { return nil }
            host = rest[rest.index(after: rest.startIndex)..<close]
            let after = rest[rest.index(after: close)...]
            guard after.isEmpty || after.hasPrefix(":") else { return nil }
            port = after.isEmpty ? nil : after.dropFirst()
        } else {
            let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count <= 2 else { return nil }
            host = parts[0]
            port = parts.count == 2 ? parts[1] : nil
        }
        let isName = !host.isEmpty && host.utf8.allSatisfy { $0 > 0x20 && !"\"'/,".utf8.contains($0) }
        guard isName, !host.hasPrefix("-"), user?.hasPrefix("-") != true else { return nil }
        let number = port.map { ConfigText.port(String($0)) }
        if case .some(.none) = number { return nil }
        self.init(user: user, host: String(host), port: number ?? nil)
    }
}

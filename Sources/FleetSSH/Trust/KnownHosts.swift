/// What the known_hosts files say about one host and port.
struct KnownHosts: Hashable, Sendable {
    /// A line that is about this host.
    struct Entry: Hashable, Sendable {
        let line: KnownHostLine
        let file: String
        /// From 1.
        let number: Int
    }

    enum Verdict: Hashable, Sendable {
        case known
        case unknown
        case changed(Entry)
        case revoked(Entry)
    }

    /// Lines that name host and port.
    private(set) var exact: [Entry] = []
    /// Lines that name the host without a port, when it is not 22: as with OpenSSH they can say yes, never no.
    private(set) var withoutPort: [Entry] = []

    /// The name under which a host stands in known_hosts: `host`, or `[host]:port` when the port is not 22.
    static func name(host: String, port: Int) -> String {
        port == 22 ? host.lowercased() : "[\(host.lowercased())]:\(port)"
    }

    /// Takes the lines of one file that are about the host.
    mutating func add(text: String, file: String, host: String, port: Int, hashed: HashedNameMatcher) {
        let name = Self.name(host: host, port: port)
        // A file from Windows has lines that end in what is one character here.
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        for (index, text) in lines.enumerated() {
            guard let line = KnownHostLine(text), line.marker != .authority else { continue }
            let entry = Entry(line: line, file: file, number: index + 1)
            if Self.line(line, names: name, hashed: hashed) {
                exact.append(entry)
            } else if port != 22, Self.line(line, names: host.lowercased(), hashed: hashed) {
                withoutPort.append(entry)
            }
        }
    }

    private static func line(_ line: KnownHostLine, names name: String, hashed: HashedNameMatcher) -> Bool {
        switch line.names {
        case .patterns(let patterns): KnownHostLine.matches(name, patterns: patterns)
        case .hashed(let salt, let hash): hashed.matches(name, salt: salt, hash: hash)
        }
    }

    /// Judges the key that the server showed. A host that is known by another kind of key counts as changed: otherwise
    /// somebody in between could get by with a kind that the file does not hold.
    func verdict(on key: HostKey) -> Verdict {
        let all = exact + withoutPort
        if let revoked = all.first(where: { $0.line.marker == .revoked && $0.line.blob == key.blob }) {
            return .revoked(revoked)
        }
        if all.contains(where: { $0.line.marker == .none && $0.line.blob == key.blob }) { return .known }
        let others = exact.filter { $0.line.marker == .none }
        guard let other = others.first(where: { $0.line.kind == key.kind }) ?? others.first else { return .unknown }
        return .changed(other)
    }

    /// The kinds of host key to ask for: those that the files hold first, then the rest, strongest first.
    var preferredKinds: [String] {
        let held = (exact + withoutPort).filter { $0.line.marker == .none }
            .flatMap { $0.line.kind == "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"] : [$0.line.kind] }
        var seen: Set<String> = []
        return (held + Self.kinds).filter { seen.insert($0).inserted }
    }

    private static let kinds = [
        "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "rsa-sha2-512",
        "rsa-sha2-256", "ssh-rsa",
    ]
}

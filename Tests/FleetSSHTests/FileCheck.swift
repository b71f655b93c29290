@testable import FleetSSH

/// What must hold for any bytes whatever in the user's SSH files; the fuzzers and unit tests ask it.
enum FileCheck {
    /// What does not hold for an OpenSSH configuration; nil when everything does.
    static func problem(withConfig bytes: [UInt8]) -> String? {
        var parser = ConfigParser(file: "config") { _, _ in ([], []) }
        let file = parser.parse(bytes)
        var faults = parser.faults
        for name in ["host", "h.example.org", "*", "", "-x"] {
            var resolver = ConfigResolver(name: name, localUser: "me", preset: RawHostSettings())
            resolver.walk(file)
            if let port = resolver.raw.port, !(1...65_535).contains(port) { return "port \(port)" }
            faults += resolver.faults
        }
        let lines = bytes.count { $0 == 10 } + 1
        for fault in faults {
            if let line = fault.line, line < 1 || line > lines { return "line \(line) of \(lines)" }
            if fault.message.utf8.count > 4096 { return "a message of \(fault.message.utf8.count) bytes" }
        }
        return nil
    }

    /// What does not hold for a known_hosts file; nil when everything does.
    static func problem(withKnownHosts bytes: [UInt8]) -> String? {
        let key = HostKey(blob: [0, 0, 0, 11] + Array("ssh-ed25519".utf8) + [1, 2, 3], sha256: [1])
        let text = String(decoding: bytes, as: UTF8.self)
        for (host, port) in [("host", 22), ("host", 2222), ("::1", 22)] {
            var hosts = KnownHosts()
            hosts.add(text: text, file: "known_hosts", host: host, port: port, hashed: HashedNameMatcher())
            let verdict = hosts.verdict(on: key)
            // Nobody is trusted because of a file that does not hold his key.
            if verdict == .known, !(hosts.exact + hosts.withoutPort).contains(where: { $0.line.blob == key.blob }) {
                return "a key that is not in the file is trusted"
            }
            // A line that revokes the key outweighs whatever stands around it.
            var revoked = hosts
            let marked = "@revoked \(KnownHosts.name(host: host, port: port)) \(key.text)"
            revoked.add(text: marked, file: "more", host: host, port: port, hashed: HashedNameMatcher())
            guard case .revoked = revoked.verdict(on: key) else { return "a revoked key is not refused" }
        }
        return nil
    }
}

import Testing

@testable import FleetSSH

@Suite("Lines of known_hosts")
struct KnownHostsTests {
    private func key(_ number: UInt8, kind: String = "ssh-ed25519") -> HostKey {
        HostKey(blob: [0, 0, 0, UInt8(kind.utf8.count)] + Array(kind.utf8) + [number, 0, 0], sha256: [number])
    }

    private func verdict(_ text: String, host: String = "host", port: Int = 22, _ key: HostKey) -> KnownHosts.Verdict {
        var hosts = KnownHosts()
        hosts.add(text: text, file: "file", host: host, port: port, hashed: HashedNameMatcher())
        return hosts.verdict(on: key)
    }

    @Test("Names match as OpenSSH matches them")
    func names() {
        let one = key(1)
        for names in ["host", "other,host", "HOST", "h*t", "h?st", "*,!other", "*"] {
            #expect(verdict("\(names) \(one.text) comment", one) == .known, "\(names)")
        }
        for names in ["hos", "hostt", "*,!host", "!host", "h?t", "[host]:22", ""] {
            #expect(verdict("\(names) \(one.text)", one) == .unknown, "\(names)")
        }
    }

    @Test("A port other than 22 has its own name; without it a line can only say yes")
    func ports() {
        #expect(verdict("[host]:2222 \(key(1).text)", port: 2222, key(1)) == .known)
        #expect(verdict("[host]:2223 \(key(1).text)", port: 2222, key(1)) == .unknown)
        #expect(verdict("host \(key(1).text)", port: 2222, key(1)) == .known)
        #expect(verdict("host \(key(2).text)", port: 2222, key(1)) == .unknown)
        #expect(KnownHosts.name(host: "FE80::1", port: 2222) == "[fe80::1]:2222")
    }

    @Test("Comments, blank lines, broken lines and authorities are passed over")
    func rubbish() {
        let text = """
            # host \(key(1).text)

            host
            host ssh-ed25519
            host ssh-ed25519 !!!!
            host ssh-rsa \(key(1).text.split(separator: " ")[1])
            @cert-authority host \(key(1).text)
            |1|zzz host \(key(1).text)
            \t host\t\(key(1).text)\r
            """
        #expect(verdict(text, key(1)) == .known)
        guard case .changed(let entry) = verdict(text, key(2)) else {
            Issue.record("the last line is another key")
            return
        }
        #expect(entry.number == 9)
    }

    @Test("A file from Windows has lines, too: what it revokes is revoked")
    func lineEndsOfWindows() {
        let text = "# hosts\r\n@revoked host \(key(2).text)\r\nhost \(key(1).text)\r\n"
        #expect(verdict(text, key(1)) == .known)
        guard case .revoked(let entry) = verdict(text, key(2)) else {
            Issue.record("the key was revoked")
            return
        }
        #expect(entry.number == 2)
    }

    @Test("Patterns full of stars take no exponential time", .timeLimit(.minutes(1)))
    func stars() {
        let pattern = String(repeating: "*a", count: 2000) + "b"
        #expect(verdict("\(pattern) \(key(1).text)", host: String(repeating: "a", count: 250), key(1)) == .unknown)
    }

    @Test("Kinds that the file holds are asked for first")
    func kinds() {
        var hosts = KnownHosts()
        hosts.add(
            text: "host \(key(1, kind: "ecdsa-sha2-nistp384").text)", file: "f", host: "host", port: 22,
            hashed: HashedNameMatcher())
        #expect(hosts.preferredKinds.first == "ecdsa-sha2-nistp384")
        #expect(Set(hosts.preferredKinds).count == hosts.preferredKinds.count)
        #expect(KnownHosts().preferredKinds.first == "ssh-ed25519")
    }
}

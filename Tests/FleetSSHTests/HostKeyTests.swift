import FleetSSH
import FleetTestSupport
import Testing

@Suite("Host keys", .enabled(if: TestSSHServer.isAvailable, "no sshd here"), .timeLimit(.minutes(2)))
struct HostKeyTests {
    private func file(_ server: TestSSHServer, _ text: String) throws -> String {
        let path = server.directory + "/hosts-\(Int.random(in: 0...Int.max))"
        try TestFiles.write(text, to: path)
        return path
    }

    @Test("An unknown host is refused with fingerprint and the line to add, and that line lets it in")
    func unknown() async throws {
        try await withServer { server in
            let empty = try file(server, "# nothing\n")
            let error = try await server.failure(server.target(knownHosts: empty))
            #expect(error.code == .hostKeyUnknown)
            #expect(error.stage == .hostKey)
            #expect(error.message.contains("SHA256:"))
            let start = try #require(error.advice.firstRange(of: "[127.0.0.1]:"))
            try TestFiles.write(String(error.advice[start.lowerBound...]) + "\n", to: empty)
            await (try await server.connect(server.target(knownHosts: empty))).close()
        }
    }

    @Test("The fingerprint is the one that ssh-keygen shows")
    func fingerprint() async throws {
        try await withServer(hostKeys: ["ed25519"]) { server in
            let error = try await server.failure(server.target(knownHosts: try file(server, "")))
            let shown = try #require(error.message.firstMatch(of: /SHA256:[A-Za-z0-9+\/]{43}/)).output
            let script = "ssh-keygen -lf \(server.directory)/host_ed25519.pub > \(server.directory)/shown"
            try await TestSSHServer.run("/bin/sh", ["-c", script])
            #expect(TestFiles.read(server.directory + "/shown").contains(shown))
        }
    }

    @Test("A changed host key is refused by both policies, with file and line")
    func changed() async throws {
        try await withServer(hostKeys: ["ed25519"]) { server in
            try await TestSSHServer.keygen("ed25519", server.directory + "/imposter")
            let line = "\n[127.0.0.1]:\(server.port) " + TestFiles.read(server.directory + "/imposter.pub")
            let hosts = try file(server, line)
            for policy in [KnownHostsPolicy.UnknownHost.refuse, .acceptNew] {
                let error = try await server.failure(server.target(knownHosts: hosts, accepting: policy))
                #expect(error.code == .hostKeyChanged)
                #expect(error.message.contains("line 2 of \(hosts)"))
            }
            #expect(TestFiles.read(hosts) == line)
        }
    }

    @Test("A host that is known by a kind of key that it no longer shows counts as changed, also with accept-new")
    func otherKind() async throws {
        try await withServer(hostKeys: ["ed25519"]) { server in
            try await TestSSHServer.keygen("ecdsa", server.directory + "/imposter")
            let hosts = try file(
                server, "[127.0.0.1]:\(server.port) " + TestFiles.read(server.directory + "/imposter.pub"))
            let error = try await server.failure(server.target(knownHosts: hosts, accepting: .acceptNew))
            #expect(error.code == .hostKeyChanged)
        }
    }

    @Test("A file that holds only the ECDSA key is served with the ECDSA key")
    func kindOfTheFile() async throws {
        try await withServer(hostKeys: ["ed25519", "ecdsa"]) { server in
            let hosts = try file(server, server.knownHostsLine("ecdsa"))
            await (try await server.connect(server.target(knownHosts: hosts))).close()
        }
    }

    @Test("Hidden names with port are found, and their key is compared")
    func hashed() async throws {
        try await withServer(hostKeys: ["ed25519"]) { server in
            let hosts = try file(server, server.knownHostsLine("ed25519"))
            try await TestSSHServer.run("/usr/bin/ssh-keygen", ["-q", "-H", "-f", hosts])
            #expect(TestFiles.read(hosts).hasPrefix("|1|"))
            await (try await server.connect(server.target(knownHosts: hosts))).close()
            let wrong = TestFiles.read(hosts).split(separator: " ").first.map(String.init) ?? ""
            try await TestSSHServer.keygen("ed25519", server.directory + "/imposter")
            let other = try file(server, wrong + " " + TestFiles.read(server.directory + "/imposter.pub"))
            #expect(try await server.failure(server.target(knownHosts: other)).code == .hostKeyChanged)
        }
    }

    @Test("A revoked key is refused even when another line knows it")
    func revoked() async throws {
        try await withServer(hostKeys: ["ed25519"]) { server in
            let line = server.knownHostsLine("ed25519")
            let hosts = try file(server, line + "@revoked " + line)
            #expect(try await server.failure(server.target(knownHosts: hosts)).code == .hostKeyRevoked)
        }
    }

    @Test("accept-new adds the host once, however many connect at once, and refuses nothing afterwards")
    func acceptNew() async throws {
        try await withServer { server in
            let hosts = server.directory + "/new/known_hosts"
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        let connection = try await server.connect(
                            server.target(knownHosts: hosts, accepting: .acceptNew))
                        await connection.close()
                    }
                }
                try await group.waitForAll()
            }
            #expect(TestFiles.read(hosts).split(separator: "\n").count == 1)
            await (try await server.connect(server.target(knownHosts: hosts))).close()
        }
    }

    @Test("A known_hosts file that cannot be read is an error, not an empty file")
    func unreadable() async throws {
        try await withServer { server in
            let error = try await server.failure(server.target(knownHosts: server.directory))
            #expect(error.code == .knownHostsFile)
        }
    }
}

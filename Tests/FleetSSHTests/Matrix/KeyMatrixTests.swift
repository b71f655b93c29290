import FleetTestSupport
import NIOCore
import Testing

@testable import FleetSSH

/// Two servers by keys of ours, by keys of theirs, and by what is wrong with either. The table is in docs/SECURITY.md.
@Suite("Matrix: servers and keys", .timeLimit(.minutes(3)))
struct KeyMatrixTests {
    static let programs = TestSSHServer.Program.allCases.filter(\.isAvailable)
    static let kinds = ["ed25519", "ecdsa-256", "ecdsa-384", "ecdsa-521"]

    @Test("Both servers are here, so that the matrix is whole", .enabled(if: TestSSHServer.canHaveShells, "no root"))
    func isWhole() {
        #expect(Self.programs == TestSSHServer.Program.allCases, "`make test-packages` installs what is missing")
    }

    @Test("Every kind of key logs in to every server", arguments: programs, kinds)
    func clientKeys(program: TestSSHServer.Program, kind: String) async throws {
        try await withServer(program) { server in
            let connection = try await server.connect(
                server.target(key: try await server.makeClientKey(kind, name: "key")))
            #expect(try await connection.execute("echo fine").standardOutput == ByteBuffer(string: "fine\n"))
            await connection.close()
        }
    }

    @Test("Every kind of host key is checked, and a change of it noticed", arguments: programs, kinds)
    func hostKeys(program: TestSSHServer.Program, kind: String) async throws {
        try await withServer(program, hostKeys: [kind]) { server in
            await (try await server.connect()).close()
            let empty = try server.file("empty", "")
            let unknown = try await server.failure(server.target(knownHosts: empty))
            #expect(unknown.code == .hostKeyUnknown)
            #expect(unknown.advice.contains(server.knownHostsLine(kind).split(separator: " ")[2]))
            try await TestSSHServer.keygen(kind, server.directory + "/imposter")
            let line = "[127.0.0.1]:\(server.port) " + TestFiles.read(server.directory + "/imposter.pub")
            let changed = try await server.failure(server.target(knownHosts: try server.file("changed", line)))
            #expect(changed.code == .hostKeyChanged)
        }
    }

    @Test("Hashed known_hosts, on every server", arguments: programs)
    func hashedHosts(program: TestSSHServer.Program) async throws {
        try await withServer(program, hostKeys: ["ed25519"]) { server in
            let hosts = try server.file("hashed", server.knownHostsLine("ed25519"))
            try await TestSSHServer.run("/usr/bin/ssh-keygen", ["-q", "-H", "-f", hosts])
            #expect(TestFiles.read(hosts).hasPrefix("|1|"))
            await (try await server.connect(server.target(knownHosts: hosts))).close()
        }
    }

    @Test("A key with a passphrase, on every server", arguments: programs)
    func passphrase(program: TestSSHServer.Program) async throws {
        try await withServer(program) { server in
            let key = try await server.makeClientKey("ed25519", name: "locked", passphrase: "open it")
            var target = server.target(key: key)
            target.unlocker = KeyUnlocker { _ in "open it" }
            await (try await server.connect(target)).close()
        }
    }

    @Test(
        "A key of an ssh-agent, on every server",
        .enabled(if: TestAgent.isAvailable, "no ssh-agent here"), arguments: programs, kinds)
    func agent(program: TestSSHServer.Program, kind: String) async throws {
        try await withServer(program) { server in
            try await withAgent(in: server.directory) { agent in
                let key = try await server.makeClientKey(kind, name: "held")
                try await agent.add(key)
                var target = server.target(key: key + ".pub")
                target.identityAgent = .path(agent.path)
                target.identitiesOnly = true
                await (try await server.connect(target)).close()
            }
        }
    }

    @Test("A wrong key and a wrong user are a refused login, on every server", arguments: programs)
    func refused(program: TestSSHServer.Program) async throws {
        try await withServer(program) { server in
            try await TestSSHServer.keygen("ed25519", server.directory + "/stranger")
            let wrongKey = try await server.failure(server.target(key: server.directory + "/stranger"))
            #expect(wrongKey.code == .loginDenied)
            for user in ["nobody", "no-such-user"] {
                var target = server.target()
                target.user = user
                let error = try await server.failure(target)
                #expect(error.code == .loginDenied, "\(error)")
                #expect(error.message.contains("for user \(user)"))
            }
        }
    }

    @Test(
        "RSA keys of ours: refused by OpenSSH with advice, taken by dropbear",
        .enabled(if: isOldLibrary, "this libssh2 signs RSA as everybody wants it"), arguments: programs)
    func rsa(program: TestSSHServer.Program) async throws {
        try await withServer(program) { server in
            let target = server.target(key: try await server.makeClientKey("rsa", name: "rsa"))
            switch program {
            case .openSSH: #expect(try await server.failure(target).advice.contains("SHA-1"))
            case .dropbear: await (try await server.connect(target)).close()
            }
        }
    }

    @Test(
        "RSA host keys: OpenSSH's is told to make another, dropbear's is taken",
        .enabled(if: isOldLibrary, "this libssh2 takes RSA as everybody has it"), arguments: programs)
    func rsaHost(program: TestSSHServer.Program) async throws {
        try await withServer(program, hostKeys: ["rsa"]) { server in
            switch program {
            case .openSSH: #expect(try await server.failure(server.target()).code == .nothingInCommon)
            case .dropbear: await (try await server.connect()).close()
            }
        }
    }
}

import FleetTestSupport
import Testing

@testable import FleetSSH

/// True for a libssh2 that signs RSA with SHA-1 alone.
let isOldLibrary = !SSHLibrary.signsRSA

@Suite("Logging in over SSH", .enabled(if: TestSSHServer.isAvailable, "no sshd here"), .timeLimit(.minutes(2)))
struct LoginTests {
    @Test("An ed25519 key logs in, and so does an ECDSA key")
    func keys() async throws {
        try await withServer { server in
            for key in [server.clientKey, server.ecdsaClientKey] {
                let connection = try await server.connect(server.target(key: key))
                #expect(try await connection.execute("true").isSuccess)
                await connection.close()
            }
        }
    }

    @Test("An RSA key that the server refuses leads to advice about RSA", .enabled(if: isOldLibrary, "it can do RSA"))
    func rsa() async throws {
        try await withServer { server in
            let key = try await server.makeClientKey("rsa", name: "rsa")
            let error = try await server.failure(server.target(key: key))
            #expect(error.code == .loginDenied)
            #expect(error.advice.contains("RSA keys only with SHA-1"))
            #expect(error.advice.contains("ssh-keygen -t ed25519"))
        }
    }

    @Test("A key in PEM form logs in too")
    func pem() async throws {
        try await withServer { server in
            let key = server.directory + "/pem"
            try await TestSSHServer.run(
                "/usr/bin/ssh-keygen", ["-q", "-t", "ecdsa", "-b", "256", "-m", "PEM", "-N", "", "-f", key])
            try TestFiles.write(
                TestFiles.read(server.directory + "/authorized_keys") + TestFiles.read(key + ".pub"),
                to: server.directory + "/authorized_keys")
            let connection = try await server.connect(server.target(key: key))
            await connection.close()
        }
    }

    @Test("The second key is tried when the first is refused; with none left the error names them")
    func wrongKey() async throws {
        try await withServer { server in
            let other = server.directory + "/other"
            try await TestSSHServer.keygen("ed25519", other)
            var target = server.target(key: other)
            let error = try await server.failure(target)
            #expect(error.code == .loginDenied)
            #expect(error.stage == .login)
            #expect(error.message.contains(other))
            #expect(error.advice.contains("authorized_keys"))
            target.identityFiles = [other, server.clientKey]
            await (try await server.connect(target)).close()
        }
    }

    @Test("So many wrong keys that the server hangs up are a refused login")
    func tooManyKeys() async throws {
        try await withServer(configuration: ["MaxAuthTries 2"]) { server in
            var target = server.target()
            target.identityFiles = []
            for number in 1...4 {
                try await TestSSHServer.keygen("ed25519", server.directory + "/wrong\(number)")
                target.identityFiles.append(server.directory + "/wrong\(number)")
            }
            let error = try await server.failure(target)
            #expect(error.code == .loginDenied)
            #expect(error.stage == .login)
        }
    }

    @Test("Key files that cannot be used are named with the reason before anything is sent")
    func keyFiles() async throws {
        try await withServer { server in
            let directory = server.directory
            try await TestSSHServer.keygen("ed25519", directory + "/locked", passphrase: "secret word")
            try await TestSSHServer.keygen("ed25519", directory + "/open")
            try TestFiles.write("hello\n", to: directory + "/text")
            try await TestSSHServer.run("/usr/bin/chmod", ["644", directory + "/open"])
            try await TestSSHServer.run("/usr/bin/chmod", ["600", directory + "/open.pub"])
            let expected = [
                "locked": "passphrase", "open": "mode 644", "text": "no key",
                "open.pub": "public half", "missing": "does not exist", "": "not a regular file",
            ]
            for (file, words) in expected {
                let error = try await server.failure(server.target(key: directory + "/" + file))
                #expect(error.code == .keyFile)
                #expect(error.message.contains(words), "\(error)")
                #expect(!error.advice.isEmpty)
            }
        }
    }

    @Test("Sixty connections at once to a server with default limits all get in", .timeLimit(.minutes(1)))
    func manyAtOnce() async throws {
        try await withServer { server in
            let statuses = try await withThrowingTaskGroup(of: Int?.self) { group in
                for number in 0..<60 {
                    group.addTask {
                        let connection = try await server.connect()
                        let status = try await connection.execute("exit \(number)").status
                        await connection.close()
                        return status
                    }
                }
                return try await group.reduce(into: Set<Int?>()) { $0.insert($1) }
            }
            #expect(statuses == Set(0..<60))
        }
    }

    @Test("A server that drops logins by chance is tried again")
    func droppedLogins() async throws {
        try await withServer(configuration: ["MaxStartups 1:50:8"]) { server in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<12 {
                    group.addTask {
                        let connection = try await server.connect()
                        #expect(try await connection.execute("true").isSuccess)
                        await connection.close()
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}

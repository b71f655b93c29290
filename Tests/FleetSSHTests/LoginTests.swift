import FleetSSH
import FleetSystem
import FleetTestSupport
import NIOCore
import Testing

@testable import struct FleetSSH.KeyText
@testable import enum FleetSSH.SSHLibrary

@Suite("Logging in", .enabled(if: TestSSHServer.isInstalled, "no sshd here"), .timeLimit(.minutes(2)))
struct LoginTests {
    @Test("Both kinds of key log in, in every format in which ssh-keygen writes them", arguments: ["ed25519", "ecdsa"])
    func kinds(kind: String) async throws {
        try await withServer { server in
            let key = "\(server.directory)/client_\(kind)"
            let connection = try await connect(server.target(key: key))
            #expect(try await connection.execute("echo hello").standardOutput == ByteBuffer(string: "hello\n"))
            await connection.close()
            // ed25519 has only OpenSSH's own format.
            for format in kind == "ecdsa" ? ["PEM", "PKCS8"] : [] {
                try await TestSSHServer.run("ssh-keygen", ["-q", "-p", "-m", format, "-N", "", "-f", key])
                let connection = try await connect(server.target(key: key))
                #expect(try await connection.execute("true").isSuccess)
                await connection.close()
            }
        }
    }

    @Test("A key that the server does not know is denied, with user, key and advice")
    func wrongKey() async throws {
        try await withServer { server in
            let key = try server.file("stranger")
            try await TestSSHServer.makeKey("ed25519", at: key)
            let error = try await connectionError(server.target(key: key))
            #expect(error.code == .loginDenied)
            #expect(error.stage == .login)
            #expect(error.message.contains(key) && error.message.contains(TestSSHServer.user))
            #expect(error.advice.contains("authorized_keys"))
        }
    }

    @Test("The second key is offered when the first is refused")
    func secondKey() async throws {
        try await withServer { server in
            var target = server.target()
            let stranger = try server.file("stranger")
            try await TestSSHServer.makeKey("ecdsa", at: stranger)
            target.identityFiles = [stranger, server.clientKey]
            let connection = try await connect(target)
            #expect(try await connection.execute("true").isSuccess)
            await connection.close()
        }
    }

    @Test("A server that ends the connection after too many keys has denied the login")
    func tooManyKeys() async throws {
        try await withServer(configuration: ["MaxAuthTries 1"]) { server in
            let key = try server.file("stranger")
            try await TestSSHServer.makeKey("ed25519", at: key)
            var target = server.target()
            target.identityFiles = [key, server.clientKey]
            let error = try await connectionError(target)
            #expect(error.code == .loginDenied)
        }
    }

    @Test("A user whom the machine does not have is denied")
    func unknownUser() async throws {
        try await withServer { server in
            var target = server.target()
            target.user = "no-such-user"
            let error = try await connectionError(target)
            #expect(error.code == .loginDenied)
        }
    }

    @Test(
        "An RSA key is refused before anything is sent, with advice",
        .enabled(if: !SSHLibrary.signsRSA, "this libssh2 can use RSA keys"))
    func rsaKey() async throws {
        try await withServer { server in
            let key = try server.file("client_rsa")
            try await TestSSHServer.makeKey("rsa", at: key)
            let error = try await connectionError(server.target(key: key))
            #expect(error.code == .keyFile)
            #expect(error.message.contains("RSA"))
            #expect(error.advice.contains("ssh-keygen -t ed25519"))
        }
    }

    @Test("A key with a passphrase is refused with advice", arguments: ["ed25519", "ecdsa"])
    func passphrase(kind: String) async throws {
        try await withServer { server in
            let key = try server.file("locked")
            try await TestSSHServer.makeKey(kind, at: key, passphrase: "secret words")
            let error = try await connectionError(server.target(key: key))
            #expect(error.code == .keyFile)
            #expect(error.message.contains("passphrase"))
            #expect(error.advice.contains("without one"))
        }
    }

    @Test("A file that is no private key of ours is refused, and the message says why")
    func unusableFiles() async throws {
        try await withServer { server in
            let open = try server.file("open", String(decoding: try AtomicFile.read(server.clientKey), as: UTF8.self))
            try await TestSSHServer.run("chmod", ["644", open])
            let cases = [
                (try server.file("missing"), "does not exist"), (server.clientKey + ".pub", "can be read by others"),
                (try server.file("words", "hello\n"), "no private key"), (try server.file("empty", ""), "no private"),
                (open, "mode 644"), (server.home, "regular file"),
            ]
            for (file, words) in cases {
                let error = try await connectionError(server.target(key: file))
                #expect(error.code == .keyFile)
                #expect(error.description.contains(words), "\(error)")
            }
        }
    }

    @Test("What a key file is, is seen from its text")
    func keyText() {
        func problem(_ text: String) -> String? { KeyText(Array(text.utf8)).problem(acceptsRSA: false)?.message }
        #expect(problem("ssh-ed25519 AAAA test")?.contains("public half") == true)
        #expect(problem("-----BEGIN RSA PRIVATE KEY-----\n")?.contains("RSA") == true)
        #expect(problem("-----BEGIN DSA PRIVATE KEY-----\n")?.contains("DSA") == true)
        #expect(problem("-----BEGIN ENCRYPTED PRIVATE KEY-----\n")?.contains("passphrase") == true)
        #expect(problem("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n") != nil)
        #expect(problem("-----BEGIN OPENSSH PRIVATE KEY-----\n!!!\n") != nil)
        #expect(problem("-----BEGIN PRIVATE KEY-----\n") == nil)
    }

    @Test("A server that has nothing in common with this side is named as such, with advice")
    func nothingInCommon() async throws {
        for configuration in [["MACs hmac-sha2-256-etm@openssh.com"], ["Ciphers chacha20-poly1305@openssh.com"]] {
            try await withServer(configuration: configuration) { server in
                let error = try await connectionError(server.target())
                #expect(error.stage == .keyExchange)
                #expect([.protocolFailure, .connectionLost].contains(error.code))
                #expect(!error.advice.isEmpty)
            }
        }
    }
}

import FleetSSH
import FleetSystem
import FleetTestSupport
import NIOCore
import Testing

@Suite("Host keys", .enabled(if: TestSSHServer.isInstalled, "no sshd here"), .timeLimit(.minutes(2)))
struct HostKeyTests {
    private func accepts(_ target: SSHTarget) async throws {
        let connection = try await connect(target)
        #expect(try await connection.execute("true").isSuccess)
        await connection.close()
    }

    private func text(_ path: String) throws -> String { String(decoding: try AtomicFile.read(path), as: UTF8.self) }

    @Test("An unknown host is refused with OpenSSH's fingerprint and the exact line to add")
    func unknown() async throws {
        try await withServer { server in
            let file = try server.file("other", "# nothing here\n\ngarbage\n")
            let error = try await connectionError(server.target(knownHosts: file))
            #expect(error.code == .hostKeyUnknown)
            #expect(error.stage == .hostKey)
            let listing = try await TestSSHServer.run("ssh-keygen", ["-lf", "\(server.directory)/host_ed25519"])
            #expect(error.message.contains(try #require(listing.split(separator: " ").dropFirst().first)))
            let line = try server.knownHostsLine("ed25519")
            #expect(error.advice.contains(line.dropLast()))
            #expect(try text(file) == "# nothing here\n\ngarbage\n")
            try await accepts(server.target(knownHosts: try server.file("other", line)))
        }
    }

    @Test("A changed key is refused by every policy, with the file and line that hold the old one")
    func changed() async throws {
        try await withServer { server in
            try await TestSSHServer.makeKey("ed25519", at: try server.file("imposter"))
            let key = try text(server.directory + "/imposter.pub")
            let file = try server.file("other", "# first\n[127.0.0.1]:\(server.port) \(key)")
            for policy in [KnownHostsPolicy.UnknownHost.refuse, .acceptNew] {
                let error = try await connectionError(server.target(knownHosts: file, accepting: policy))
                #expect(error.code == .hostKeyChanged)
                #expect(error.message.contains("line 2 of \(file)"))
                #expect(error.advice.contains("ssh-keygen -R"))
            }
            // Hidden names make no difference.
            try await TestSSHServer.run("ssh-keygen", ["-H", "-f", file])
            #expect(try !text(file).contains("127.0.0.1"))
            let error = try await connectionError(server.target(knownHosts: file))
            #expect(error.code == .hostKeyChanged)
        }
    }

    @Test("Hashed names are found, with their port")
    func hashed() async throws {
        try await withServer { server in
            let right = try server.file("hashed", try server.knownHostsLine("ed25519"))
            try await TestSSHServer.run("ssh-keygen", ["-H", "-f", right])
            #expect(try !text(right).contains("127.0.0.1"))
            try await accepts(server.target(knownHosts: right))
            let line = try server.knownHostsLine("ed25519").replacing("]:\(server.port)", with: "]:1")
            let otherPort = try server.file("port", line)
            try await TestSSHServer.run("ssh-keygen", ["-H", "-f", otherPort])
            let error = try await connectionError(server.target(knownHosts: otherPort))
            #expect(error.code == .hostKeyUnknown)
        }
    }

    @Test("accept-new appends one line that OpenSSH understands, however many connect at once")
    func acceptNew() async throws {
        try await withServer { server in
            // Without a line feed at its end, and where a second line must not be glued to it.
            let file = try server.file("new", "example.org ssh-ed25519 AAAA")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<6 {
                    group.addTask { try await accepts(server.target(knownHosts: file, accepting: .acceptNew)) }
                }
                try await group.waitForAll()
            }
            let line = try server.knownHostsLine("ed25519")
            #expect(try text(file) == "example.org ssh-ed25519 AAAA\n" + line)
            try await TestSSHServer.run("ssh-keygen", ["-F", "[127.0.0.1]:\(server.port)", "-f", file])
            try await accepts(server.target(knownHosts: file))
        }
    }

    @Test("accept-new makes the file and its directory")
    func acceptNewMakesFile() async throws {
        try await withServer { server in
            let file = "\(server.directory)/made/known_hosts"
            try await accepts(server.target(knownHosts: file, accepting: .acceptNew))
            #expect(try text(file) == (try server.knownHostsLine("ed25519")))
            let mode = try await TestSSHServer.run("stat", ["-c", "%a", file, "\(server.directory)/made"])
            #expect(mode == "600\n700\n")
        }
    }

    @Test("accept-new says when the file cannot be extended")
    func acceptNewFails() async throws {
        try await withServer { server in
            let target = server.target(knownHosts: "/proc/no-such-file", accepting: .acceptNew)
            let error = try await connectionError(target)
            #expect(error.code == .knownHostsFile)
            #expect(error.message.contains("/proc/no-such-file"))
        }
    }

    @Test("A revoked key is refused, whatever else the file says")
    func revoked() async throws {
        try await withServer { server in
            let line = try server.knownHostsLine("ed25519")
            let file = try server.file("other", line + "@revoked * " + line.split(separator: " ", maxSplits: 1)[1])
            let error = try await connectionError(server.target(knownHosts: file, accepting: .acceptNew))
            #expect(error.code == .hostKeyRevoked)
        }
    }

    @Test("The kind of key that the file holds is asked for", arguments: ["ed25519", "ecdsa"])
    func kindOfTheFile(kind: String) async throws {
        try await withServer { server in
            try await accepts(
                server.target(knownHosts: try server.file("other", try server.knownHostsLine(kind))))
        }
    }

    @Test("A known_hosts file that cannot be read is an error, not an empty one")
    func unreadable() async throws {
        try await withServer { server in
            let error = try await connectionError(server.target(knownHosts: server.home, accepting: .acceptNew))
            #expect(error.code == .knownHostsFile)
            #expect(error.stage == .hostKey)
        }
    }
}

import FleetSystem
import FleetTestSupport
import NIOCore
import Testing

@testable import FleetSSH

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite(
    "Logging in with an ssh-agent",
    .enabled(if: TestSSHServer.isAvailable && TestAgent.isAvailable, "no sshd or no ssh-agent here"),
    .timeLimit(.minutes(2)))
struct AgentTests {
    private func target(_ server: TestSSHServer, _ agent: String, identity: [String] = []) -> SSHTarget {
        var target = server.target()
        target.identityFiles = identity
        target.identitiesOnly = !identity.isEmpty
        target.identityAgent = .path(agent)
        return target
    }

    @Test(
        "A key that only the agent holds logs in, with one attempt as the server sees it",
        arguments: ["ed25519", "ecdsa-256", "ecdsa-384", "ecdsa-521"])
    func kinds(kind: String) async throws {
        try await withServer { server in
            try await withAgent(in: server.directory) { agent in
                let key = try await server.makeClientKey(kind, name: "held")
                try await agent.add(key)
                #expect(unlink(key) == 0)
                let connection = try await server.connect(target(server, agent.path, identity: [key + ".pub"]))
                #expect(try await connection.execute("true").isSuccess)
                await connection.close()
                #expect(server.log.count(of: "Accepted publickey") == 1)
                #expect(server.log.count(of: "Failed publickey") == 0)
            }
        }
    }

    @Test("The key that a file names is offered first, however many the agent holds")
    func manyKeys() async throws {
        try await withServer(configuration: ["MaxAuthTries 1"]) { server in
            try await withAgent(in: server.directory) { agent in
                for number in 0..<8 {
                    let other = "\(server.directory)/other\(number)"
                    try await TestSSHServer.keygen("ed25519", other)
                    try await agent.add(other)
                }
                try await agent.add(server.clientKey)
                var target = target(server, agent.path, identity: [server.clientKey + ".pub"])
                target.identitiesOnly = false
                await (try await server.connect(target)).close()
                #expect(server.log.count(of: "Failed publickey") == 0)
            }
        }
    }

    @Test("Of many keys that nobody named five are tried, and the error says that there are more")
    func tooMany() async throws {
        try await withServer { server in
            try await withAgent(in: server.directory) { agent in
                for number in 0..<8 {
                    let other = "\(server.directory)/other\(number)"
                    try await TestSSHServer.keygen("ed25519", other)
                    try await agent.add(other)
                }
                var target = target(server, agent.path)
                target.user = "nobody"
                target.identityFiles = ["\(server.directory)/other0.pub"]
                target.identitiesOnly = false
                let error = try await server.failure(target)
                #expect(error.code == .loginDenied)
                #expect(error.message.contains("3 more were not tried"), "\(error)")
                #expect(error.message.contains("test (ssh-agent)"))
            }
        }
    }

    @Test("An agent that is not there leaves the files, and is named when they do not suffice")
    func absent() async throws {
        try await withServer { server in
            var target = target(server, server.directory + "/nowhere", identity: [server.clientKey])
            await (try await server.connect(target)).close()
            target.identityFiles = [server.clientKey + ".pub"]
            let error = try await server.failure(target)
            #expect(error.code == .keyFile)
            #expect(error.message.contains("/nowhere: it cannot be reached: No such file"), "\(error)")
            #expect(error.advice.contains("ssh-add"))
        }
    }

    @Test("A locked agent is told as one that holds nothing")
    func locked() async throws {
        try await withServer { server in
            try await withFakeAgent(in: server.directory, FakeAgent(identities: .body([5]))) { agent in
                let error = try await server.failure(target(server, agent, identity: [server.clientKey + ".pub"]))
                #expect(error.code == .keyFile)
                #expect(error.message.contains("it refused"), "\(error)")
            }
        }
    }

    @Test("An agent that hangs, hangs up, floods or talks nonsense costs its time limit at most, and is named")
    func badLists() async throws {
        try await withServer { server in
            let cases: [(FakeAgent.Answer, String)] = [
                (.nothing, "did not answer within 0.3 s"), (.hangUp, "closed the connection"),
                (.raw([0x7f, 0xff, 0xff, 0xff, 12]), "longer than 256 KiB"), (.raw([0, 0, 0, 0]), "no answer"),
                (.body([12, 0, 0, 0, 9]), "no answer"), (.raw(Array("HTTP/1.1 400".utf8)), "longer than"),
            ]
            for (answer, words) in cases {
                try await withFakeAgent(in: server.directory, FakeAgent(identities: answer)) { agent in
                    var target = target(server, agent, identity: [server.clientKey + ".pub"])
                    // Only the one that hangs has to wait for it.
                    target.timeouts.agent = if case .nothing = answer { .milliseconds(300) } else { .seconds(10) }
                    let error = try await within(.seconds(45), words) { try await server.failure(target) }
                    #expect(error.code == .keyFile)
                    #expect(error.message.contains(words), "\(error)")
                }
            }
        }
    }

    @Test("An agent that does not sign, or signs wrongly, is named, and the next key is tried")
    func badSignatures() async throws {
        try await withServer { server in
            let blob = try #require(KeyText(Array(TestFiles.read(server.clientKey + ".pub").utf8)).finding().publicBlob)
            let cases: [(FakeAgent.Answer, String)] = [
                (.nothing, "did not answer within 2 s"), (.hangUp, "closed the connection"),
                (.body([5]), "refused"), (.body([14]), "no answer"),
                (FakeAgent.signing("ssh-rsa", [1, 2, 3]), "another algorithm"),
                (FakeAgent.signing("ssh-ed25519", Array(repeating: 7, count: 64)), "accepted none of the keys"),
                (FakeAgent.signing("ssh-ed25519", Array(repeating: 7, count: 9)), "accepted none of the keys"),
            ]
            for (answer, words) in cases {
                let fake = FakeAgent(identities: FakeAgent.holding(blob), signature: answer)
                try await withFakeAgent(in: server.directory, fake) { agent in
                    var target = target(server, agent, identity: [server.clientKey])
                    if case .nothing = answer { target.timeouts.login = .seconds(2) }
                    let error = try await within(.seconds(45), words) { try await server.failure(target) }
                    #expect(error.code == .loginDenied)
                    #expect(error.message.contains(words), "\(error)")
                    if case .nothing = answer { return }
                    target.identityFiles = [server.clientKey, server.ecdsaClientKey]
                    await (try await server.connect(target)).close()
                }
            }
        }
    }

    @Test("While an agent takes its time to sign, other sessions of the same loop go on")
    func loopIsFree() async throws {
        try await withServer { server in
            let blob = try #require(KeyText(Array(TestFiles.read(server.clientKey + ".pub").utf8)).finding().publicBlob)
            let fake = FakeAgent(identities: FakeAgent.holding(blob))
            try await withFakeAgent(in: server.directory, fake) { agent in
                try await withOneLoop { one in
                    let slow = target(server, agent, identity: [server.clientKey])
                    // Awaited below.
                    let login = Task { try await SSHConnection.connect(to: slow, on: one, logger: quiet) }
                    let isSigning = await Waiting.until(within: .seconds(10)) {
                        server.log.contains("Postponed publickey")
                    }
                    #expect(isSigning)
                    let connection = try await SSHConnection.connect(to: server.target(), on: one, logger: quiet)
                    for _ in 0..<5 { #expect(try await connection.execute("true").isSuccess) }
                    await connection.close()
                    login.cancel()
                    #expect(try await sshError { try await login.value }.code == .cancelled, "it still signed")
                }
            }
        }
    }

    @Test("A login that is cancelled while the agent signs ends at once")
    func cancelled() async throws {
        try await withServer { server in
            let blob = try #require(KeyText(Array(TestFiles.read(server.clientKey + ".pub").utf8)).finding().publicBlob)
            let fake = FakeAgent(identities: FakeAgent.holding(blob))
            try await withFakeAgent(in: server.directory, fake) { agent in
                let target = target(server, agent, identity: [server.clientKey])
                // Awaited below.
                let task = Task { try await server.connect(target) }
                let isSigning = await Waiting.until(within: .seconds(10)) {
                    server.log.contains("Postponed publickey")
                }
                #expect(isSigning)
                task.cancel()
                let error = try await within(.seconds(15), "ending") { try await sshError { try await task.value } }
                #expect(error.code == .cancelled)
            }
        }
    }
}

extension String {
    /// How often a text stands in it.
    func count(of text: String) -> Int { ranges(of: text).count }
}

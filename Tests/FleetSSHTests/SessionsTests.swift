import FleetSystem
import FleetTestSupport
import NIOCore
import Testing

@testable import FleetSSH

@Suite("Many sessions", .enabled(if: TestSSHServer.isInstalled, "no sshd here"), .timeLimit(.minutes(3)))
struct SessionsTests {
    private func connectAll(_ count: Int, to server: TestSSHServer) async throws {
        let connections = try await withThrowingTaskGroup(of: SSHConnection.self) { group in
            for _ in 0..<count { group.addTask { try await connect(server.target()) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(connections.count == count)
        // All are open at the same time, and each works.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, connection) in connections.enumerated() {
                group.addTask {
                    let result = try await connection.execute("exit \(number % 256)")
                    #expect(result.status == number % 256)
                    await connection.close()
                }
            }
            try await group.waitForAll()
        }
        #expect(await Waiting.until(within: .seconds(10)) { server.sessions.isEmpty })
    }

    @Test("Sixty sessions at once to one sshd with its defaults all connect")
    func sixty() async throws {
        try await withServer { server in
            try await connectAll(60, to: server)
            #expect(!server.service.log.contains("MaxStartups"))
        }
    }

    @Test("A server that drops logins by chance gets them again")
    func dropped() async throws {
        try await withServer(configuration: ["MaxStartups 2:50:8"]) { server in
            try await connectAll(20, to: server)
        }
    }

    @Test("A line in a start-up file of the shell stands before the command's output, and is no error")
    func noisyShell() async throws {
        try await withConnection { server, connection in
            let noise = "echo noise; echo more noise >&2\n"
            try AtomicFile.write(Array(noise.utf8), to: "\(server.home)/.bashrc")
            let result = try await connection.execute("echo wanted")
            #expect(result.isSuccess)
            #expect(String(buffer: result.standardOutput).hasSuffix("wanted\n"))
            let file = try server.file("data", "data")
            let sum = try await TestSSHServer.run("sha256sum", [file]).prefix(64)
            try await connection.upload(file: file, to: "\(server.home)/copy", sha256: String(sum), mode: 0o600)
            #expect(try AtomicFile.read("\(server.home)/copy") == Array("data".utf8))
        }
    }
}

@Suite("The gate before an sshd", .timeLimit(.minutes(1)))
struct HandshakeGateTests {
    @Test("Never more than the limit are inside, and every place is given back, also by those who fail or leave")
    func limit() async throws {
        let gate = HandshakeGate(limit: 3)
        struct Failure: Error {}
        let most = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<50 {
                group.addTask {
                    do {
                        return try await gate.pass(to: "a") {
                            for _ in 0..<5 { await Task.yield() }
                            if number % 3 == 0 { throw Failure() }
                            return await gate.taken("a")
                        } ?? 0
                    } catch {
                        return 0
                    }
                }
            }
            let cancelled = Task { try await gate.pass(to: "a") { () async throws -> Int in 1 } }
            cancelled.cancel()
            // Whether it got in before does not matter; it must give its place back.
            _ = await cancelled.result
            return try await group.reduce(0, max)
        }
        #expect(most <= 3)
        #expect(await gate.taken("a") == 0)
    }

    @Test("Another address has places of its own")
    func addresses() async {
        let gate = HandshakeGate(limit: 1)
        #expect(await gate.enter("a"))
        #expect(await gate.enter("b"))
        await gate.leave("a")
        await gate.leave("b")
        #expect(await gate.taken("a") == 0)
    }
}

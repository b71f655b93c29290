import FleetSSH
import FleetSystem
import FleetTestSupport
import NIOCore
import Testing

/// The end of a run cancels whatever still waits: none of it may wait for its own time limit.
@Suite("Cancelling", .enabled(if: TestSSHServer.isAvailable, "no ssh-keygen here"), .timeLimit(.minutes(2)))
struct CancellationTests {
    @Test("A TCP connection that nobody answers")
    func connecting() async throws {
        let listener = try FullListener()
        defer { listener.close() }
        let directory = try TestFiles.makeDirectory(prefix: "fleet-ssh")
        defer { TestFiles.remove(directory) }
        try await TestSSHServer.keygen("ed25519", directory + "/key")
        let long = Duration.seconds(50)
        let target = SSHTarget(
            host: "127.0.0.1", port: listener.port, user: "nobody", identityFiles: [directory + "/key"],
            knownHosts: KnownHostsPolicy(files: [directory + "/hosts"]),
            timeouts: SSHTimeouts(resolve: long, connect: long, banner: long, keyExchange: long))
        // Awaited at the end of the test.
        let task = Task { try await connectionFailure(target) }
        let start = ContinuousClock.now
        _ = await Waiting.until(within: .seconds(5)) { start.duration(to: .now) > .milliseconds(300) }
        task.cancel()
        #expect(try await task.value.code == .cancelled)
        #expect(start.duration(to: .now) < .seconds(15))
    }

    @Test("A connection whose end nobody brings")
    func waitingForTheEnd() async throws {
        try await withConnection { _, connection in
            // Awaited two lines below.
            let task = Task { await connection.waitForClose() }
            task.cancel()
            #expect(await task.value?.code == .cancelled)
            #expect(connection.isOpen)
        }
    }
}

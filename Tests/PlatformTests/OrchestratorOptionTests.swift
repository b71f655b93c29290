import FleetSystem
import FleetTestSupport
import Foundation
import Testing

/// The documented options of the orchestrator's program.
@Suite(.serialized, .enabled(if: TestPlatform.canRun, "needs knot, docker-registry and openssh-server"))
struct OrchestratorOptionTests {
    @Test(.timeLimit(.minutes(1))) func itStartsWithTheDocumentedOptions() async throws {
        let (knot, directory) = (try await KnotServer.start(), try TestService.temporaryDirectory("options"))
        let port = try TestService.freePort()
        let service = try TestService(
            TestPlatform.executable,
            [
                "orchestrator", "--port", "\(port)", "--data-dir", "\(directory)/data", "--storage-type", "filesystem",
                "--dns", "127.0.0.1:\(knot.port)", "--dns-key-file", knot.keyFile, "--registry", "http://127.0.0.1:1",
            ], directory: directory)
        try? await service.wait(for: "listening") { TestPlatform.announcedPort(service.log) != nil }
        #expect(TestPlatform.announcedPort(service.log) == port, "\(service.log)")
        #expect(FileManager.default.fileExists(atPath: "\(directory)/data/tasks/tasks.log"))
        await service.stop()
        await knot.service.stop()
    }

    @Test(
        arguments: [
            (["--storage-type", "surrealdb-embedded"], "surrealdb-embedded"),
            (["--listen", "127.0.0.1:1", "--port", "1"], "one of the two"), (["--port", "70000"], "70000"),
        ])
    func whatIsNotThereIsRefused(options: [String], words: String) async throws {
        let needed = ["orchestrator", "--data", "/nowhere", "--dns", "127.0.0.1:53", "--registry", "http://127.0.0.1:1"]
        let result = try await Program.run(TestPlatform.executable, needed + options)
        #expect(result.status == .exited(64) && result.output.contains(words), "\(result.output)")
    }
}

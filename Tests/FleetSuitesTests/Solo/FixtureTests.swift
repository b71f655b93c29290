import FleetSystem
import FleetTestSupport
import InterfaceProfile
import Testing

@testable import FleetSuites
@testable import FleetTestKit

@Suite("The taskserv of the tests", .enabled(if: ProgramSearch.find("perl") != nil, "needs perl"))
struct FixtureTests {
    @Test("install starts a daemon that answers, check fails when it is dead, remove ends it")
    func life() async throws {
        let port = try TestService.freePort()
        let fixture = TaskservFixture(name: "demo", version: "1.2.3", port: port)
        let directory = try ScratchDirectory(beside: "/tmp/artifacts").path
        defer { _ = DirectoryTree.remove(directory) }
        try AtomicFile.write(fixture.archive(try Kit.context()), to: "\(directory)/archive.tar.gz")
        _ = try await ProgramRun.run(
            "tar", ["-xzf", "\(directory)/archive.tar.gz", "-C", directory], home: directory, limit: .seconds(10))
        let daemon = TCPClient(host: "127.0.0.1", port: port)

        #expect(try await run("check", in: directory).status == .exited(1))
        #expect(try await run("install", in: directory).status.isSuccess)
        let first = try await fixture.processID(at: daemon)
        #expect(try await run("check", in: directory).status.isSuccess)
        #expect(try await run("install", in: directory).output.contains("runs already"))
        #expect(try await fixture.processID(at: daemon) == first)

        _ = try await ProgramRun.run("sh", ["-c", "kill -9 \(first)"], home: directory, limit: .seconds(5))
        try await eventually("the port falls silent") { try expect(!(try await daemon.isListening()), "silent") }
        let check = try await run("check", in: directory)
        #expect(check.status == .exited(1))
        #expect(check.errorOutput.contains("demo 1.2.3 does not answer at 127.0.0.1:\(port)"))

        #expect(try await run("install", in: directory).status.isSuccess)
        #expect(try await fixture.processID(at: daemon) != first)
        #expect(try await run("remove", in: directory).status.isSuccess)
        #expect(!(try await daemon.isListening()))
        #expect(try await run("remove", in: directory).status.isSuccess)
    }

    /// Starts a program of the archive as the platform does.
    private func run(_ program: String, in directory: String) async throws -> ProgramResult {
        let variables = [
            "TASKSERV_ROOT=\(directory)", "TASKSERV_NAME=demo", "TASKSERV_VERSION=1.2.3", "SERVER_ADDRESS=127.0.0.1",
        ]
        return try await ProgramRun.run(
            "env", variables + ["\(directory)/\(program)"], home: directory, limit: .seconds(20))
    }
}

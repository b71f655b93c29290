import FleetModel
import FleetSystem
import Testing

@testable import FleetAgent

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite(
    "The door of a kept environment", .serialized,
    .enabled(
        if: ProgramSearch.find("knotd") != nil && ProgramSearch.find("docker-registry") != nil
            && access(TestAgent.program.dropLast("agent".count) + "platform", X_OK) == 0,
        "knot, docker-registry and the platform executable are needed"))
struct DoorTests {
    private struct Answer: Codable {
        var port: Int
        var secret: String
    }

    @Test(
        "who knows its secret reaches a service or a shell inside, nobody else does",
        arguments: EnvironmentTests.drivers)
    func enter(driver: Driver) async throws {
        let workdir = "/tmp/fleet-door-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        defer { #expect(DirectoryTree.remove(workdir).isEmpty) }
        let place = ["--workdir", workdir, "--name", "mine"]
        let up = try await TestAgent.run(["environment", "up", "--driver", driver.rawValue] + place)
        #expect(up.status == .exited(0), "\(up)")
        let opened = try await TestAgent.run(["environment", "door"] + place)
        #expect(opened.status == .exited(0), "\(opened)")
        let door = try decodeJSON(Answer.self, opened.output)
        let health = "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        #expect(try ask(door.port, "\(door.secret) tunnel orchestrator\n" + health).hasPrefix("HTTP/1.1 200"))
        #expect(try ask(door.port, "\(String(repeating: "0", count: 64)) tunnel orchestrator\n") == "refused\n")
        #expect(try ask(door.port, "\(door.secret) tunnel nothing\n") == "refused\n")
        let shell = "\(door.secret) shell 91 33 dumb\nstty size; echo url=$FLEET_ORCHESTRATOR_URL; exit\n"
        let words = try ask(door.port, shell)
        #expect(words.contains("33 91") && words.contains("url=http://127.0.0.1:"), "\(words)")
        let down = try await TestAgent.run(["environment", "down"] + place)
        #expect(down.status == .exited(0), "\(down)")
        #expect(
            await Waiting.until(within: .seconds(20), every: .milliseconds(50)) {
                !ProcessTree.all().contains { $0.commandLine.contains(workdir) && !$0.isZombie }
            })
    }

    /// Says something at a port of this machine and returns all that comes back, at most 8 seconds after the last word.
    private func ask(_ port: Int, _ text: String) throws -> String {
        let connection = try #require(LoopbackSocket.reach("127.0.0.1", port: port))
        defer { close(connection) }
        var limit = timeval(tv_sec: 8, tv_usec: 0)
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let bytes = Array(text.utf8)
        _ = bytes.withUnsafeBytes { write(connection, $0.baseAddress, $0.count) }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(connection, &buffer, buffer.count)
            guard count > 0 else { break }
            answer += buffer[..<count]
        }
        return String(decoding: answer, as: UTF8.self)
    }
}

import FleetModel
import FleetSystem
import Testing

@testable import FleetEnvironments

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Pieces of environments")
struct PieceTests {
    @Test("services start as soon as what they need is ready, each once")
    func startOrder() {
        var order = StartOrder([ReferenceOrchestrator(), KnotDNS(), DockerRegistry()])
        #expect(order.takeStartable().map(\.service) == ["dns", "registry"])
        #expect(order.takeStartable().isEmpty)
        order.becameReady("registry")
        #expect(order.takeStartable().isEmpty)
        order.becameReady("dns")
        #expect(order.takeStartable().map(\.service) == ["orchestrator"])
        #expect(order.takeStartable().isEmpty)
        // What is not part of the environment holds nobody up.
        var alone = StartOrder([ReferenceOrchestrator()])
        #expect(alone.takeStartable().map(\.service) == ["orchestrator"])
        // What runs already need not start first.
        var later = StartOrder([Prometheus(), ReferenceOrchestrator()], ready: ["dns", "registry"])
        #expect(later.takeStartable().map(\.service) == ["prometheus", "orchestrator"])
        var failed = StartOrder([ReferenceOrchestrator(), KnotDNS()])
        failed.giveUp()
        #expect(failed.takeStartable().isEmpty)
    }

    @Test("a DNS answer is judged by identifier, code, authority and content")
    func answers() {
        func judge(_ bytes: [UInt8]) -> String? { DNSQuery.judge(bytes[...], identifier: 0x0102) }
        let right: [UInt8] = [1, 2, 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0]
        func changed(_ index: Int, _ value: UInt8) -> [UInt8] {
            var bytes = right
            bytes[index] = value
            return bytes
        }
        #expect(judge(right) == nil)
        #expect(judge(Array(right.dropLast())) == "an answer to another question")
        #expect(judge(changed(1, 3)) == "an answer to another question")
        #expect(judge(changed(2, 0x04)) == "an answer to another question")
        #expect(judge(changed(3, 5)) == "response code 5")
        #expect(judge(changed(2, 0x80)) == "an answer without authority")
        #expect(judge(changed(7, 0)) == "an empty answer")
        #expect(
            DNSQuery.query(identifier: 0x0102, zone: "a.bc")
                == [1, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0x61, 2, 0x62, 0x63, 0, 0, 6, 0, 1])
    }

    @Test("nobody answers: said within the limit")
    func silence() async throws {
        let holder = try PortHolder()
        defer { holder.close() }
        let problem = await DNSQuery.problem(
            address: "127.0.0.1", port: holder.port, zone: "x", within: .milliseconds(50))
        #expect(problem?.hasPrefix("no answer within") == true)
    }

    @Test("a log window keeps its head and its tail")
    func logWindows() throws {
        let path = "/tmp/fleet-test-log-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        defer { unlink(path) }
        let lines = (0..<10_000).map { "line \($0)\n" }
        try AtomicFile.write(lines.joined().utf8, to: path)
        let text = LogWindow.text(of: path, from: 7)
        #expect(text.head.hasPrefix("line 1\n") && text.head.utf8.count == LogWindow.headLimit)
        #expect(text.tail.hasSuffix("line 9999\n") && text.tail.utf8.count == LogWindow.tailLimit)
        #expect(text.cutBytes == lines.joined().utf8.count - 7 - LogWindow.headLimit - LogWindow.tailLimit)
        #expect(LogWindow.lastLines(of: path).count == 20)
        #expect(LogWindow.lastLines(of: path).last == "line 9999")
        #expect(LogWindow.text(of: path, from: 1 << 30).isEmpty)
        #expect(LogWindow.text(of: "/no/such/file", from: 0).isEmpty)
    }

    @Test("a link or a pipe in the place of a log is neither followed nor waited for", .timeLimit(.minutes(1)))
    func hostileLog() throws {
        let path = "/tmp/fleet-log-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        defer { unlink(path) }
        #expect(symlink("/etc/passwd", path) == 0)
        #expect(LogWindow.text(of: path, from: 0).isEmpty && LogWindow.lastLines(of: path).isEmpty)
        unlink(path)
        #expect(mkfifo(path, 0o600) == 0)
        #expect(LogWindow.text(of: path, from: 0).isEmpty && LogWindow.size(of: path) == 0)
    }

    @Test("a reserved port is not given twice")
    func reservations() throws {
        let ports = (0..<50).compactMap { _ in PortReservation.make() }
        #expect(Set(ports.map(\.port)).count == 50)
        let port = ports[0].port
        #expect(PortReservation.make(port: port) == nil)
        #expect(PortReservation.isFree(port))
        let holder = try PortHolder()
        defer { holder.close() }
        #expect(!PortReservation.isFree(holder.port))
    }

    @Test("a failure is a sentence, with its log below it")
    func description() {
        let failure = EnvironmentFailure(
            kind: .start, service: "dns", tried: "started knotd", happened: "exit status 1", advice: "look",
            log: ["one", "two"])
        #expect("\(failure)" == "service dns: started knotd: exit status 1; look\n    one\n    two")
    }
}

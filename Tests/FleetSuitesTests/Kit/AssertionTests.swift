import FleetModel
import FleetSystem
import FleetTestKit
import Testing

@Suite("Assertions")
struct AssertionTests {
    private func failure(_ body: () async throws -> Void) async -> Failure? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? AssertionFailure)?.failure
        }
    }

    @Test("a failure says what was expected, what was found, and where")
    func comparison() async throws {
        let line = #line + 1
        let failure = await failure { try expectEqual("b", "a", "the letter") }
        #expect(failure?.expected == "“a”")
        #expect(failure?.actual == "“b”")
        #expect(failure?.line == line)
        #expect(failure?.file == "Tests/FleetSuitesTests/Kit/AssertionTests.swift")
        #expect(failure?.message.contains("the letter") == true)
    }

    @Test("what holds does not throw")
    func holding() throws {
        try expectEqual([1], [1], "the list")
        try expect(true, "truth")
        try expectContains([1, 2], 2, "the list")
        #expect(try require(Optional(3), "the number") == 3)
    }

    @Test("conditions, containment and missing values fail with their values")
    func others() async {
        #expect(await failure { try expect(false, "it is dry", actual: "rain") }?.actual == "“rain”")
        #expect(await failure { try expectContains([1], 2, "the list") }?.actual == "[1]")
        #expect(await failure { _ = try require(Int?.none, "the number") }?.message == "the number is missing")
    }

    @Test("long values are cut")
    func longValues() async throws {
        let long = String(repeating: "x", count: 100_000)
        let failure = await failure { try expectEqual(long, "", "the text") }
        #expect(try #require(failure?.actual).count < 3000)
    }

    @Test("eventually returns as soon as the body does not throw")
    func success() async throws {
        var tries = 0
        let value = try await eventually("the third try comes") {
            tries += 1
            try expectEqual(tries, 3, "the number of tries")
            return tries
        }
        #expect(value == 3)
    }

    @Test("eventually reports the last failure, with its values and its line")
    func lastFailure() async {
        let line = #line + 3
        let failure = await failure {
            try await eventually("it rains", within: .milliseconds(100)) {
                try expectEqual("sun", "rain", "the weather")
            }
        }
        #expect(failure?.expected == "“rain”")
        #expect(failure?.actual == "“sun”")
        #expect(failure?.line == line)
        #expect(failure?.message.contains("did not happen within 0.1 s") == true)
        #expect(failure?.message.contains("it rains") == true)
    }

    @Test("eventually does not wait for an interface that is not there, or for a skip")
    func noWaiting() async {
        var tries = 0
        await #expect(throws: InterfaceNotFound.self) {
            try await eventually("it is there") {
                tries += 1
                try interfaceNotFound("GET /nowhere")
            }
        }
        await #expect(throws: TestSkipped.self) {
            try await eventually("it is there") {
                tries += 1
                try skip("no disk")
            }
        }
        #expect(tries == 2)
    }

    @Test("a step gives a client's error its name and line, and leaves an assertion's own line alone")
    func steps() async throws {
        struct Broken: Error, CustomStringConvertible { var description: String { "the cable is cut" } }
        let lines = Locked<[String]>([])
        let context = try Kit.context(lines: lines)
        let line = #line + 2
        let placed = await failure {
            try await context.step("call home") { throw Broken() }
        }
        #expect(placed?.message == "call home: the cable is cut")
        #expect(placed?.line == line)
        let own = #line + 2
        let kept = await failure {
            try await context.step("compare") { try expectEqual(1, 2, "the number") }
        }
        #expect(kept?.line == own)
        #expect(lines.withLock { $0.contains { $0.contains("step=\"call home\"") } })
    }

    @Test("log lines are single lines with a time in UTC")
    func logLines() throws {
        let lines = Locked<[String]>([])
        let log = TestLog { line in lines.withLock { $0.append(line) } }
        log.info("two\nlines", ["key": "a \"word\"", "plain": "x"])
        let line = try #require(lines.withLock { $0.first })
        #expect(line.contains(#/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info two\\nlines key="a \\"word\\"" plain=x$/#))
    }

    @Test("unique names differ between contexts and fit into a DNS label")
    func uniqueNames() throws {
        let names = try (0..<50).map { _ in try Kit.context().unique("web") }
        #expect(Set(names).count == 50)
        #expect(names.allSatisfy { $0.hasPrefix("web-t7-") && $0.utf8.count <= 63 })
    }

    @Test("an endpoint that is missing is named, with what there is")
    func missingEndpoint() async throws {
        let context = try Kit.context(endpoints: Endpoints(["dns": ["port": "53"]]))
        let failure = await failure { _ = try context.endpoint("dns", "address") }
        #expect(failure?.message.contains("dns.address") == true)
        #expect(failure?.actual == "services: dns")
    }
}

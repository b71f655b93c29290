import FleetModel
import FleetProtocol
import FleetSystem
import Testing

@testable import FleetAgent

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("A real agent runs commands", .serialized)
struct CommandTests {
    @Test("fifty commands are each reported once, in numbered order")
    func fifty() async throws {
        try await TestAgent.with(slots: 4) { agent in
            let client = try await TestCoordinator.greeted(agent)
            let tests = try (1...50).map { try command("many/t\($0)", "echo \($0); exit \($0 % 10 == 0 ? 1 : 0)") }
            try await client.offer(tests)
            for (index, test) in tests.enumerated() { try await client.start(index + 1, test) }
            let isComplete = await Waiting.until(within: .seconds(60)) { client.results.count == 50 }
            #expect(isComplete)
            let results = client.results
            #expect(results.map(\.sequence) == Array(1...50))
            #expect(Set(results.map(\.attempt.rawValue)).count == 50)
            #expect(results.filter { $0.result.outcome == .failed }.count == 5)
            #expect(results.allSatisfy { $0.result.output.head == "\($0.attempt)\n" })
            #expect(Set(results.map(\.slot)).isSubset(of: [0, 1, 2, 3]))
        }
    }

    @Test("a command is judged by how it ends")
    func endings() async throws {
        try await TestAgent.with { agent in
            let client = try await TestCoordinator.greeted(agent)
            let skipped = try await client.run(1, "echo not here; exit 77")
            #expect(skipped.outcome == .skipped)
            let failed = try await client.run(2, "echo out; echo err >&2; exit 3")
            #expect(failed.outcome == .failed)
            #expect(failed.message == "exit status 3; last output: err")
            #expect(failed.output.head == "out\nerr\n")
            let crashed = try await client.run(3, "kill -SEGV $$")
            #expect(crashed.outcome == .crashed)
            #expect(crashed.message == "killed by SIGSEGV")
            let killed = try await client.run(4, "kill -9 $$")
            #expect(killed.message == "killed by SIGKILL, perhaps out of memory")
            let unknown = try await client.run(5, "echo {dns.address}")
            #expect(unknown.outcome == .notRun)
            #expect(unknown.cause == .test)
            let missing = try await client.run(6, "") { $0.command = .arguments(["no-such-program", "x"]) }
            #expect(missing.outcome == .failed)
            #expect(missing.message?.contains("no-such-program") == true)
        }
    }

    @Test("a command that hangs is killed with everything that it started")
    func hang() async throws {
        try await TestAgent.with { agent in
            let client = try await TestCoordinator.greeted(agent)
            let shell = "trap '' TERM; echo waiting; setsid sleep 3111 & sleep 3112"
            let result = try await client.run(1, shell, timeout: 1)
            #expect(result.outcome == .timeout)
            #expect(result.message == "ran past its limit of 1 s and was killed; last output: waiting")
            #expect(result.seconds >= 1)
            #expect(ProcessTree.processes(withVariable: "FLEET_TEST", value: "command/t1").isEmpty)
        }
    }

    @Test("what a command leaves running is gone before its result comes")
    func strays() async throws {
        try await TestAgent.with { agent in
            let client = try await TestCoordinator.greeted(agent)
            let shell = """
                for i in 1 2 3 4 5 6 7 8 9 10; do setsid sh -c 'sleep 3113 & sleep 3113' & done
                (setsid setsid env -i sleep 3114 &) ; exit 0
                """
            let result = try await client.run(1, shell)
            #expect(result.outcome == .passed)
            let left = ProcessTree.all().filter { ["sleep 3113", "sleep 3114"].contains($0.commandLine) }
            #expect(left.isEmpty)
        }
    }

    @Test("a small fork bomb costs its own attempt only")
    func forks() async throws {
        try await TestAgent.with { agent in
            let client = try await TestCoordinator.greeted(agent)
            let shell = "f() { [ $1 -gt 0 ] && { f $(($1-1)) & f $(($1-1)) & }; sleep 3115; }; f 6"
            let result = try await client.run(1, shell, timeout: 2)
            #expect(result.outcome == .timeout)
            #expect(ProcessTree.all().filter { $0.commandLine == "sleep 3115" }.isEmpty)
            #expect(try await client.run(2, "true").outcome == .passed)
        }
    }

    @Test("a flood of 50 MB is bounded, with head and tail kept")
    func flood() async throws {
        try await TestAgent.with { agent in
            let client = try await TestCoordinator.greeted(agent)
            let result = try await client.run(1, "echo first; head -c 50000000 /dev/zero | tr '\\0' x; echo; echo last")
            #expect(result.outcome == .passed)
            #expect(result.output.head.hasPrefix("first\n"))
            #expect(result.output.tail.hasSuffix("last\n"))
            #expect(result.output.cutBytes > 49_000_000)
            #expect(result.output.head.utf8.count + result.output.tail.utf8.count <= 256 << 10)
        }
    }

    @Test("the environment of a command is clean, private and names the attempt")
    func cleanEnvironment() async throws {
        try await TestAgent.with { agent in
            let client = try await TestCoordinator.greeted(agent)
            let result = try await client.run(1, "env; pwd; ls -A; cd; pwd; test -w \"$TMPDIR\"") {
                $0.variables = ["COLOUR": "blue", "FLEET_TEST": "forged"]
            }
            let lines = result.output.head.split(separator: "\n").map(String.init)
            #expect(result.outcome == .passed)
            let names = Set(
                lines.filter { $0.contains("=") }.compactMap { $0.split(separator: "=").first.map(String.init) })
            let expected: Set = [
                "PATH", "HOME", "TMPDIR", "LANG", "FLEET_SESSION", "FLEET_ATTEMPT", "FLEET_TEST", "COLOUR", "PWD",
            ]
            #expect(names.subtracting(["_", "OLDPWD", "SHLVL"]) == expected)
            #expect(lines.contains("FLEET_TEST=command/t1"))
            #expect(lines.contains("FLEET_ATTEMPT=\(agent.layout.name)/1"))
            #expect(lines.contains("\(agent.layout.attempts)/1/work"))
            #expect(access("\(agent.layout.attempts)/1", F_OK) != 0, "the private directory is removed")
        }
    }
}

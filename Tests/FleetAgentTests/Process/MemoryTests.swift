import FleetModel
import FleetSystem
import Testing

@testable import FleetAgent

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Limits that hosts.txt sets", .serialized)
struct MemoryTests {
    /// Takes so many MiB and keeps them.
    private static func eater(_ size: Int) -> String {
        "exec python3 -c 'x = b\"x\" * (\(size) << 20); import time; time.sleep(20)'"
    }

    @Test("a test that takes more than memory= is killed and blamed, and the next one runs")
    func memory() async throws {
        let layout = try await TestAgent.with(slots: 1, memory: 384 << 20) { agent in
            let client = try await TestCoordinator.greeted(agent)
            let modest = try await client.run(1, "exec python3 -c 'x = b\"x\" * (64 << 20); print(len(x))'")
            #expect(modest.outcome == .passed, "\(modest)")
            let start = ContinuousClock.now
            let greedy = try await client.run(2, Self.eater(1500))
            #expect(greedy.outcome == .crashed, "\(greedy)")
            #expect(greedy.message == "killed, because what runs on this host exceeded memory=384M", "\(greedy)")
            #expect(ContinuousClock.now - start < .seconds(15), "it slept to its end")
            let child = try await client.run(3, "(\(Self.eater(1500))); echo ended with $?; exit 5")
            #expect(child.outcome == .failed, "\(child)")
            let words = "a process was killed meanwhile, because what runs on this host exceeded memory=384M"
            #expect(child.message?.contains(words) == true, "\(child)")
            let after = try await client.run(4, "echo fine")
            #expect(after.outcome == .passed, "\(after)")
            return agent.layout
        }
        let groups = try await TestAgent.run(["snapshot", "--workdir", "/nowhere"]).output
        #expect(!groups.contains("-\(layout.name)"), "the control group stayed")
    }

    @Test("what is started is as nice as nice= says, and the agent is not")
    func niceness() async throws {
        try await TestAgent.with(niceness: 7) { agent in
            let client = try await TestCoordinator.greeted(agent)
            let result = try await client.run(1, "nice")
            #expect(result.output.head == "7\n", "\(result)")
            #expect(try Self.niceness(of: "\(agent.ready.pid)") == Self.niceness(of: "self"))
        }
    }

    @Test("an environment that is brought up by hand is as nice, and bounded in its memory")
    func byHand() async throws {
        try await withWorkdir("limit") { workdir in
            let place = ["--workdir", workdir, "--name", "bounded"]
            let up = try await TestAgent.run(
                ["environment", "up", "--driver", "process", "--nice", "7", "--memory", "\(2 << 30)"] + place)
            #expect(up.status == .exited(0), "\(up)")
            let server = try #require(ProcessTree.all().first { $0.commandLine.contains("--config \(workdir)") })
            #expect(try Self.niceness(of: "\(server.processID)") == "7")
            let groups = String(decoding: try AtomicFile.read("/proc/\(server.processID)/cgroup"), as: UTF8.self)
            #expect(groups.contains("provisioning-fleet-\(getuid())-bounded-"), "\(groups)")
            let down = try await TestAgent.run(["environment", "down"] + place)
            #expect(down.status == .exited(0) && down.output.isEmpty, "\(down)")
            let stayed = try await TestAgent.run(["snapshot", "--workdir", "/nowhere"]).output
            #expect(!stayed.contains("-bounded-"), "the control group stayed")
        }
    }

    /// Field 19 of the process's line; the names of ours have no blank.
    private static func niceness(of process: String) throws -> String {
        let fields = try AtomicFile.read("/proc/\(process)/stat").split(separator: 0x20)
        return String(decoding: try #require(fields.dropFirst(18).first), as: UTF8.self)
    }
}

import FleetModel
import FleetProtocol
import FleetSystem
import Foundation
import Testing

@testable import FleetAgent

@Suite("Who uses a host, and how to send them away", .serialized)
struct EvictionTests {
    @Test("status names runs, owners, slots and tests")
    func status() async throws {
        try await TestAgent.with(slots: 2, owner: "alice@laptop") { agent in
            let client = try await TestCoordinator.greeted(agent)
            let test = try command("a/long", "sleep 3143 & sleep 3143")
            try await client.offer([test])
            try await client.start(1, test)
            _ = try await client.first { if case .started = $0 { true } else { false } }
            var use = HostUse(sessions: [])
            _ = await Waiting.until(within: .seconds(10), every: .milliseconds(50)) {
                use = (try? await look(agent)) ?? use
                return use.sessions.first?.tests.isEmpty == false
            }
            let session = try #require(use.sessions.first)
            #expect(use.sessions.count == 1)
            #expect(
                session.run == agent.layout.run && session.owner == "alice@laptop" && session.pid == agent.ready.pid)
            #expect(session.slots == 2 && session.wanted == 2 && session.tests == ["a/long"])
            let text = try await TestAgent.run(["status", "--workdir", agent.workdir]).output
            #expect(text.contains("run \(agent.layout.run) of alice@laptop"), "\(text)")
            #expect(text.contains("a/long") && text.contains("agent stop --run \(agent.layout.run)"), "\(text)")
        }
    }

    @Test("stop: the coordinator hears who did it, and no agent of the run comes back")
    func stop() async throws {
        try await TestAgent.with { agent in
            let client = try await TestCoordinator.greeted(agent)
            let test = try command("a/long", "sleep 3142")
            try await client.offer([test])
            try await client.start(1, test)
            let other = try await stop(agent, ["--run", "another"])
            #expect(other.status == .exited(1))
            let outcome = try await stop(agent, [])
            #expect(outcome.status == .exited(0), "\(outcome)")
            #expect(outcome.output.contains("evicted run \(agent.layout.run)"))
            let last = try await client.first { if case .bye = $0 { true } else { false } }
            #expect(last == .bye(Message.Bye(evictedBy: Eviction.person)))
            let result = try await client.result(of: 1)
            #expect(result.message == "stopped: evicted by \(Eviction.person)")
            #expect(await agent.isGone(within: .seconds(1)))
            let options = ["--run", agent.layout.run.rawValue, "--epoch", "2", "--workdir", agent.workdir]
            let again = try await TestAgent.run(["serve"] + options, input: agent.token.hexadecimal + "\n")
            #expect(again.status == .exited(0))
            #expect(again.output == "{\"by\":\"\(Eviction.person)\",\"type\":\"evicted\"}\n")
        }
    }

    @Test("stop ends agents that were stopped or do not hear, within bounded time")
    func frozen() async throws {
        try await TestAgent.with { agent in
            for kind in ["guardian", "session"] {
                for info in agent.processes(kind) { ProcessHandle(info)?.send(signal: SIGSTOP) }
            }
            let begin = ContinuousClock.now
            let outcome = try await stop(agent, [])
            #expect(outcome.status == .exited(0))
            #expect(ContinuousClock.now - begin < .seconds(25))
            #expect(await agent.isGone(within: .seconds(1)))
            let use = try await look(agent)
            #expect(use.sessions.isEmpty)
        }
    }

    private func look(_ agent: TestAgent) async throws -> HostUse {
        try decodeJSON(HostUse.self, try await TestAgent.run(["status", "--workdir", agent.workdir, "--json"]).output)
    }

    private func stop(_ agent: TestAgent, _ arguments: [String]) async throws -> TestAgent.Outcome {
        try await TestAgent.run(["stop", "--workdir", agent.workdir] + arguments)
    }
}

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

@Suite(
    "Environments that stay after their run", .serialized,
    .enabled(
        if: ProgramSearch.find("knotd") != nil && ProgramSearch.find("docker-registry") != nil
            && access(TestAgent.program.dropLast("agent".count) + "platform", X_OK) == 0,
        "knot, docker-registry and the platform executable are needed"))
struct KeptTests {
    private static let dirty = """
        curl -sf -X POST -H 'Content-Type: application/json' -d '{"name":"left-behind"}' \
            "$FLEET_ORCHESTRATOR_URL/api/v1/workspaces"
        """

    @Test(
        "a kept environment is listed, adopted while it is clean, and taken down", arguments: EnvironmentTests.drivers)
    func adopted(driver: Driver) async throws {
        try await TestAgent.with(owner: "alice@laptop", keep: 60) { first in
            let name = try await leave(first, driver)
            let kept = try await list(first)
            #expect(kept.map(\.name) == [name])
            #expect(kept.first?.reason == "kept by run \(first.layout.run) of alice@laptop")
            #expect((50...60).contains(kept.first?.secondsLeft ?? 0))
            let use = try decodeJSON(
                HostUse.self, try await TestAgent.run(["status", "--workdir", first.workdir, "--json"]).output)
            #expect(use.environments.map(\.name) == [name] && use.sessions.map(\.phase) == [.keeping])
            // The first has no slots any more, so the next begins at once; it goes on in the very same environment.
            try await TestAgent.with(keep: 600, adopts: true, beside: first) { second in
                let client = try await TestCoordinator.greeted(second)
                let test = try command("a/in", modes: [.solo], "curl -sf $FLEET_ORCHESTRATOR_URL/health")
                try await client.offer([test], environment: EnvironmentRequest(mode: .solo, driver: driver))
                try await client.start(1, test)
                let result = try await client.result(of: 1, within: .seconds(60))
                #expect(result.outcome == .passed, "\(result)")
                #expect(try await list(first).first?.isAdopted == true)
                #expect(try await finish(client) == [name])
            }
            let again = try await list(first)
            #expect(again.map(\.name) == [name] && again.first?.isAdopted == false)
            #expect((500...600).contains(again.first?.secondsLeft ?? 0), "the second run keeps it longer")
            let down = try await TestAgent.run(["environment", "down", "--workdir", first.workdir, "--name", name])
            #expect(down.status == .exited(0), "\(down)")
            #expect(await first.isGone())
        }
    }

    @Test("one that has changed is not adopted, and the reason says what is new")
    func changed() async throws {
        try await TestAgent.with(keep: 60) { first in
            _ = try await leave(first, .process, Self.dirty)
            try await TestAgent.with(adopts: true, beside: first) { second in
                let client = try await TestCoordinator.greeted(second)
                let test = try command("a/in", modes: [.solo], "true")
                try await client.offer([test], environment: EnvironmentRequest(mode: .solo))
                try await client.start(1, test)
                let result = try await client.result(of: 1, within: .seconds(60))
                #expect(result.outcome == .notRun && result.cause == .environment)
                #expect(result.message?.contains("new: workspace left-behind") == true, "\(result)")
            }
            let sweep = try await TestAgent.run(["sweep", "--workdir", first.workdir, "--kept"])
            #expect(sweep.status == .exited(0) && sweep.output.isEmpty, "\(sweep)")
            #expect(await first.isGone(within: .seconds(1)))
        }
    }

    @Test("after its time, and after kill -9 of who holds it, nothing stays")
    func ended() async throws {
        try await TestAgent.with(keep: 2) { agent in
            _ = try await leave(agent, .process)
            #expect(await agent.isGone(within: .seconds(20)))
        }
        try await TestAgent.with(keep: 60) { agent in
            _ = try await leave(agent, EnvironmentTests.drivers.last ?? .process)
            try agent.process().send(signal: SIGKILL)
            #expect(await agent.isGone(within: .seconds(20)))
            #expect(!ProcessTree.all().contains { $0.commandLine.contains(agent.workdir) && !$0.isZombie })
        }
    }

    /// Runs one test in an environment and ends the run, so that the environment stays; returns its name.
    private func leave(_ agent: TestAgent, _ driver: Driver, _ shell: String = "true") async throws -> String {
        let client = try await TestCoordinator.greeted(agent)
        let test = try command("a/first", modes: [.solo], shell)
        try await client.offer([test], environment: EnvironmentRequest(mode: .solo, driver: driver))
        try await client.start(1, test)
        let result = try await client.result(of: 1, within: .seconds(60))
        #expect(result.outcome == .passed, "\(result)")
        return try #require(try await finish(client).first)
    }

    @discardableResult
    private func finish(_ client: TestCoordinator) async throws -> [String] {
        try await client.send(.finish(Message.Finish(reason: "the test is over")))
        let last = try await client.first { if case .bye = $0 { true } else { false } }
        guard case .bye(let bye) = last else { return [] }
        #expect(bye.leftovers.isEmpty)
        return bye.kept
    }

    /// What is kept, once the agent has handed it over.
    private func list(_ agent: TestAgent) async throws -> [KeptReport] {
        var found: [KeptReport] = []
        for _ in 0..<50 {
            let words = ["environment", "status", "--workdir", agent.workdir, "--json"]
            found = try decodeJSON([KeptReport].self, try await TestAgent.run(words).output)
            if !found.isEmpty { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        return found
    }
}

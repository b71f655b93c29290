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

@Suite("How a real agent lives and ends", .serialized)
struct LifetimeTests {
    @Test("finish: outstanding results, then bye, then nothing is left but packs")
    func finish() async throws {
        try await TestAgent.with { agent in
            let client = try await TestCoordinator.greeted(agent)
            let test = try command("a/long", "echo begun; sleep 3121")
            try await client.offer([test])
            try await client.start(1, test)
            _ = try await client.first { if case .started = $0 { true } else { false } }
            try await client.send(.finish(Message.Finish(reason: "the test is over")))
            let last = try await client.first { if case .bye = $0 { true } else { false } }
            #expect(last == .bye(Message.Bye()))
            let result = try await client.result(of: 1)
            #expect(result.outcome == .notRun)
            #expect(client.messages.last == last, "nothing follows bye")
            #expect(await client.closed())
            #expect(await agent.isGone())
            #expect(ProcessTree.all().filter { $0.commandLine == "sleep 3121" }.isEmpty)
        }
    }

    @Test("kill -9 of the agent: its guardian leaves nothing")
    func killedAgent() async throws {
        try await TestAgent.with { agent in
            let client = try await TestCoordinator.greeted(agent)
            let test = try command("a/long", "setsid sleep 3122 & sleep 3122")
            try await client.offer([test])
            try await client.start(1, test)
            #expect(await Waiting.until(within: .seconds(10)) { !sleeping(3122).isEmpty })
            try agent.process().send(signal: SIGKILL)
            #expect(await agent.isGone())
            #expect(sleeping(3122).isEmpty)
        }
    }

    @Test("kill -9 of guardian and agent: the next agent on the host sweeps what they left")
    func killedBoth() async throws {
        try await TestAgent.with { agent in
            for kind in ["guardian", "session"] {
                for info in agent.processes(kind) { ProcessHandle(info)?.send(signal: SIGKILL) }
            }
            #expect(await Waiting.until(within: .seconds(10)) { agent.processes("session").isEmpty })
            #expect(access(agent.layout.session, F_OK) == 0)
            let outcome = try await TestAgent.run(["sweep", "--workdir", agent.workdir])
            #expect(outcome.status == .exited(0))
            #expect(await agent.isGone(within: .seconds(1)))
        }
    }

    @Test("kill -9 of everything of ours: a sweep also finds what the test had started")
    func killedAll() async throws {
        try await TestAgent.with { agent in
            let client = try await TestCoordinator.greeted(agent)
            let test = try command("a/long", "setsid sleep 3124 & sleep 3124")
            try await client.offer([test])
            try await client.start(1, test)
            #expect(await Waiting.until(within: .seconds(10)) { sleeping(3124).count == 2 })
            for kind in ["guardian", "session", "worker"] {
                for info in agent.processes(kind) { ProcessHandle(info)?.send(signal: SIGKILL) }
            }
            #expect(await Waiting.until(within: .seconds(10)) { agent.processes("worker").isEmpty })
            let outcome = try await TestAgent.run(["sweep", "--workdir", agent.workdir])
            #expect(outcome.status == .exited(0))
            #expect(sleeping(3124).isEmpty)
            #expect(await agent.isGone(within: .seconds(1)))
        }
    }

    @Test("SIGTERM ends an agent cleanly, and sweep ends a stopped one")
    func terminated() async throws {
        try await TestAgent.with { agent in
            try agent.process().send(signal: SIGTERM)
            #expect(await agent.isGone())
        }
        try await TestAgent.with { agent in
            for kind in ["guardian", "session"] {
                for info in agent.processes(kind) { ProcessHandle(info)?.send(signal: SIGSTOP) }
            }
            let outcome = try await TestAgent.run(
                ["sweep", "--workdir", agent.workdir, "--run", agent.layout.run.rawValue])
            #expect(outcome.status == .exited(0))
            #expect(outcome.output.isEmpty)
            #expect(await agent.isGone(within: .seconds(1)))
        }
    }

    @Test("kill -9 of a worker costs that attempt, blames the host, and the worker is replaced")
    func killedWorker() async throws {
        try await TestAgent.with(slots: 1) { agent in
            let client = try await TestCoordinator.greeted(agent)
            let test = try command("a/long", "setsid sleep 3123 & sleep 3123")
            try await client.offer([test])
            try await client.start(1, test)
            #expect(await Waiting.until(within: .seconds(10)) { sleeping(3123).count == 2 })
            let worker = try #require(agent.processes("worker").first)
            ProcessHandle(worker)?.send(signal: SIGKILL)
            let result = try await client.result(of: 1)
            #expect(result.outcome == .notRun)
            #expect(result.cause == .host)
            #expect(result.message == "the worker that supervised the test died (signal 9)")
            #expect(sleeping(3123).isEmpty)
            #expect(try await client.run(2, "true").outcome == .passed)
        }
    }

    @Test("after a lost connection all unacknowledged results come again, in order")
    func reconnect() async throws {
        try await TestAgent.with { agent in
            let first = try await TestCoordinator.greeted(agent)
            for attempt in 1...3 { _ = try await first.run(attempt, "echo \(attempt)") }
            try await first.send(.acknowledge(Message.Acknowledge(through: 1)))
            let test = try command("a/slow", "sleep 1")
            try await first.offer([test])
            try await first.start(4, test)
            _ = try await first.first { if case .started(let word) = $0 { word.attempt.rawValue == 4 } else { false } }
            await first.close()
            let second = try await TestCoordinator.greeted(agent)
            _ = try await second.result(of: 4)
            #expect(second.results.map(\.sequence) == [2, 3, 4])
            try await second.start(4, test)
            #expect(await Waiting.until(within: .seconds(10)) { second.results.count == 4 })
            #expect(second.results.map(\.sequence) == [2, 3, 4, 4], "the same result, not a second attempt")
        }
    }

    @Test("without a coordinator the agent ends after the grace time")
    func grace() async throws {
        try await TestAgent.with(grace: 2) { agent in
            let client = try await TestCoordinator.greeted(agent)
            await client.close()
            #expect(await agent.isGone(within: .seconds(15)))
        }
    }

    @Test("an agent cannot be started without a token, twice, or with wrong numbers")
    func wrongStart() async throws {
        try await TestAgent.with { agent in
            let options = ["--run", agent.layout.run.rawValue, "--epoch", "1", "--workdir", agent.workdir]
            let noToken = try await TestAgent.run(["serve"] + options, input: "what\n")
            #expect(noToken.status == .exited(64))
            let twice = try await TestAgent.run(["serve"] + options, input: agent.token.hexadecimal + "\n")
            #expect(twice.status == .exited(1))
            #expect(twice.errors.contains("already"))
            let odd = try await TestAgent.run(["serve", "--slots", "3", "--lanes", "2"] + options, input: "")
            #expect(odd.status == .exited(64))
            #expect(try await TestCoordinator.greeted(agent).errorCodes.isEmpty, "the first one still serves")
        }
    }

    private func sleeping(_ seconds: Int) -> [ProcessInfo] {
        ProcessTree.all().filter { $0.commandLine == "sleep \(seconds)" }
    }
}

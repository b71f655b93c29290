import FleetModel
import FleetProtocol
import FleetSuites
import FleetSystem
import Testing

@testable import FleetAgent

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

private let hasServices =
    ProgramSearch.find("knotd") != nil && ProgramSearch.find("docker-registry") != nil
    && access(TestAgent.program.dropLast("agent".count) + "platform", X_OK) == 0
private let hasNamespaces = ProgramSearch.find("unshare") != nil

@Suite(
    "A real agent with real environments", .serialized,
    .enabled(if: hasServices, "knot, docker-registry and the platform executable are needed"))
struct EnvironmentTests {
    static let drivers: [Driver] = hasNamespaces ? [.process, .namespace] : [.process]

    private func ready(_ client: TestCoordinator) async throws -> Message.EnvironmentState {
        let message = try await client.first(within: .seconds(60)) { message in
            if case .environment(let state) = message { state.state == .ready || state.state == .failed } else { false }
        }
        guard case .environment(let state) = message else { throw WrongMessage() }
        #expect(state.state == .ready, "\(state.message ?? "")")
        return state
    }

    struct WrongMessage: Error {}

    /// Names of services that our tests' environments run, as processes of this machine.
    private func services(of agent: TestAgent) -> [ProcessInfo] {
        ProcessTree.all().filter { $0.commandLine.contains(agent.workdir) && !$0.isZombie }
    }

    private func solo(_ id: String, _ shell: String, mutating: Isolation = .shared) throws -> TestCase {
        try command(id, modes: [.solo], isolation: mutating, shell)
    }

    @Test("an environment comes up, commands and built-in tests run in it, and it goes again", arguments: drivers)
    func solo(driver: Driver) async throws {
        try await TestAgent.with { agent in
            let client = try await TestCoordinator.greeted(agent)
            let builtin = try #require(Catalogue.tests.first { $0.id.description == "modes/solo/minimal-services" })
            let shell = """
                set -e; test -r "$FLEET_CREDENTIALS"; test -w .; echo kept > out.txt
                exec 3<>/dev/tcp/{dns.address}/{dns.port}; echo "${FLEET_ORCHESTRATOR_URL}"
                """
            let test = TestCase(
                id: try testID("a/inside"), title: "t", modes: [.solo],
                kind: .command(
                    CommandSpecification(command: .arguments(["bash", "-c", shell]), artifacts: ["out.txt"])))
            try await client.offer([test, builtin], environment: EnvironmentRequest(mode: .solo, driver: driver))
            try await client.start(1, test)
            try await client.start(2, builtin)
            let state = try await ready(client)
            #expect(state.driver == driver)
            #expect(Set(state.services.map(\.name)) == ["orchestrator", "dns", "registry"])
            let inside = try await client.result(of: 1)
            #expect(inside.outcome == .passed, "\(inside)")
            #expect(inside.artifacts.map(\.path) == ["out.txt"])
            let verdict = try await client.result(of: 2, within: .seconds(90))
            #expect(verdict.outcome == .passed, "\(verdict)")
            try await client.send(.finish(Message.Finish(reason: "done")))
            let bye = try await client.first { if case .bye = $0 { true } else { false } }
            #expect(bye == .bye(Message.Bye()))
            #expect(await agent.isGone())
            #expect(services(of: agent).isEmpty)
        }
    }

    @Test("kill -9 of the agent takes the environment with it", arguments: drivers)
    func killedAgent(driver: Driver) async throws {
        try await TestAgent.with { agent in
            let client = try await TestCoordinator.greeted(agent)
            try await client.offer(
                [try solo("a/b", "true")], environment: EnvironmentRequest(mode: .solo, driver: driver))
            _ = try await ready(client)
            #expect(services(of: agent).count >= 3)
            try agent.process().send(signal: SIGKILL)
            #expect(await agent.isGone())
            #expect(await Waiting.until(within: .seconds(10)) { services(of: agent).isEmpty })
        }
    }

    @Test(
        "a service that dies turns its lane's environment to failed, and its tests are blamed on it", arguments: drivers
    )
    func deadService(driver: Driver) async throws {
        try await TestAgent.with { agent in
            let client = try await TestCoordinator.greeted(agent)
            let test = try solo("a/long", "sleep 60")
            let request = EnvironmentRequest(mode: .solo, driver: driver)
            try await client.offer([test], environment: request)
            try await client.start(1, test)
            _ = try await ready(client)
            _ = try await client.first { if case .started = $0 { true } else { false } }
            let dns = try #require(services(of: agent).first { $0.commandLine.contains("knotd") })
            ProcessHandle(dns)?.send(signal: SIGKILL)
            let result = try await client.result(of: 1)
            #expect(result.cause == .environment)
            #expect(result.message?.contains("dns") == true, "\(result)")
            let failed = try await client.first { message in
                if case .environment(let state) = message { state.state == .failed } else { false }
            }
            guard case .environment(let state) = failed else { throw WrongMessage() }
            #expect(state.message?.contains("dns") == true)
            try await client.start(2, test)
            #expect(try await client.result(of: 2).outcome == .notRun)
            try await client.offer([try solo("a/short", "true")], environment: request)
            try await client.start(3, try solo("a/short", "true"))
            #expect(
                try await client.result(of: 3, within: .seconds(60)).outcome == .passed, "offered again, made again")
        }
    }

    @Test("an environment that cannot be made is told with its reason, and its tests come back")
    func strict() async throws {
        try await TestAgent.with { agent in
            let client = try await TestCoordinator.greeted(agent)
            let test = try solo("a/b", "true")
            let request = EnvironmentRequest(mode: .solo, driver: .process, strictServices: true)
            try await client.offer([test], environment: request)
            try await client.start(1, test)
            let result = try await client.result(of: 1)
            #expect(result.outcome == .notRun)
            #expect(result.cause == .environment)
            #expect(result.message?.contains("orchestrator") == true, "\(result)")
        }
    }

    @Test("a worker that is killed inside the namespaces leaves no stray there")
    func killedWorkerInside() async throws {
        try await TestAgent.with(slots: 1) { agent in
            let client = try await TestCoordinator.greeted(agent)
            let test = try solo("a/long", "setsid sleep 3141 & sleep 3141")
            try await client.offer([test], environment: EnvironmentRequest(mode: .solo))
            try await client.start(1, test)
            func sleeping() -> [ProcessInfo] { ProcessTree.all().filter { $0.commandLine == "sleep 3141" } }
            #expect(await Waiting.until(within: .seconds(60)) { sleeping().count == 2 })
            for worker in agent.processes("worker") { ProcessHandle(worker)?.send(signal: SIGKILL) }
            let result = try await client.result(of: 1)
            #expect(result.outcome == .notRun)
            #expect(result.cause == .host)
            #expect(await Waiting.until(within: .seconds(5)) { sleeping().isEmpty })
            let again = try solo("a/short", "true")
            try await client.offer([again], environment: EnvironmentRequest(mode: .solo))
            try await client.start(2, again)
            #expect(try await client.result(of: 2).outcome == .passed)
        }
    }

    @Test("an environment that is kept by hand lives until it is taken down, or its holder dies", arguments: drivers)
    func kept(driver: Driver) async throws {
        let workdir = "/tmp/fleet-kept-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        defer { _ = DirectoryTree.remove(workdir) }
        func run(_ words: String...) async throws -> TestAgent.Outcome {
            let rest = ["--workdir", workdir] + (words[0] == "status" ? [] : ["--name", "mine"])
            return try await TestAgent.run(["environment"] + words + rest)
        }
        func isGone() async -> Bool {
            await Waiting.until(within: .seconds(20)) {
                access("\(workdir)/environments/mine", F_OK) != 0
                    && !ProcessTree.all().contains { $0.commandLine.contains(workdir) && !$0.isZombie }
            }
        }
        let up = try await run("up", "--driver", driver.rawValue)
        #expect(up.status == .exited(0), "\(up.errors)")
        #expect(up.output.contains("{orchestrator.url} = http://127.0.0.1:"))
        #expect(try await run("up").status == .exited(1), "one of a name")
        #expect(try await run("status").output.hasPrefix("environment mine: solo, driver \(driver.rawValue)"))
        #expect(try await run("logs", "orchestrator").output.contains("listening"))
        #expect(try await run("logs", "../state.json").status == .exited(1))
        #expect(try await run("down").status == .exited(0))
        #expect(await isGone())
        #expect(try await run("up", "--driver", driver.rawValue).status == .exited(0))
        let directory = "\(workdir)/environments/mine"
        for info in ProcessTree.processes(withVariable: SessionLayout.variable, value: directory)
        where info.commandLine.contains("environment-holder") { ProcessHandle(info)?.send(signal: SIGKILL) }
        #expect(await isGone())
        #expect(try await run("status").output == "no environment is kept here\n")
    }
}

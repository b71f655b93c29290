import FleetModel
import FleetSystem
import Testing

@testable import FleetAgent

@Suite("A lane and its environment", .serialized)
struct LaneRunnerTests {
    private let solo = EnvironmentRequest(mode: .solo)

    @Test("a test sees the endpoints, and the secrets only in a file of its own")
    func endpoints() async throws {
        let environment = FakeEnvironment()
        try await LaneFixture.with(environment) { lane in
            await lane.runner.bringUp(solo)
            #expect(await lane.reported(1))
            let shell = """
                echo {dns.address}:{dns.port} $FLEET_DNS_ADDRESS; stat -c %a $FLEET_CREDENTIALS
                cat $FLEET_CREDENTIALS; grep -c a-secret $FLEET_CREDENTIALS; env | grep -c a-secret
                """
            let result = try await lane.run(try lane.order(1, shell), slot: 0)
            #expect(
                result.output.head
                    == "127.0.0.9:5353 127.0.0.9\n600\n{\"registry\":{\"password\":\"[secret]\"}}1\n0\n")
            #expect(result.serviceLogs.map(\.service) == ["dns"], "grep found nothing, so the test failed")
            let passed = try await lane.run(try lane.order(2, "true"), slot: 0)
            #expect(passed.serviceLogs.isEmpty)
            await lane.runner.takeDown()
            #expect(await lane.reported(2))
            #expect(lane.kinds == ["ready", "down"])
            #expect(environment.downCount == 1)
        }
    }

    @Test("an environment climbs; one that cannot is taken down, and one that fails to is reported")
    func climb() async throws {
        let environment = FakeEnvironment()
        try await LaneFixture.with(environment) { lane in
            await lane.runner.bringUp(solo)
            #expect(await lane.reported(1))
            await lane.runner.climb(EnvironmentRequest(mode: .cicd))
            #expect(await lane.reported(2))
            #expect(environment.downCount == 0)
            await lane.runner.climb(EnvironmentRequest(mode: .enterprise))
            #expect(await lane.reported(4))
            #expect(lane.kinds == ["ready", "ready", "failed: no grafana here", "down"])
            #expect(environment.downCount == 1)
        }
        try await LaneFixture.with(FakeEnvironment(canClimb: false)) { lane in
            await lane.runner.bringUp(solo)
            #expect(await lane.reported(1))
            await lane.runner.climb(EnvironmentRequest(mode: .cicd))
            #expect(await lane.reported(2))
            #expect(lane.kinds == ["ready", "down"])
        }
    }

    @Test("an environment that does not come up is reported with its reason, once")
    func failedStart() async throws {
        let start = OneShot<FakeEnvironment.Failure?>()
        try await LaneFixture.with(FakeEnvironment(start: start)) { lane in
            await lane.runner.bringUp(solo)
            start.fulfil(FakeEnvironment.Failure(description: "no knotd here"))
            #expect(await lane.reported(2))
            await lane.runner.takeDown()
            #expect(lane.kinds == ["failed: no knotd here", "down"])
            let late = try await lane.run(try lane.order(1, "true"), slot: 0)
            #expect(late.outcome == .notRun)
            #expect(late.cause == .environment)
        }
    }

    @Test("an environment that dies stops the tests in it, and no others")
    func death() async throws {
        let environment = FakeEnvironment()
        try await LaneFixture.with(environment) { lane in
            await lane.runner.bringUp(solo)
            #expect(await lane.reported(1))
            let inside = try lane.order(1, "sleep 3131")
            let outside = try lane.order(2, "sleep 2", needsEnvironment: false)
            await lane.runner.start(inside, slot: 0)
            await lane.runner.start(outside, slot: 1)
            #expect(
                await Waiting.until(within: .seconds(10)) {
                    ProcessTree.all().contains { $0.commandLine == "sleep 3131" }
                })
            environment.breakDown("the registry died")
            #expect(try await lane.result(of: inside).outcome == .notRun)
            #expect(try await lane.result(of: outside).outcome == .passed)
            #expect(await lane.reported(3))
            #expect(lane.kinds == ["ready", "failed: the registry died", "down"])
            #expect(environment.downCount == 1)
        }
    }

    @Test("taking down what is still coming up leaves nothing and reports once")
    func takeDownWhileStarting() async throws {
        let start = OneShot<FakeEnvironment.Failure?>()
        let environment = FakeEnvironment(start: start)
        try await LaneFixture.with(environment) { lane in
            await lane.runner.bringUp(solo)
            await lane.runner.takeDown()
            #expect(lane.kinds.isEmpty)
            start.fulfil(nil)
            #expect(await lane.reported(1))
            #expect(lane.kinds == ["down"])
            #expect(environment.downCount == 1)
        }
    }
}

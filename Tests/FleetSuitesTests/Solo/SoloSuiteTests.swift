import FleetModel
import FleetSystem
import FleetTestSupport
import InterfaceProfile
import Testing

@testable import FleetSuites
@testable import FleetTestKit

@Suite(
    "modes/solo against the reference platform", .serialized, .timeLimit(.minutes(5)),
    .enabled(if: SoloStack.isPossible, SoloStack.requirements))
struct SoloSuiteTests {
    private func declared(_ name: String) throws -> DeclaredTest {
        try #require(Catalogue.declarations.first { $0.testCase.id.description == "modes/solo/\(name)" })
    }

    @Test("all tests pass side by side, two copies of each, and leave nothing behind")
    func sideBySide() async throws {
        try await SoloStack.with { stack in
            let runs = try await withThrowingTaskGroup(of: BodyRun.self) { group in
                for declared in Catalogue.solo + Catalogue.solo {
                    group.addTask { try await BodyRun.run(declared, stack.endpoints) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(runs.count == 16)
            for run in runs { #expect(run.verdict == TestVerdict(outcome: .passed), "\(run.account)") }
            try await stack.expectNothingLeft()
        }
    }

    @Test("all tests pass one after the other")
    func oneByOne() async throws {
        try await SoloStack.with { stack in
            for declared in Catalogue.solo {
                let run = try await BodyRun.run(declared, stack.endpoints)
                #expect(run.verdict == TestVerdict(outcome: .passed), "\(run.account)")
            }
            try await stack.expectNothingLeft()
        }
    }

    @Test("an orchestrator that does not answer turns every test red, with the address and a line of the suite")
    func noOrchestrator() async throws {
        let endpoints = Endpoints([
            "orchestrator": ["url": "http://127.0.0.1:1"], "registry": ["url": "http://127.0.0.1:1"],
            "dns": ["address": "127.0.0.1", "port": "1", "zone": "provisioning.local"],
        ])
        for declared in Catalogue.solo {
            let run = try await BodyRun.run(declared, endpoints, seconds: 60)
            #expect(run.verdict.outcome == .failed, "\(run.account)")
            #expect(run.verdict.message?.contains("127.0.0.1:1") == true, "\(run.account)")
            #expect(run.verdict.failure?.file?.hasPrefix("Sources/FleetSuites/") == true, "\(run.account)")
            #expect((run.verdict.failure?.line ?? 0) > 0, "\(run.account)")
        }
    }

    @Test("an endpoint that is missing is named")
    func noEndpoints() async throws {
        for declared in Catalogue.solo {
            let run = try await BodyRun.run(declared, Endpoints())
            #expect(run.verdict.outcome == .failed, "\(run.account)")
            #expect(run.verdict.message?.contains("has no endpoint") == true, "\(run.account)")
            #expect(run.verdict.failure?.file?.hasPrefix("Sources/FleetSuites/") == true, "\(run.account)")
        }
    }

    @Test("a path that is not there is no failure but its own outcome")
    func noInterface() async throws {
        try await SoloStack.with { stack in
            var profile = InterfaceProfile.standard
            profile.paths.workspaces = "/not/here"
            let run = try await BodyRun.run(try declared("workspace-creation"), stack.endpoints, profile: profile)
            #expect(run.verdict.outcome == .noInterface, "\(run.account)")
            #expect(run.verdict.message == "interface not found at POST /not/here", "\(run.account)")
        }
    }

    @Test("a name server that is down turns the tests that ask it red")
    func noNameServer() async throws {
        try await SoloStack.with { stack in
            await stack.dns.service.end()
            let services = try await BodyRun.run(try declared("minimal-services"), stack.endpoints)
            #expect(services.verdict.outcome == .failed, "\(services.account)")
            let server = try await BodyRun.run(try declared("server-deployment-with-dns"), stack.endpoints)
            #expect(server.verdict.outcome == .failed, "\(server.account)")
            #expect(server.verdict.message?.contains("over UDP at 127.0.0.1") == true, "\(server.account)")
        }
    }

    @Test("a registry that hands out other bytes is caught by their digest")
    func tamperedBlobs() async throws {
        try await SoloStack.with { stack in
            let lie = LyingRelay.Lie(answer: { asked, answer in
                guard asked.line.hasPrefix("GET "), asked.line.contains("/blobs/"), !answer.body.isEmpty else { return }
                answer.body[answer.body.count - 1] ^= 1
            })
            let relay = try LyingRelay(to: stack.registry.port, lie)
            defer { relay.stop() }
            var endpoints = stack.endpoints
            endpoints.services["registry"] = ["url": "http://127.0.0.1:\(relay.port)"]
            let run = try await BodyRun.run(try declared("extension-loading-from-oci"), endpoints)
            #expect(run.verdict.outcome == .failed, "\(run.account)")
            #expect(run.verdict.message?.contains("does not match its digest") == true, "\(run.account)")
            #expect(run.verdict.failure?.expected?.hasPrefix("sha256:") == true, "\(run.account)")
            #expect(run.verdict.failure?.actual?.hasPrefix("sha256:") == true, "\(run.account)")
        }
    }

    @Test("a service of a higher mode turns the test of their absence red")
    func unwantedService() async throws {
        try await SoloStack.with { stack in
            var endpoints = stack.endpoints
            endpoints.services["gitea"] = ["url": "http://127.0.0.1:3000"]
            let run = try await BodyRun.run(try declared("no-multiuser-services"), endpoints)
            #expect(run.verdict.outcome == .failed, "\(run.account)")
            #expect(run.verdict.failure?.actual == "[\"gitea\"]", "\(run.account)")
        }
    }

    @Test("a test that is out of time removes what it made")
    func outOfTime() async throws {
        try await SoloStack.with { stack in
            let declared = test("kit/endless", "Never ends", modes: [.solo], estimate: 1) { context in
                let orchestrator = try context.orchestrator
                let name = context.unique("endless")
                await context.cleanup("delete server \(name)") { try await orchestrator.removeServer(name) }
                try await orchestrator.completed(try await orchestrator.createServers([name]))
                try await context.step("wait for what never comes") {
                    try await eventually("the sky falls", within: .seconds(3600)) { try expect(false, "it fell") }
                }
            }
            let run = try await BodyRun.run(declared, stack.endpoints, seconds: 15)
            #expect(run.verdict.outcome == .timeout, "\(run.account)")
            #expect(run.log.contains { $0.contains("cleaned up") }, "\(run.account)")
            try await stack.expectNothingLeft()
        }
    }
}

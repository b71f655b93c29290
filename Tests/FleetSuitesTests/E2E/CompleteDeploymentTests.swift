import FleetModel
import FleetTestSupport
import InterfaceProfile
import Testing

@testable import FleetSuites
@testable import FleetTestKit

@Suite(
    "e2e/complete-deployment against the reference platform", .serialized, .timeLimit(.minutes(5)),
    .enabled(if: SoloStack.isPossible, SoloStack.requirements))
struct CompleteDeploymentTests {
    @Test("the six tests pass side by side, and leave nothing behind")
    func sideBySide() async throws {
        try await SoloStack.with { stack in
            let runs = try await withThrowingTaskGroup(of: BodyRun.self) { group in
                for declared in Catalogue.completeDeployment {
                    group.addTask { try await BodyRun.run(declared, stack.endpoints, seconds: 200) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(runs.count == 6)
            for run in runs { #expect(run.verdict == TestVerdict(outcome: .passed), "\(run.account)") }
            try await stack.expectNothingLeft()
        }
    }

    /// A platform that is wrong in one way, the test that must see it, and what it must say.
    private static let lies: [(what: String, name: String, message: String, lie: LyingRelay.Lie)] = [
        (
            "another archive is loaded", "workspace-and-extensions", "the checksum",
            LyingRelay.Lie(answer: { $1.replace("\"checksum\":\"sha256:", with: "\"checksum\":\"sha256:0") })
        ),
        (
            "two servers share an address", "servers-and-dns", "the number of different addresses",
            LyingRelay.Lie(answer: { asked, answer in
                guard asked.line.hasPrefix("GET /api/v1/servers ") else { return }
                let text = String(decoding: answer.body, as: UTF8.self)
                let found = text.firstRange(of: "\"ip_address\":\"").map {
                    text[$0.upperBound...].prefix { $0 != "\"" }
                }
                guard let address = found else { return }
                let parts = text.split(separator: "\"ip_address\":\"", omittingEmptySubsequences: false)
                let same = parts.dropFirst().map { "\(address)\"" + $0.drop { $0 != "\"" }.dropFirst() }
                answer.body = Array(([String(parts[0])] + same).joined(separator: "\"ip_address\":\"").utf8)
            })
        ),
        (
            "an installation on all servers reaches the first one only", "containerd-and-etcd", "containerd",
            LyingRelay.Lie(request: { asked in
                guard asked.line.contains("/workflows/taskserv/create ") else { return }
                let text = String(decoding: asked.body, as: UTF8.self)
                guard let list = text.firstRange(of: "\"servers\":["),
                    let end = text[list.upperBound...].firstIndex(of: "]")
                else { return }
                let first = text[list.upperBound..<end].split(separator: ",").first ?? ""
                asked.body = Array((text[..<list.upperBound] + first + text[end...]).utf8)
            })
        ),
        (
            "a removal does nothing", "cleanup", "nobody listens for app",
            LyingRelay.Lie(request: { asked in
                guard asked.line.contains("/workflows/taskserv/create ") else { return }
                asked.replace("\"operation\":\"delete\"", with: "\"operation\":\"check\"")
            })
        ),
    ]

    @Test("a platform that lies is found")
    func liesAreFound() async throws {
        try await SoloStack.with { stack in
            for lie in Self.lies {
                let relay = try LyingRelay(to: try stack.orchestratorPort, lie.lie)
                defer { relay.stop() }
                var endpoints = stack.endpoints
                endpoints.services["orchestrator"] = ["url": "http://127.0.0.1:\(relay.port)"]
                let declared = try #require(Catalogue.completeDeployment.first { $0.testCase.id.name == lie.name })
                let run = try await BodyRun.run(declared, endpoints, seconds: 120)
                #expect(run.verdict.outcome == .failed, "\(lie.what): \(run.account)")
                #expect(run.verdict.message?.contains(lie.message) == true, "\(lie.what): \(run.account)")
            }
        }
    }
}

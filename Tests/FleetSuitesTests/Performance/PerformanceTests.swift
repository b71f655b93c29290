import FleetModel
import FleetTestSupport
import Testing

@testable import FleetSuites
@testable import FleetTestKit

/// A fault knob of the platform, and the test that it turns red.
struct Knob: Sendable, CustomTestStringConvertible {
    /// The test, smaller than it stands in the catalogue.
    let test: DeclaredTest
    /// The settings of the orchestrator.
    let settings: String
    /// What the message must say.
    let message: String

    var testDescription: String { "\(test.testCase.id) with \(settings)" }

    static let all: [Knob] = [
        Knob(
            test: Concurrency.serverCreations(4), settings: #"{"width":1}"#,
            message: "at some moment two tasks run"),
        Knob(
            test: Concurrency.recordRegistrations(20), settings: #"{"faults":{"drop_zone_changes_every":7}}"#,
            message: "the names without their address"),
        Knob(
            test: Concurrency.workflowSubmissions(2), settings: #"{"faults":{"drop_zone_changes_every":3}}"#,
            message: "whose name does not have their address"),
        Knob(
            test: Concurrency.throughput(rounds: 1), settings: #"{"faults":{"contention_seconds":0.2}}"#,
            message: "at least half of what one alone gets"),
        Knob(
            test: Concurrency.latency(40), settings: #"{"faults":{"stall_every":4,"stall_seconds":3}}"#,
            message: "within 30 times the usual time"),
        Knob(
            test: Concurrency.contention(4), settings: #"{"faults":{"last_record_wins":true}}"#,
            message: "the addresses of the name"),
        Knob(
            test: Scalability.servers(20), settings: #"{"faults":{"wear_seconds":0.4}}"#,
            message: "server creations: the last tenth takes at most"),
        Knob(
            test: Scalability.taskservs(servers: 2, each: 2), settings: #"{"faults":{"drop_tasks_every":5}}"#,
            message: "there is no task"),
        Knob(
            test: Scalability.records(24), settings: #"{"faults":{"drop_zone_changes_every":10}}"#,
            message: "the records that are missing or wrong"),
        Knob(
            test: Scalability.artifacts(repositories: 2, versions: 12),
            settings: #"{"faults":{"visible_versions":10}}"#,
            message: "loads the newest version of all: the version"),
        Knob(
            test: Scalability.degradation(40), settings: #"{"faults":{"wear_seconds":0.05}}"#,
            message: "tasks: the last tenth takes at most"),
        Knob(
            test: Scalability.resources(rounds: 1, servers: 1), settings: #"{"faults":{"leak_descriptors":true}}"#,
            message: "the open descriptors stay what they were"),
    ]
}

@Suite(
    "performance against the reference platform", .serialized, .timeLimit(.minutes(8)),
    .enabled(if: SoloStack.isPossible, SoloStack.requirements))
struct PerformanceTests {
    @Test("small forms of all tests pass, one after the other, and leave nothing behind")
    func small() async throws {
        try await SoloStack.with { stack in
            let tests = Knob.all.map(\.test) + [Scalability.degradation(60)]
            for declared in tests {
                let run = try await BodyRun.run(declared, stack.endpoints, seconds: 120)
                #expect(run.verdict == TestVerdict(outcome: .passed), "\(run.account)")
            }
            try await stack.expectNothingLeft()
        }
    }

    @Test("each fault knob turns its test red, and the message says what it did", arguments: Knob.all)
    func red(_ knob: Knob) async throws {
        try await SoloStack.with(settings: knob.settings) { stack in
            let run = try await BodyRun.run(knob.test, stack.endpoints, seconds: 120)
            #expect(run.verdict.outcome == .failed, "\(knob): \(run.account)")
            #expect(run.verdict.message?.contains(knob.message) == true, "\(knob): \(run.account)")
        }
    }

    @Test("every performance test of the catalogue names a knob, and its knob is proved above")
    func complete() {
        for declared in Catalogue.concurrency + Catalogue.scalability {
            let tags = declared.testCase.tags.filter { $0.hasPrefix("knob:") }
            #expect(tags.count == 1, "\(declared.testCase.id)")
            let name = tags.first?.split(whereSeparator: { ":.".contains($0) }).last ?? ""
            let proofs = Knob.all.filter { $0.test.testCase.id == declared.testCase.id }
            #expect(proofs.contains { $0.settings.contains("\"\(name)\"") }, "\(declared.testCase.id)")
        }
        #expect(Catalogue.concurrency.count == 6 && Catalogue.scalability.count == 6)
    }
}

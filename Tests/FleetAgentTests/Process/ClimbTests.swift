import FleetModel
import FleetSystem
import Testing

@testable import FleetAgent

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Environments that are brought up by hand climb", .serialized)
struct ClimbTests {
    private static let canRun: Bool = {
        let programs = ["knotd", "docker-registry", "git"].allSatisfy { ProgramSearch.find($0) != nil }
        return programs && access("/usr/lib/postgresql", F_OK) == 0
            && access(TestAgent.program.dropLast("agent".count) + "platform", X_OK) == 0
    }()

    @Test(
        "the same command with a higher mode adds what is missing, and none goes down",
        .enabled(if: Self.canRun, "knot, docker-registry, git, postgresql and the platform executable are needed"))
    func climb() async throws {
        try await withWorkdir("climb") { workdir in
            let place = ["--workdir", workdir, "--name", "mine"]
            func up(_ mode: Mode, _ more: [String] = []) async throws -> TestAgent.Outcome {
                try await TestAgent.run(["environment", "up", "--mode", mode.rawValue, "--json"] + more + place)
            }
            let low = try decodeJSON(KeptReport.self, try await up(.solo, ["--driver", "process"]).output)
            let climbed = try await up(.multiuser)
            #expect(climbed.status == .exited(0), "\(climbed)")
            let high = try decodeJSON(KeptReport.self, climbed.output)
            #expect(low.mode == .solo && high.mode == .multiuser)
            #expect(Set(low.services.map(\.name)).isStrictSubset(of: Set(high.services.map(\.name))))
            #expect(high.endpoints["gitea", "url"] != nil)
            #expect(high.endpoints["registry", "url"] == low.endpoints["registry", "url"])
            #expect(high.seconds >= low.seconds && high.reason == low.reason, "it is the same environment")
            for (mode, words) in [
                (Mode.solo, "no environment goes down to solo"), (.multiuser, "is up already in mode"),
            ] {
                let refused = try await up(mode)
                #expect(refused.status == .exited(1) && refused.errors.contains(words), "\(refused)")
            }
            let other = try await up(.cicd, ["--driver", "namespace"])
            #expect(other.status == .exited(1) && other.errors.contains("driver process"), "\(other)")
            let status = try await TestAgent.run(["environment", "status", "--workdir", workdir, "--json"])
            #expect(try decodeJSON([KeptReport].self, status.output).map(\.mode) == [.multiuser])
            let down = try await TestAgent.run(["environment", "down"] + place)
            #expect(down.status == .exited(0) && down.output.isEmpty, "\(down)")
        }
    }

    @Test(
        "who waits gives up later than who is waited for, whatever time the configuration gives",
        arguments: [1, 60, 600])
    func limits(seconds: Double) {
        var configuration = TestConfiguration()
        configuration.environment.readySeconds = seconds
        let limits = KeptTimeLimits(configuration)
        #expect(limits.guardian > .seconds(seconds + 20), "the keeper's own limit")
        #expect(limits.launcher > limits.guardian)
    }
}

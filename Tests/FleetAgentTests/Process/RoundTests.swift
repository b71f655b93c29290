import FleetEnvironments
import FleetModel
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

/// Environments by hand, up and down again and again, with one of their processes killed in each round: nothing stays.
///
/// `make environment-rounds` does twenty rounds of every mode; FLEET_ROUNDS says how many.
@Suite("Environments in rounds", .serialized, .enabled(if: hasServices, "a service's program is missing"))
struct RoundTests {
    static let rounds = getenv("FLEET_ROUNDS").flatMap { Int(String(cString: $0)) } ?? 2

    /// What of this machine an environment could leave behind, beside processes.
    private struct Surroundings: Equatable {
        var mounts: Set<String>
        var interfaces: Set<String>
        var sharedMemory: Set<String>
        var abstractSockets: Set<String>

        init() {
            func lines(_ path: String) -> [Substring] {
                ((try? AtomicFile.read(path)).map { String(decoding: $0, as: UTF8.self) } ?? "").split(separator: "\n")
            }
            mounts = Set(
                lines("/proc/self/mountinfo").compactMap {
                    $0.split(separator: " ").dropFirst(4).first.map(String.init)
                })
            interfaces = Set(
                lines("/proc/net/dev").dropFirst(2).compactMap { $0.split(separator: ":").first.map(String.init) })
            sharedMemory = Set(
                lines("/proc/sysvipc/shm").dropFirst().compactMap {
                    $0.split(separator: " ").dropFirst().first.map(String.init)
                })
            abstractSockets = Set(
                lines("/proc/net/unix").compactMap { $0.split(separator: " ").last.map(String.init) }
                    .filter { $0.hasPrefix("@provisioning-fleet") })
        }
    }

    @Test("up, a kill, down: nothing stays", arguments: EnvironmentTests.drivers)
    func rounds(driver: Driver) async throws {
        var random = SystemRandomNumberGenerator()
        let workdir = "/tmp/fleet-round-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        defer { _ = DirectoryTree.remove(workdir) }
        let before = Surroundings()
        var times: [String] = []
        for round in 0..<Self.rounds {
            let mode = Self.modes[round % Self.modes.count]
            let options = ["--workdir", workdir, "--name", "round"]
            let up = try await TestAgent.run(
                ["environment", "up", "--mode", mode.rawValue, "--driver", driver.rawValue, "--json"] + options)
            try #require(up.status == .exited(0), "\(up.errors)")
            let members = ProcessTree.processes(
                withVariable: SessionLayout.variable, value: "\(workdir)/environments/round")
            let victim = try #require(members.randomElement(using: &random))
            ProcessHandle(victim)?.send(signal: SIGKILL)
            let begin = ContinuousClock.now
            // What was killed may have taken the environment with it already, and then there is none to take down.
            let down = try await TestAgent.run(["environment", "down"] + options)
            #expect(down.output.isEmpty, "\(victim.commandLine): \(down.output)")
            let isGone = await Waiting.until(within: .seconds(20), every: .milliseconds(50)) {
                access("\(workdir)/environments/round", F_OK) != 0 && ours(workdir).isEmpty
            }
            #expect(isGone, "\(mode), killed \(victim.commandLine), stayed: \(ours(workdir).map(\.commandLine))")
            times.append("\(mode): down \(begin.duration(to: .now)) after the kill of \(victim.name)")
        }
        #expect(Surroundings() == before)
        Attachment.record(times.joined(separator: "\n"), named: "rounds-\(driver.rawValue).txt")
    }

    /// The modes that this machine can hold.
    static let modes = HostCapabilities.shortages(
        bundle: ServiceEnvironmentMaker.bundle(of: TestAgent.program), programs: nil
    ).filter(\.missing.isEmpty).map(\.mode)

    private func ours(_ workdir: String) -> [ProcessInfo] {
        ProcessTree.all().filter {
            !$0.isZombie
                && ($0.commandLine.contains(workdir)
                    || $0.environment?[SessionLayout.variable]?.hasPrefix(workdir) == true)
        }
    }
}

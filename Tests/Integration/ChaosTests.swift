import FleetTestSupport
import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension Integration {
    /// Runs of 60 short tests on four hosts, while agents, hosts and the coordinator are killed, stopped and cut off.
    ///
    /// `make chaos ROUNDS=100` runs as many as one likes; `FLEET_CHAOS_SEED` repeats from a seed.
    @Suite(.serialized, .enabled(Programs.noLab, Programs.canRunInLab))
    struct ChaosTests {
        private static func number(_ name: String) -> Int? {
            ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
        }

        private static let rounds = number("FLEET_CHAOS_ROUNDS") ?? 2
        private static let firstSeed = number("FLEET_CHAOS_SEED") ?? 1

        @Test func noTestIsLostWhateverIsKilled() async throws {
            try await Scratch.with { scratch in
                try await Lab.with(scratch) { lab in
                    for seed in Self.firstSeed..<Self.firstSeed + Self.rounds {
                        let round = try Round(seed: seed, lab: lab, scratch: scratch)
                        try await round.run()
                    }
                }
            }
        }
    }
}

/// One run, with the faults of one seed.
private final class Round {
    private enum Fault: CustomStringConvertible {
        case kill(host: String, kind: String)
        case pause(host: String, seconds: Double)
        case cut(port: String, seconds: Double)
        case coordinator(absence: Double)

        var description: String {
            switch self {
            case .kill(let host, let kind): "kill \(kind) on \(host)"
            case .pause(let host, let seconds): "stop the agent of \(host) for \(Int(seconds)) s"
            case .cut(let port, let seconds): "cut \(port) off for \(Int(seconds)) s"
            case .coordinator(let absence): "kill the coordinator, resume after \(Int(absence)) s"
            }
        }
    }

    private let seed: Int
    private let lab: Lab
    private let scratch: Scratch
    private let run: CoordinatorRun
    private let suite: SuiteFile
    private var faults: [(time: Double, fault: Fault)] = []
    private var story: [String] = []

    init(seed: Int, lab: Lab, scratch: Scratch) throws {
        var random = SplitMix(seed: UInt64(seed))
        self.seed = seed
        self.lab = lab
        self.scratch = scratch
        run = try CoordinatorRun(in: scratch)
        var suite = SuiteFile.seconds(60)
        for index in suite.tests.indices { suite.tests[index].command = "sleep 0.5; echo \(index)" }
        self.suite = suite
        for _ in 0..<Int.random(in: 2...4, using: &random) {
            let host = "h\(Int.random(in: 1...4, using: &random))"
            let length = Double.random(in: 2...14, using: &random)
            let kinds = ["agent", "guardian", "worker", "all"]
            let fault: Fault =
                switch Int.random(in: 0...9, using: &random) {
                case 0...2: .kill(host: host, kind: kinds[Int.random(in: 0...3, using: &random)])
                case 3...4: .pause(host: host, seconds: length)
                case 5...6: .cut(port: host, seconds: length)
                case 7: .cut(port: "coordinator", seconds: length / 2)
                default: .coordinator(absence: [0, 1, 4, 15][Int.random(in: 0...3, using: &random)])
                }
            faults.append((Double.random(in: 0.5...9, using: &random), fault))
        }
        faults.sort { $0.time < $1.time }
    }

    func run() async throws {
        let begun = ContinuousClock.now
        var program = try run.start(on: lab, try run.choice(suite) + ["--grace", "10s"])
        var healing: [(time: ContinuousClock.Instant, verb: [String])] = []
        for (time, fault) in faults {
            try await wait(until: begun + .seconds(time), &healing)
            story.append("\(time.rounded()) s: \(fault)")
            switch fault {
            // A host may have nothing to kill or to stop at that moment.
            case .kill(let host, let kind): _ = try await lab.run("kill", host, kind)
            case .pause(let host, let seconds):
                _ = try await lab.run("pause", host)
                healing.append((.now + .seconds(seconds), ["resume", host]))
            case .cut(let port, let seconds):
                try await lab.must("partition", port)
                healing.append((.now + .seconds(seconds), ["heal", port]))
            case .coordinator(let absence):
                try await eventually(within: .seconds(20), "the run has begun") {
                    !Scratch.files(with: "journal.jsonl", below: run.stateDirectory).isEmpty
                }
                program.send(signal: SIGKILL)
                _ = try await program.end(within: .seconds(10))
                try await wait(until: .now + .seconds(absence), &healing)
                program = try resume()
            }
        }
        try await wait(until: .now, &healing, isLast: true)
        let end = try await program.end(within: .seconds(180))
        let told = "FLEET_CHAOS_SEED=\(seed)\n\(story.joined(separator: "\n"))\n\(end)"
        try check(end, Comment(rawValue: told))
        try await lab.expectClean(within: 60, after: told)
    }

    /// Waits, and ends meanwhile what is to end: stopped agents go on, cut hosts come back.
    private func wait(
        until time: ContinuousClock.Instant, _ healing: inout [(time: ContinuousClock.Instant, verb: [String])],
        isLast: Bool = false
    ) async throws {
        while let next = healing.min(by: { $0.time < $1.time }), isLast || next.time <= time {
            healing.removeAll { $0.verb == next.verb && $0.time == next.time }
            // The faults have their times; nothing else could be awaited.
            try await Task.sleep(until: next.time, clock: .continuous)
            _ = try await lab.run(next.verb[0], next.verb[1])
        }
        try await Task.sleep(until: time, clock: .continuous)
    }

    private func resume() throws -> RunningProgram {
        let directory = try #require(Scratch.files(with: "journal.jsonl", below: run.stateDirectory).first)
        let name = String(directory.dropLast("/journal.jsonl".count))
        return try RunningProgram.start(
            lab.command([Programs.coordinator, "resume", name]), in: scratch,
            variables: ["XDG_STATE_HOME": run.stateDirectory])
    }

    private func check(_ end: RunningProgram.End, _ told: Comment) throws {
        #expect(end.status == 0, told)
        let results = try run.results
        #expect(results.run.complete, told)
        #expect(results.tests.map(\.id) == suite.ids.sorted(), told)
        for test in results.tests where test.outcome != "passed" || test.attempts.count(where: \.counted) != 1 {
            Issue.record("\(test)\n\(told)")
        }
    }
}

import FleetModel
import FleetProtocol
import Testing

@testable import FleetCoordinator

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The whole fleet in one process: the code that decides on both sides, a clock that is turned by hand, and everything
/// that can go wrong. A seed says all: `FLEET_SEED=4711 swift test --filter SimulationTests` repeats one.
@Suite struct SimulationTests {
    private static func number(_ name: String) -> Int? { ProcessInfo.processInfo.environment[name].flatMap { Int($0) } }

    /// The seeds: `FLEET_SEED` alone, else `FLEET_SEEDS` of them (200) from `FLEET_FIRST_SEED` (1) on.
    private static let seeds: Range<Int> = {
        if let seed = number("FLEET_SEED") { return seed..<seed + 1 }
        let first = number("FLEET_FIRST_SEED") ?? 1
        return first..<first + (number("FLEET_SEEDS") ?? 200)
    }()

    /// In blocks, so that a run of many thousand seeds is not a test for each.
    private static let blocks: [Range<Int>] = {
        let size = max(25, seeds.count / 50)
        return stride(from: seeds.lowerBound, to: seeds.upperBound, by: size).map {
            $0..<min($0 + size, seeds.upperBound)
        }
    }()

    @Test(arguments: blocks) func noTestIsLostOrCountedTwice(seeds: Range<Int>) {
        for seed in seeds {
            let violations = SimulatedFleet(seed: UInt64(seed)).run()
            #expect(violations.isEmpty, "FLEET_SEED=\(seed)\n\(violations.joined(separator: "\n"))")
        }
    }

    /// The coordinator dies at the first record, then at the second, and so on; the machine keeps what it wrote, or not.
    @Test(arguments: [11, 12, 13]) func theCoordinatorMayDieAtEveryRecord(seed: Int) {
        func fleet(dyingAt record: Int?, losing: Bool) -> SimulatedFleet {
            SimulatedFleet(seed: UInt64(seed)) { scenario in
                scenario.faults = []
                scenario.deaths = record.map { [$0] } ?? []
                scenario.absences = [Double(seed)]
                scenario.losesUnsynced = losing
            }
        }
        let undisturbed = fleet(dyingAt: nil, losing: false)
        #expect(undisturbed.run().isEmpty)
        #expect(undisturbed.records > 20 && undisturbed.lives == 1)
        for record in 1...undisturbed.records {
            let fleet = fleet(dyingAt: record, losing: record.isMultiple(of: 2))
            let violations = fleet.run()
            #expect(fleet.lives == 2, "it did not die at record \(record)")
            #expect(violations.isEmpty, "seed \(seed), record \(record)\n\(violations.joined(separator: "\n"))")
        }
    }

    /// With a planted fault some seed must break a promise; otherwise the simulation is blind.
    @Test(arguments: [
        (Scenario.Sabotage.acknowledgedBeforeJournal, "acknowledged before it was in the journal"),
        (.spoolIsTrimmedEarly, ""), (.ordersBeforeJournal, ""),
    ]) func aPlantedFaultIsNoticed(sabotage: Scenario.Sabotage, words: String) {
        let found = (1...100).contains { seed in
            let violations = SimulatedFleet(seed: UInt64(seed)) { $0.sabotage = sabotage }.run()
            return violations.contains { words.isEmpty || $0.contains(words) }
        }
        #expect(found, "100 seeds with \(sabotage) broke no promise")
    }

    /// An agent that hears a coordinator which does not hear it goes on for a while: its mutex must not be given away.
    @Test func aMutexThatIsReleasedTooEarlyIsNoticed() {
        func violations(quarantine: Double, seed: UInt64) -> [String] {
            SimulatedFleet(seed: seed) { scenario in
                scenario.deaths = []
                scenario.faults = [(6, .mute(host: 0, seconds: 30))]
                scenario.settings.mutexQuarantine = quarantine
                scenario.testSeconds = 10...19
                for index in scenario.tests.indices { scenario.tests[index].mutex = "printer" }
            }.run()
        }
        let seeds = UInt64(1)...60
        #expect(seeds.contains { violations(quarantine: 0, seed: $0).contains { $0.contains("hold the mutex") } })
        for seed in seeds { #expect(violations(quarantine: 12, seed: seed).isEmpty, "seed \(seed)") }
    }

    /// What the seeds reach: a simulation in which nothing goes wrong proves nothing.
    @Test func everyKindOfTroubleHappens() {
        var seen: [String: Int] = [:]
        for seed in UInt64(1)...100 {
            let fleet = SimulatedFleet(seed: seed)
            _ = fleet.run()
            seen["exit \(fleet.status?.rawValue ?? -1)", default: 0] += 1
            for entry in fleet.entries {
                switch entry.event {
                case .result(let line): seen["\(line.verdict)", default: 0] += 1
                case .host(let change): seen["\(change.state)", default: 0] += 1
                case .resumed(let value): seen[value.torn > 0 ? "torn" : "resumed", default: 0] += 1
                case .settled(let value): seen["\(value.outcome)", default: 0] += 1
                case .environment(_, let state): seen["environment \(state.state)", default: 0] += 1
                case .ended(let value): seen[value.interruption == nil ? "ended" : "interrupted", default: 0] += 1
                case .begun, .launched, .ordered, .started: break
                }
            }
        }
        let expected = [
            "exit 0", "exit 1", "exit 2", "counted", "infrastructure", "fenced", "suspect", "recovered", "lost",
            "restarted", "torn", "resumed", "passed", "failed", "flaky", "not-run", "environment failed", "interrupted",
        ]
        for name in expected { #expect(seen[name, default: 0] > 0, "\(name) never happened: \(seen)") }
    }

    @Test func aSeedSaysAll() {
        func trace(_ seed: UInt64) -> [Int] {
            let fleet = SimulatedFleet(seed: seed)
            _ = fleet.run()
            return [fleet.records, fleet.lives, fleet.disk.bytes.count, Int(fleet.world.now * 1000)]
        }
        for seed in UInt64(1)...5 { #expect(trace(seed) == trace(seed)) }
    }
}

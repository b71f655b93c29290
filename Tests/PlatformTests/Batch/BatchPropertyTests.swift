import FleetTestSupport
import PlatformService
import Testing

@testable import PlatformOrchestrator

struct BatchPropertyTests {
    private enum Result: CaseIterable { case completed, failed }

    /// Every graph of three operations, with every kind of need, every outcome of each, every policy and two limits.
    @Test func everySmallBatchEndsAsItShould() {
        let kinds: [BatchOperation.Need.Kind?] = [nil, .hard, .soft, .optional]
        var count = 0
        for first in kinds {
            for second in kinds {
                for third in kinds {
                    func need(_ id: String, _ kind: BatchOperation.Need.Kind?) -> [BatchOperation.Need] {
                        kind.map { [.init(operation: id, kind: $0)] } ?? []
                    }
                    let graph = [("a", []), ("b", need("a", first)), ("c", need("a", second) + need("b", third))]
                    for policy in BatchOperation.OnFailure.allCases {
                        for outcomes in 0..<8 {
                            for limit in [1, 3] {
                                let results = Dictionary(
                                    uniqueKeysWithValues: ["a", "b", "c"].enumerated().map {
                                        ($1, outcomes >> $0 & 1 == 0)
                                    })
                                run(
                                    BatchWorld(BatchWorld.definition(graph, limit: limit) { _ in policy }), policy,
                                    results)
                                count += 1
                            }
                        }
                    }
                }
            }
        }
        #expect(count == 64 * 3 * 8 * 2)
    }

    private func run(_ start: BatchWorld, _ policy: BatchOperation.OnFailure, _ isGood: [String: Bool]) {
        var world = start
        world.handle(.begin)
        for _ in 0..<20 where world.record.phase != .ended {
            if world.undoing != nil {
                world.finishUndoing()
            } else if let id = world.running.min() {
                let isStopping = world.record.phase == .stopping(.rollback(floor: 0))
                world.end(id, isStopping ? .stopped : isGood[id] == true ? .completed : .failed(reason: "no"))
            }
        }
        let failed = world.begun.contains { isGood[$0] == false }
        let expected: BatchStatus =
            switch (failed, policy) {
            case (false, _): .completed
            case (true, .rollback): .rolledBack
            case (true, .fail): .failed
            case (true, .continue): world.things.isEmpty ? .failed : .partiallyCompleted
            }
        #expect(world.record.status == expected, "\(world.record.operations.map(\.status))")
        #expect(world.faults.isEmpty, "\(world.faults)")
        #expect(Set(world.begun).count == world.begun.count)
        if policy == .rollback, failed { #expect(world.things.isEmpty && world.undone == world.undone) }
    }

    /// Random graphs, outcomes, kills, cancellations, rollbacks and resumptions from a seed.
    @Test(arguments: 1...200) func nothingForbiddenEverHappens(seed: Int) {
        var random = SplitMix(seed: UInt64(seed))
        let size = Int.random(in: 1...8, using: &random)
        let graph = (0..<size).map { index in
            (
                "o\(index)",
                (0..<index).filter { _ in Int.random(in: 0..<3, using: &random) == 0 }.map {
                    BatchOperation.Need(
                        operation: "o\($0)",
                        kind: BatchOperation.Need.Kind.allCases.randomElement(using: &random) ?? .hard)
                }
            )
        }
        var rollback = BatchDefinition.Rollback()
        rollback.checkpointInterval = Int.random(in: 1...3, using: &random)
        rollback.preserveSuccessful = Int.random(in: 0..<4, using: &random) == 0
        let policies = Dictionary(
            uniqueKeysWithValues: graph.map {
                ($0.0, BatchOperation.OnFailure.allCases.randomElement(using: &random) ?? .fail)
            })
        var world = BatchWorld(
            BatchWorld.definition(
                graph, limit: Int.random(in: 1...4, using: &random), rollback: rollback,
                onFailure: { policies[$0] ?? .fail },
                retry: .init(maximumAttempts: Int.random(in: 1...3, using: &random), initialDelay: 1)))
        world.handle(.begin)
        for _ in 0..<200 {
            switch Int.random(in: 0..<20, using: &random) {
            case 0: world.kill()
            case 1: world.handle(.cancel)
            case 2: world.handle(.rollback(checkpoint: world.record.checkpoints.randomElement(using: &random)?.number))
            case 3: world.handle(.resume)
            case 4...6: world.pass(seconds: 2)
            default: step(&world, &random)
            }
        }
        for _ in 0..<200 where world.record.phase != .ended { finish(&world) }
        #expect(world.record.phase == .ended, "seed \(seed): \(world.record)")
        #expect(world.faults.isEmpty, "seed \(seed): \(world.faults)")
    }

    private func step(_ world: inout BatchWorld, _ random: inout SplitMix) {
        if world.undoing != nil {
            return world.finishUndoing(failure: Int.random(in: 0..<8, using: &random) == 0 ? "stuck" : nil)
        }
        guard let id = world.running.sorted().randomElement(using: &random) else { return }
        let isStopping = if case .stopping(let goal) = world.record.phase { goal != .fail } else { false }
        let ends: [OperationOutcome.End] = [.completed, .failed(reason: "no"), isStopping ? .stopped : .completed]
        world.end(id, ends.randomElement(using: &random) ?? .completed)
    }

    private func finish(_ world: inout BatchWorld) {
        if world.undoing != nil { return world.finishUndoing() }
        if let id = world.running.min() { return world.end(id, .completed) }
        world.pass(seconds: 10)
    }
}

import FleetTestSupport
import PlatformService
import Testing

@testable import PlatformOrchestrator

struct BatchStateMachineTests {
    private typealias Need = BatchOperation.Need
    private func hard(_ id: String) -> Need { Need(operation: id, kind: .hard) }
    private func soft(_ id: String) -> Need { Need(operation: id, kind: .soft) }

    @Test func operationsBeginAfterWhatTheyNeed() {
        var world = BatchWorld(
            BatchWorld.definition([("d", [hard("b"), soft("c")]), ("b", [hard("a")]), ("c", [hard("a")]), ("a", [])]))
        world.handle(.begin)
        #expect(world.running == ["a"])
        world.end("a", .completed)
        #expect(world.running == ["b", "c"])
        world.end("b", .completed)
        #expect(world.running == ["c"])
        world.end("c", .completed)
        world.end("d", .completed)
        #expect(world.record.status == .completed && world.record.progress == 1 && world.faults.isEmpty)
        #expect(world.record.operations.compactMap(\.order).sorted() == [1, 2, 3, 4])
    }

    @Test func failureUndoesInReverseOrder() {
        var world = BatchWorld(
            BatchWorld.definition([("a", []), ("b", [hard("a")]), ("c", [hard("b")]), ("d", [hard("c")])]))
        world.handle(.begin)
        for id in ["a", "b", "c"] { world.end(id, .completed) }
        world.end("d", .failed(reason: "no"))
        for _ in 0..<3 { world.finishUndoing() }
        #expect(world.undone == ["c", "b", "a"] && world.things.isEmpty && world.faults.isEmpty)
        #expect(world.record.status == .rolledBack && world.record.error == "d: no")
        #expect(world.status("a") == .rolledBack && world.status("d") == .failed)
    }

    @Test func runningOperationsAreStoppedBeforeAnythingIsUndone() {
        var world = BatchWorld(BatchWorld.definition([("a", []), ("b", []), ("c", [])]))
        world.handle(.begin)
        world.end("a", .completed)
        world.end("b", .failed(reason: "no"))
        #expect(world.undoing == nil && world.record.phase == .stopping(.rollback(floor: 0)))
        world.end("c", .stopped)
        #expect(world.undoing == "a")
        world.finishUndoing()
        #expect(world.record.status == .rolledBack && world.status("c") == .cancelled && world.faults.isEmpty)
    }

    @Test func softDependentsGoOnAfterAFailureAndHardOnesAreSkipped() {
        var world = BatchWorld(
            BatchWorld.definition(
                [("a", []), ("hard", [hard("a")]), ("deep", [hard("hard")]), ("soft", [soft("a")]), ("free", [])],
                onFailure: { _ in .continue }))
        world.handle(.begin)
        world.end("a", .failed(reason: "no"))
        #expect(
            world.status("hard") == .skipped && world.status("deep") == .skipped && world.running == ["soft", "free"])
        world.end("soft", .completed)
        world.end("free", .completed)
        #expect(world.record.status == .partiallyCompleted && world.things == ["soft", "free"] && world.faults.isEmpty)
    }

    @Test func optionalDependenciesOnlyGiveAnOrder() {
        let late = Need(operation: "b", kind: .optional)
        let unknown = Need(operation: "nowhere", kind: .optional)
        var world = BatchWorld(BatchWorld.definition([("a", [late, unknown]), ("b", [])], limit: 1))
        world.handle(.begin)
        #expect(world.running == ["b"])
        world.end("b", .failed(reason: "no"))
        #expect(world.record.status == .rolledBack)
        var wide = BatchWorld(BatchWorld.definition([("a", [late, unknown]), ("b", [])]))
        wide.handle(.begin)
        #expect(wide.running == ["a", "b"])
    }

    @Test(arguments: [(BatchOperation.OnFailure.fail, BatchStatus.failed), (.continue, .partiallyCompleted)])
    func whatIsDoneStaysUnlessItIsRolledBack(policy: BatchOperation.OnFailure, status: BatchStatus) {
        var world = BatchWorld(
            BatchWorld.definition([("a", []), ("b", []), ("c", [hard("a")])], limit: 2) { _ in policy })
        world.handle(.begin)
        world.end("b", .failed(reason: "no"))
        world.end("a", .completed)
        #expect(world.running == (policy == .continue ? ["c"] : []))
        if policy == .continue { world.end("c", .completed) }
        #expect(world.record.status == status && world.things.contains("a") && world.undone.isEmpty)
        #expect(world.faults.isEmpty, "\(world.faults)")
    }

    @Test func successfulOperationsArePreservedWhereThePolicySaysSo() {
        var rollback = BatchDefinition.Rollback()
        rollback.preserveSuccessful = true
        var world = BatchWorld(BatchWorld.definition([("a", []), ("b", [hard("a")])], rollback: rollback))
        world.handle(.begin)
        world.end("a", .completed)
        world.end("b", .failed(reason: "no"))
        #expect(world.record.status == .partiallyCompleted && world.things == ["a"] && world.undone.isEmpty)
    }

    @Test func attemptsAreRepeatedWithTheDelayOfThePolicy() {
        let retry = BatchOperation.Retry(maximumAttempts: 3, initialDelay: 2, maximumDelay: 3)
        var world = BatchWorld(BatchWorld.definition([("a", [])], retry: retry))
        world.handle(.begin)
        for delay in [2.0, 3.0] {
            world.end("a", .failed(reason: "no"))
            #expect(world.wakes.last == world.now.advanced(seconds: delay))
            world.pass(seconds: delay - 0.1)
            #expect(world.running.isEmpty)
            world.pass(seconds: 0.1)
            #expect(world.running == ["a"])
        }
        world.end("a", .failed(reason: "no"))
        #expect(world.record.status == .rolledBack && world.record.error == "a: attempt 3 of 3: no")
        #expect(BatchOperation.Retry(backoff: .linear, initialDelay: 2).delay(after: 3) == 6)
        #expect(BatchOperation.Retry(backoff: .fixed, initialDelay: 2).delay(after: 3) == 2)
        #expect(BatchOperation.Retry().delay(after: 40) == 300)
    }

    @Test func cancellationUndoesEverything() {
        var world = BatchWorld(BatchWorld.definition([("a", []), ("b", [hard("a")]), ("c", [hard("b")])]))
        world.handle(.begin)
        world.end("a", .completed)
        #expect(world.handle(.cancel) && !world.handle(.cancel))
        world.end("b", .stopped)
        world.finishUndoing()
        #expect(world.record.status == .cancelled && world.things.isEmpty && world.undone == ["a"])
        #expect(world.status("c") == .cancelled && !world.handle(.cancel) && world.faults.isEmpty)
        var waiting = BatchWorld(BatchWorld.definition([("a", [])]))
        #expect(waiting.handle(.cancel) && waiting.record.status == .cancelled)
    }

    @Test func checkpointsAreMadeAndRolledBackTo() {
        var rollback = BatchDefinition.Rollback()
        rollback.checkpointInterval = 2
        let chain = [("a", []), ("b", [hard("a")]), ("c", [hard("b")]), ("d", [hard("c")]), ("e", [hard("d")])]
        var world = BatchWorld(BatchWorld.definition(chain, rollback: rollback))
        world.handle(.begin)
        for id in ["a", "b", "c", "d", "e"] { world.end(id, .completed) }
        #expect(world.record.checkpoints.map(\.completed) == [["a", "b"], ["a", "b", "c", "d"]])
        #expect(!world.handle(.rollback(checkpoint: 3)) && world.record.checkpoints.count == 2)
        #expect(world.handle(.rollback(checkpoint: 1)) == true)
        for _ in 0..<3 { world.finishUndoing() }
        #expect(world.undone == ["e", "d", "c"] && world.things == ["a", "b"])
        #expect(world.record.status == .partiallyCompleted && world.record.checkpoints.count == 1)
        #expect(world.handle(.resume) && world.running == ["c"])
        for id in ["c", "d", "e"] { world.end(id, .completed) }
        #expect(world.record.status == .completed && world.faults.isEmpty)
        #expect(!world.handle(.resume) && world.handle(.rollback(checkpoint: nil)))
        for _ in 0..<5 { world.finishUndoing() }
        #expect(world.things.isEmpty && world.record.status == .rolledBack)
        #expect(world.handle(.rollback(checkpoint: nil)) == false)
    }

    @Test func resumeGoesOnWithWhatIsNotCompleted() {
        var world = BatchWorld(
            BatchWorld.definition([("a", []), ("b", [hard("a")]), ("c", [hard("b")])]) { _ in .fail })
        world.handle(.begin)
        world.end("a", .completed)
        world.end("b", .failed(reason: "no"))
        #expect(world.record.status == .failed && world.handle(.resume) && world.running == ["b"])
        world.end("b", .completed)
        world.end("c", .completed)
        #expect(world.record.status == .completed && world.begun == ["a", "b", "b", "c"] && world.record.error == nil)
    }

    @Test func killedBatchGoesOnWithoutDoingAnythingCompletedAgain() {
        var world = BatchWorld(BatchWorld.definition([("a", []), ("b", [hard("a")]), ("c", [])]))
        world.handle(.begin)
        world.end("a", .completed)
        world.kill()
        #expect(world.running == ["b", "c"] && world.begun.filter { $0 == "a" }.count == 1)
        world.end("b", .completed)
        world.end("c", .completed)
        #expect(world.record.status == .completed && world.faults.isEmpty)
    }

    @Test func operationThatEndsTheOrchestratorAgainAndAgainIsGivenUp() {
        var world = BatchWorld(BatchWorld.definition([("a", []), ("b", [hard("a")])]))
        world.handle(.begin)
        world.end("a", .completed)
        for _ in 0..<3 { world.kill() }
        #expect(world.status("b") == .failed && world.undoing == "b")
        world.finishUndoing()
        world.finishUndoing()
        #expect(world.undone == ["b", "a"] && world.record.status == .rolledBack && world.things.isEmpty)
    }

    @Test func undoingThatFailsIsTold() {
        var world = BatchWorld(BatchWorld.definition([("a", []), ("b", [hard("a")]), ("c", [hard("b")])]))
        world.handle(.begin)
        world.end("a", .completed)
        world.end("b", .completed)
        world.end("c", .failed(reason: "no"))
        world.finishUndoing(failure: "stuck")
        world.finishUndoing()
        #expect(world.record.status == .failed && world.record.error == "c: no; not undone: b: stuck")
        #expect(world.things == ["b"] && world.handle(.rollback(checkpoint: nil)))
        world.finishUndoing()
        #expect(world.record.status == .rolledBack && world.things.isEmpty && world.faults.isEmpty)
    }
}

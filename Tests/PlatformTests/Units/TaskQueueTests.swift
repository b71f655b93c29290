import Foundation
import PlatformService
import Testing

@testable import PlatformOrchestrator

struct TaskQueueTests {
    private let start = Timestamp(Date(timeIntervalSince1970: 1_760_000_000))

    private func record(
        _ id: String, sequence: Int, priority: Int = 0, dependencies: [String] = [], attempts: Int = 1
    ) -> TaskRecord {
        let task = WorkflowTask(
            id: id, name: "create_servers", command: "c", arguments: [], dependencies: dependencies, createdAt: start,
            priority: priority)
        let order = ServerOrder(infra: "i", servers: [id], checkMode: false, authorizedKeys: [])
        return TaskRecord(task: task, work: .createServers(order), maximumAttempts: attempts, sequence: sequence)
    }

    private func started(_ actions: [TaskQueue.Action]) -> [TaskID] {
        actions.compactMap { if case .start(let record) = $0 { record.id } else { nil } }
    }

    @Test func runsAtMostItsWidthAndTheHighestPriorityFirst() {
        var queue = TaskQueue(width: 1)
        #expect(started(queue.submit(record("a", sequence: 1), now: start)) == ["a"])
        #expect(started(queue.submit(record("b", sequence: 2), now: start)) == [])
        #expect(started(queue.submit(record("c", sequence: 3, priority: 5), now: start)) == [])
        #expect(started(queue.submit(record("d", sequence: 4, priority: 5), now: start)) == [])
        var order: [TaskID] = []
        for id in ["a", "c", "d"] { order += started(queue.ended(id, .completed(output: ""), now: start)) }
        #expect(order == ["c", "d", "b"])
    }

    @Test func savesATaskAsRunningBeforeItIsStarted() {
        var queue = TaskQueue(width: 1)
        let actions = queue.submit(record("a", sequence: 1), now: start)
        guard case .save(let saved) = actions.first, case .start = actions.last else {
            Issue.record("\(actions)")
            return
        }
        #expect(saved.task.status == .running && saved.task.attempts == 1 && actions.count == 2)
    }

    @Test func dependentsWaitAndFailThroughAllLevels() {
        var queue = TaskQueue(width: 4)
        _ = queue.submit(record("a", sequence: 1), now: start)
        #expect(started(queue.submit(record("b", sequence: 2, dependencies: ["a"]), now: start)) == [])
        _ = queue.submit(record("c", sequence: 3, dependencies: ["b"]), now: start)
        _ = queue.ended("a", .failed(reason: "no", output: "o"), now: start)
        #expect(queue.records["b"]?.task.status == .failed && queue.records["c"]?.task.status == .failed)
        #expect(queue.records["c"]?.task.error?.contains("b") == true)
    }

    @Test func retriesWithGrowingDelays() {
        var queue = TaskQueue(width: 1)
        var now = start
        _ = queue.submit(record("a", sequence: 1, attempts: 3), now: now)
        for delay in [0.5, 1.0] {
            let actions = queue.ended("a", .failed(reason: "no", output: ""), now: now)
            #expect(queue.records["a"]?.task.status == .pending && started(actions) == [])
            #expect(actions.contains(.wake(at: now.advanced(seconds: delay))))
            #expect(started(queue.timePassed(now: now.advanced(seconds: delay - 0.01))) == [])
            now = now.advanced(seconds: delay)
            #expect(started(queue.timePassed(now: now)) == ["a"])
        }
        _ = queue.ended("a", .failed(reason: "no", output: "last"), now: now)
        let task = queue.records["a"]?.task
        #expect(task?.status == .failed && task?.attempts == 3 && task?.error?.contains("attempt 3 of 3") == true)
        #expect(TaskQueue.delay(afterAttempt: 100) == TaskQueue.longestDelay)
    }

    @Test func cancelsWaitingAndRunningTasksAndNothingElse() {
        var queue = TaskQueue(width: 1)
        _ = queue.submit(record("a", sequence: 1), now: start)
        _ = queue.submit(record("b", sequence: 2), now: start)
        #expect(queue.cancel("b", now: start) != nil && queue.records["b"]?.task.status == .cancelled)
        #expect(queue.cancel("a", now: start)?.last == .stop("a"))
        #expect(queue.records["a"]?.task.status == .running)
        _ = queue.ended("a", .stopped(output: "undone"), now: start)
        #expect(queue.records["a"]?.task.status == .cancelled && queue.records["a"]?.task.output == "undone")
        #expect(queue.cancel("a", now: start) == nil && queue.cancel("none", now: start) == nil)
    }

    @Test func taskThatEndedWellBeforeItsCancellationIsCompleted() {
        var queue = TaskQueue(width: 1)
        _ = queue.submit(record("a", sequence: 1), now: start)
        _ = queue.cancel("a", now: start)
        _ = queue.ended("a", .completed(output: ""), now: start)
        #expect(queue.records["a"]?.task.status == .completed)
    }

    @Test func endedTaskIsNeverStartedAgain() {
        var queue = TaskQueue(width: 1)
        _ = queue.submit(record("a", sequence: 1), now: start)
        _ = queue.ended("a", .completed(output: ""), now: start)
        #expect(queue.ended("a", .failed(reason: "late", output: ""), now: start).isEmpty)
        var next = TaskQueue(width: 1)
        #expect(next.restore(queue.all, now: start).isEmpty)
    }

    @Test func interruptedTaskIsQueuedAgainAndGivenUpAfterThreeTimes() {
        var stored = record("a", sequence: 1)
        stored.task.status = .running
        stored.task.attempts = 1
        for interruption in 1...2 {
            var queue = TaskQueue(width: 1)
            #expect(started(queue.restore([stored], now: start)) == ["a"])
            guard let next = queue.records["a"] else { return }
            stored = next
            #expect(stored.interruptions == interruption && stored.task.status == .running)
        }
        var queue = TaskQueue(width: 1)
        #expect(started(queue.restore([stored], now: start)) == [])
        #expect(queue.records["a"]?.task.error?.contains("3 times") == true)
    }

    @Test func interruptionIsNoneOfTheAllowedAttempts() {
        var stored = record("a", sequence: 1, attempts: 2)
        stored.task.status = .running
        stored.task.attempts = 1
        var queue = TaskQueue(width: 1)
        _ = queue.restore([stored], now: start)
        _ = queue.ended("a", .failed(reason: "no", output: ""), now: start)
        #expect(queue.records["a"]?.task.status == .pending)
    }

    @Test func closingStopsWhatRunsAndStartsNothing() {
        var queue = TaskQueue(width: 1)
        _ = queue.submit(record("a", sequence: 1), now: start)
        _ = queue.submit(record("b", sequence: 2), now: start)
        #expect(queue.close() == [.stop("a")])
        #expect(started(queue.ended("a", .stopped(output: ""), now: start)) == [])
        #expect(queue.records["a"]?.task.status == .pending)
    }
}

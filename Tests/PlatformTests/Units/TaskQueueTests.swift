import FleetTestSupport
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
        #expect(next.restore(Array(queue.records.values), now: start).isEmpty)
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

    /// Random submissions, ends, cancellations and restarts from a seed: whatever happens, the width holds, a task starts
    /// after its dependencies and ends once, and nothing is left when everything has had its time.
    @Test(arguments: 1...60) func everyTaskEndsOnceWhateverHappens(seed: Int) {
        var random = SplitMix(seed: UInt64(seed))
        var now = start
        var queue = TaskQueue(width: 1 + seed % 4)
        var running: Set<TaskID> = []
        var finals: [TaskID: TaskStatus] = [:]
        var count = 0
        func carryOut(_ actions: [TaskQueue.Action]) {
            for action in actions {
                switch action {
                case .save(let record):
                    #expect(finals[record.id] == nil, "seed \(seed): \(record.id) changed after its end")
                    if record.task.status.isFinal { finals[record.id] = record.task.status }
                case .start(let record):
                    #expect(running.insert(record.id).inserted && running.count <= queue.width, "seed \(seed)")
                    #expect(record.task.dependencies.allSatisfy { finals[$0] == .completed }, "seed \(seed)")
                case .stop, .wake: break
                }
            }
        }
        for step in 0..<1500 {
            now = now.advanced(seconds: Double.random(in: 0...0.4, using: &random))
            switch Int.random(in: 0..<10, using: &random) {
            case 0...2 where step < 700:
                count += 1
                let known = (1..<max(2, count)).map { "t\($0)" }.filter { queue.records[$0] != nil }
                let wanted = (0..<Int.random(in: 0...2, using: &random)).compactMap { _ in
                    known.randomElement(using: &random)
                }
                let new = record(
                    "t\(count)", sequence: queue.takeSequence(), priority: .random(in: 0...3, using: &random),
                    dependencies: wanted, attempts: .random(in: 1...3, using: &random))
                carryOut(queue.submit(new, now: now))
            case 3...6:
                guard let id = running.sorted().randomElement(using: &random) else { continue }
                running.remove(id)
                let isCancelled = queue.records[id]?.cancelRequested == true
                let outcomes: [AttemptOutcome] = [
                    .completed(output: ""), .completed(output: ""), .failed(reason: "no", output: ""),
                    isCancelled ? .stopped(output: "") : .completed(output: ""),
                ]
                carryOut(queue.ended(id, outcomes.randomElement(using: &random) ?? .completed(output: ""), now: now))
            case 7:
                guard let id = queue.records.keys.sorted().randomElement(using: &random) else { continue }
                carryOut(queue.cancel(id, now: now) ?? [])
            case 8 where step % 50 == 0:
                let stored = Array(queue.records.values)
                queue = TaskQueue(width: queue.width)
                running = []
                carryOut(queue.restore(stored, now: now))
            default: carryOut(queue.timePassed(now: now))
            }
        }
        #expect(finals.count == count && running.isEmpty, "seed \(seed): \(count - finals.count) did not end")
        let counted = Dictionary(grouping: queue.records.values, by: \.task.status).mapValues(\.count)
        #expect(counted == queue.counts.filter { $0.value != 0 }, "seed \(seed)")
    }

    @Test func hundredThousandTasksAreDecidedQuickly() {
        var queue = TaskQueue(width: 4)
        let begin = ContinuousClock.now
        var actions: [TaskQueue.Action] = []
        for number in 1...100_000 { actions += queue.submit(record("t\(number)", sequence: number), now: start) }
        var ended = 0
        while let id = queue.running.first {
            ended += 1
            _ = queue.ended(id, .completed(output: ""), now: start)
        }
        // A look at all tasks for each event would be some ten thousand million looks.
        #expect(ended == 100_000 && ContinuousClock.now - begin < .seconds(30))
    }
}

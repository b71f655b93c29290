import FleetModel
import FleetTestKit
import InterfaceProfile

extension OrchestratorTests {
    static let taskQueueProcessing = test(
        "services/orchestrator/task-queue-processing", "Task queue processing", modes: .from(.solo), estimate: 8,
        environment: .exclusive
    ) { context in
        let orchestrator = try await context.platform
        let width = try await orchestrator.queue().width
        let gate = JournalTaskserv(name: context.unique("gate"), behaviour: .waitsAtGate)
        let waiting = (1...6).map { JournalTaskserv(name: context.unique("waits-\($0)")) }
        for taskserv in [gate] + waiting { try await taskserv.push(context) }
        let benches = try await context.step("\(width) servers, and one to see the order on") {
            var benches: [Workbench] = []
            for number in 0...width { benches.append(try await Workbench.make(context, "bench-\(number)")) }
            return benches
        }
        let board = benches[width]
        let blockers = try await context.step("fill every place of the queue") {
            var ids: [String] = []
            for bench in benches.dropLast() {
                ids.append(try await orchestrator.taskserv(.install, gate.reference, on: [bench.name]))
            }
            for bench in benches.dropLast() { try await bench.waitForInstallations(1, of: gate) }
            return ids
        }
        // Submitted in this order; the higher priority comes first, then who came first.
        let priorities = [0, 5, 0, 9, 5, 0]
        let ids = try await context.step("submit six more, of three priorities; they wait") {
            try await submit(waiting, priorities, on: board, context)
        }
        let expected = try await context.step("the queue says in which order they will be started") {
            let queue = try await orchestrator.queue()
            let order = [3, 1, 4, 0, 2, 5].map { ids[$0] }
            try expectEqual(queue.waiting, order, "those that wait")
            try expectEqual(Set(queue.running), Set(blockers), "those that run")
            return [3, 1, 4, 0, 2].map { waiting[$0].name }
        }
        try await context.step("one of them is cancelled before its turn") {
            try await orchestrator.cancelTask(ids[5])
            let task = try await orchestrator.task(ids[5])
            try expectEqual(task.state, .cancelled, "its state")
            try expectEqual(task.startedAt, nil, "its start")
        }
        try await drain(benches, blockers + ids.dropLast(), context)
        try await context.step("they were started in that order, each once, and the cancelled one never") {
            let started = try await ids.dropLast().asyncMap { try await orchestrator.task($0).startedAt ?? "" }
            let order = [3, 1, 4, 0, 2].map { started[$0] }
            try expectEqual(order, order.sorted(), "the times of the starts")
            let lines = try await board.journal()
            try expectEqual(Set(lines), Set(expected.map { "install \($0)" }), "what was started on the server")
            try expectEqual(lines.count, expected.count, "the number of starts")
        }
        guard try await expectDurable(blockers + ids, context) else {
            return context.log.info("not looked at after a kill: this environment cannot kill its services")
        }
        try await expectGivenUp(context)
    }

    private static func submit(
        _ taskservs: [JournalTaskserv], _ priorities: [Int], on board: Workbench, _ context: TestContext
    ) async throws -> [String] {
        var ids: [String] = []
        for (taskserv, priority) in zip(taskservs, priorities) {
            var options = SubmissionOptions()
            options.priority = priority
            let id = try await context.platform.taskserv(
                .install, taskserv.reference, on: [board.name], options: options)
            try expectEqual(try await context.platform.task(id).state, .pending, "the state of what waits")
            ids.append(id)
        }
        return ids
    }

    /// Opens all gates and waits until the queue is empty.
    private static func drain(_ benches: [Workbench], _ ids: [String], _ context: TestContext) async throws {
        let orchestrator = try await context.platform
        try await context.step("open one gate after the other, and the queue runs empty") {
            for bench in benches { try await bench.openGate() }
            for id in ids { try await orchestrator.completed(id) }
            let queue = try await orchestrator.queue()
            try expectEqual(queue.running + queue.waiting, [], "what runs or waits")
        }
    }

    /// Tasks that have ended are what they were after the orchestrator was killed; false where it cannot be.
    private static func expectDurable(_ ids: [String], _ context: TestContext) async throws -> Bool {
        let orchestrator = try await context.platform
        return try await context.step("kill the orchestrator: every task is what it was") {
            let before = try await ids.asyncMap { try await orchestrator.task($0) }
            let order = try await orchestrator.allTasks().map(\.id).filter(ids.contains)
            try expectEqual(order.count, ids.count, "the number of our tasks in the list")
            guard try await context.kill("orchestrator") else { return false }
            for task in before { try expectEqual(try await orchestrator.task(task.id), task, "the task after a kill") }
            let listed = try await orchestrator.allTasks().map(\.id)
            try expectEqual(listed.filter(ids.contains), order, "our tasks in the list")
            return true
        }
    }

    /// What seems to take the orchestrator down with it is not begun for ever.
    private static func expectGivenUp(_ context: TestContext) async throws {
        let orchestrator = try await context.platform
        var bench = try await Workbench.make(context, "fatal")
        let gates = ["task", "step"].map { JournalTaskserv(name: context.unique($0), behaviour: .waitsAtGate) }
        for gate in gates { try await gate.push(context) }
        let step = BatchDefinition.Operation.taskservs("step", [gates[1].reference], on: [bench.name], context.profile)
        let task = try await orchestrator.taskserv(.install, gates[0].reference, on: [bench.name])
        let batch = try await BatchTests.submit(BatchDefinition(context.unique("fatal"), [step]), context)
        try await context.step("kill the orchestrator three times while a task and a batch run") {
            for count in 1...3 {
                for gate in gates { try await bench.waitForInstallations(count, of: gate) }
                _ = try await context.kill("orchestrator")
                bench = try await bench.again(context)
            }
        }
        try await context.step("neither is begun a fourth time, and both say why") {
            let ended = try await orchestrator.ended(task)
            try expectEqual(ended.state, .failed, "the state of the task")
            try expect(ended.error?.contains("3 times") == true, "its error says so", actual: ended)
            let end = try await orchestrator.batchEnded(batch.id).operation("step")
            try expect(end?.error?.contains("3 times") == true, "the error of the step says so", actual: end)
            try expectEqual(try await bench.installations(of: gates[0]), 3, "how often the task was begun")
        }
    }
}

extension Collection where Element: Sendable {
    /// Maps one element after the other.
    func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}

import FleetModel
import FleetTestKit
import InterfaceProfile

extension BatchTests {
    static let checkpointRecovery = test(
        "workflows/batch/checkpoint-recovery", "Checkpoint recovery", modes: .from(.solo), estimate: 12,
        environment: .exclusive
    ) { context in
        let orchestrator = try await context.platform
        let tools = (1...5).map {
            JournalTaskserv(name: context.unique("step-\($0)"), behaviour: $0 == 4 ? .waitsAtGate : .succeeds)
        }
        for tool in tools { try await tool.push(context) }
        let first = try await Workbench.make(context)
        var definition = BatchDefinition(
            context.unique("checkpoints"),
            tools.enumerated().map { .taskservs("step-\($0 + 1)", [$1.reference], on: [first.name], context.profile) })
        definition.type = "sequential"
        definition.checkpointInterval = 2
        let wanted = definition
        let batch = try await context.step("five steps, a checkpoint after every second; the fourth waits at a gate") {
            let batch = try await submit(wanted, context)
            try await first.waitForInstallations(1, of: tools[3])
            return batch
        }
        let before = try await context.step("three are completed, and there is one checkpoint") {
            let checkpoints = try await orchestrator.checkpoints(of: batch.id)
            try expectEqual(checkpoints.map(\.completed), [["step-1", "step-2"]], "the checkpoints")
            let states = try await orchestrator.batch(batch.id).operations.map(\.state)
            try expectEqual(states, [.completed, .completed, .completed, .running, .pending], "the states")
            return checkpoints
        }
        let wasKilled = try await context.step("kill the orchestrator while the fourth step runs") {
            try await context.kill("orchestrator")
        }
        if !wasKilled { context.log.info("not killed: this environment cannot kill its services") }
        // Its SSH may have another port since.
        let bench = try await first.again(context)
        try await context.step("the batch goes on where it was, with its checkpoint") {
            try expectEqual(
                Array(try await orchestrator.checkpoints(of: batch.id).prefix(1)), before, "the checkpoint of before")
            try await bench.openGate()
            try await orchestrator.batchCompleted(batch.id)
        }
        try await context.step("nothing that was completed was done again") {
            for (number, tool) in tools.enumerated() where number != 3 {
                try expectEqual(try await bench.installations(of: tool), 1, "installations of step \(number + 1)")
            }
            let fourth = try await bench.installations(of: tools[3])
            try expectEqual(fourth, wasKilled ? 2 : 1, "installations of the step that the kill interrupted")
        }
        try await context.step("back to the first checkpoint: two steps stay, three are undone, the last first") {
            try await expectRollback(of: batch.id, tools, bench, context)
        }
        try await context.step("and on from there: the three are done again, the two are not") {
            try await orchestrator.resumeBatch(batch.id)
            try await orchestrator.batchCompleted(batch.id)
            let installed = try require(try await orchestrator.server(bench.name), "the server").taskservs.map(\.name)
            try expectEqual(Set(installed), Set(tools.map(\.name)), "the taskservs of the server")
            for tool in tools.prefix(2) {
                try expectEqual(try await bench.installations(of: tool), 1, "installations of \(tool.name)")
            }
        }
        try await context.step("a checkpoint that is not there is refused") {
            try await expectRefusal("a rollback to checkpoint 99", statuses: 404...404) {
                try await orchestrator.rollBackBatch(batch.id, to: 99)
            }
        }
    }

    private static func expectRollback(
        of id: String, _ tools: [JournalTaskserv], _ bench: Workbench, _ context: TestContext
    ) async throws {
        let orchestrator = try await context.platform
        let checkpoints = try await orchestrator.checkpoints(of: id)
        try expectEqual(
            checkpoints.map(\.completed), [["step-1", "step-2"], ["step-1", "step-2", "step-3", "step-4"]],
            "the checkpoints of the whole batch")
        let before = try await bench.journal().count
        try await orchestrator.rollBackBatch(id, to: checkpoints[0].number)
        let end = try await orchestrator.batchEnded(id)
        try expectEqual(end.state, .partiallyCompleted, "the state of the batch")
        let removed = try await bench.journal().dropFirst(before)
        try expectEqual(
            Array(removed), tools.dropFirst(2).reversed().map { "remove \($0.name)" }, "what was undone on the server")
        let installed = try require(try await orchestrator.server(bench.name), "the server").taskservs.map(\.name)
        try expectEqual(Set(installed), Set(tools.prefix(2).map(\.name)), "the taskservs of the server")
    }
}

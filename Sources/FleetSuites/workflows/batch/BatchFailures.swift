import FleetModel
import FleetTestKit
import InterfaceProfile

extension BatchTests {
    static let rollbackOnFailure = test(
        "workflows/batch/rollback-on-failure", "Rollback on failure", modes: .from(.solo), estimate: 8
    ) { context in
        let orchestrator = try await context.platform
        let profile = context.profile
        let tools = (1...2).map { JournalTaskserv(name: context.unique("tool-\($0)")) }
        let broken = JournalTaskserv(name: context.unique("broken"), behaviour: .fails(times: 100))
        for tool in tools + [broken] { try await tool.push(context) }
        let bench = try await Workbench.make(context, "stays")
        let names = [context.unique("local"), context.unique("cloud")]
        typealias Operation = BatchDefinition.Operation
        let cloud = profile.spellings.simulatedProviders[0]
        let batch = try await context.step("four operations that succeed, and one that fails") {
            try await submit(
                BatchDefinition(
                    context.unique("undone"),
                    [
                        .servers("server", [names[0]], profile),
                        Operation.servers("cloud", [names[1]], provider: cloud, profile).after("server"),
                        Operation.taskservs("first", [tools[0].reference], on: [bench.name], profile).after("cloud"),
                        Operation.taskservs("second", [tools[1].reference], on: [bench.name], profile).after("first"),
                        Operation.taskservs("broken", [broken.reference], on: [bench.name], profile).after("second"),
                        Operation.servers("never", [context.unique("never")], profile).after("broken"),
                    ]), making: names, context)
        }
        let end = try await context.step("everything that was done is undone, and the failure is told") {
            let end = try await orchestrator.batchEnded(batch.id)
            try expectEqual(end.state, .rolledBack, "the state of the batch")
            for id in ["server", "cloud", "first", "second"] {
                try expectEqual(end.states[id], .rolledBack, "the state of \(id)")
            }
            try expectEqual(end.states["broken"], .failed, "the state of what failed")
            try expect(
                end.states["never"] == .cancelled || end.states["never"] == .skipped, "what came after never began",
                actual: end.states["never"])
            return end
        }
        try await context.step("the errors have the words of the program") {
            let words = [end.error, end.operation("broken")?.error].map { $0 ?? "" }
            for text in words { try expect(text.contains(JournalTaskserv.complaint), "why it failed", actual: text) }
        }
        try await context.step("servers and names are gone, and what was there before stayed") {
            try await expectNothingLeft(of: names, context)
            let server = try require(try await orchestrator.server(bench.name), "the server that was there before")
            try expectEqual(server.taskservs, [], "its taskservs")
            try expectEqual(server.address, bench.server.address, "its address")
        }
        try await context.step("it was undone in the opposite order: the last first") {
            let removed = try await bench.journal().filter { $0.hasPrefix("remove ") }
            let expected = [broken, tools[1], tools[0]].map { "remove \($0.name)" }
            try expectEqual(removed, expected, "the removals on the server")
        }
        try await context.step("a rollback of what is undone is refused") {
            try await expectRefusal("a second rollback", statuses: 409...409) {
                try await orchestrator.rollBackBatch(batch.id)
            }
        }
    }

    static let partialFailureHandling = test(
        "workflows/batch/partial-failure-handling", "Partial failure handling", modes: .from(.solo), estimate: 6
    ) { context in
        let orchestrator = try await context.platform
        let profile = context.profile
        let names = ["before", "one", "two", "beside", "after"].map { context.unique($0) }
        typealias Operation = BatchDefinition.Operation
        await context.cleanup("delete server \(names[0])") { try await orchestrator.removeServer(names[0]) }
        try await orchestrator.completed(try await orchestrator.createServers([names[0]]))
        let taken = try require(try await orchestrator.server(names[0]), "the server that has the name")
        var definition = BatchDefinition(
            context.unique("partial"),
            [
                // The middle one is taken, so this operation fails for one of its three servers.
                Operation.servers("some", [names[1], names[0], names[2]], profile).onFailure(.continue),
                .servers("beside", [names[3]], profile),
                Operation.servers("after", [names[4]], profile).after("some"),
            ])
        definition.undoesPartialFailures = false
        let keeping = definition
        let batch = try await context.step("an operation fails for one of its servers, the batch goes on") {
            let batch = try await submit(keeping, making: Array(names.dropFirst()), context)
            let end = try await orchestrator.batchEnded(batch.id)
            try expectEqual(end.state, .partiallyCompleted, "the state of the batch")
            try expectEqual(
                end.states, ["some": .failed, "beside": .completed, "after": .skipped], "the states of the operations")
            let error = end.operation("some")?.error ?? ""
            try expect(error.contains(names[0]), "the error names the server that is taken", actual: error)
            return end
        }
        try await context.step("what could be made is there, what could not is as it was, what was skipped is not") {
            try await expectServers([names[1], names[2], names[3]], context)
            try expectEqual(try await orchestrator.server(names[0]), taken, "the server that had the name")
            try await expectNothingLeft(of: [names[4]], context)
        }
        try await context.step("after the cause is gone, it is resumed: what is there stays, what is missing is made") {
            let kept = try require(try await orchestrator.server(names[3]), "a server that was made")
            try await orchestrator.removeServer(names[0])
            try await orchestrator.resumeBatch(batch.id)
            try await orchestrator.batchCompleted(batch.id)
            try await expectServers(names, context)
            try expectEqual(try await orchestrator.server(names[3]), kept, "a server that was made before")
        }
        try await context.step("without that wish, a failed operation leaves nothing of itself") {
            let (fresh, other) = (context.unique("fresh"), context.unique("other"))
            let strict = try await submit(
                BatchDefinition(
                    context.unique("strict"),
                    [
                        // The first one is made, then the second one fails.
                        Operation.servers("some", [fresh, names[0]], profile).inOrder().onFailure(.continue),
                        .servers("other", [other], profile),
                    ]), making: [fresh, other], context)
            let end = try await orchestrator.batchEnded(strict.id)
            try expectEqual(end.states, ["some": .failed, "other": .completed], "the states of the operations")
            try await expectNothingLeft(of: [fresh], context)
            try await expectServers([other, names[0]], context)
        }
    }
}

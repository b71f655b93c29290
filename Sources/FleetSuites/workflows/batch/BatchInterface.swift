import FleetModel
import FleetTestKit
import InterfaceProfile

extension BatchTests {
    static let batchSubmission = test(
        "workflows/batch/submission", "Batch submission", modes: .from(.solo), estimate: 3
    ) { context in
        let orchestrator = try await context.platform
        let profile = context.profile
        let (first, second) = (context.unique("first"), context.unique("second"))
        let definition = BatchDefinition(
            context.unique("submission"),
            [
                .servers("make", [first], profile),
                BatchDefinition.Operation.servers("more", [second], profile).after("make"),
            ])
        let batch = try await context.step("submit a batch of two operations") {
            let batch = try await submit(definition, making: [first, second], context)
            try expectEqual(batch.operations.map(\.id), ["make", "more"], "the operations of the answer")
            return batch
        }
        try await context.step("it is carried out") {
            try await orchestrator.batchCompleted(batch.id)
            try await expectServers([first, second], context)
        }
        try await context.step("operations that only check find them as they should be, and miss one that is not there")
        {
            let found = try await orchestrator.executeBatch(check([first, second], context))
            try await orchestrator.batchCompleted(found.id)
            let absent = context.unique("absent")
            let missed = try await orchestrator.executeBatch(check([first, absent], context))
            let end = try await orchestrator.batchEnded(missed.id)
            try expect([.failed, .rolledBack].contains(end.state), "the check fails", actual: end.state)
            let error = end.operation("look")?.error ?? ""
            try expect(error.contains(absent), "the error names what is not there", actual: error)
            try await expectServers([first, second], context)
        }
        try await context.step("a definition that comes as a text is as good") {
            let name = context.unique("text")
            let again = BatchDefinition(name, [.servers("make", [name], profile)])
            await context.cleanup("delete server \(name)") { try await orchestrator.removeServer(name) }
            let answer = try await orchestrator.executeBatch(.string(again.json(profile).description))
            try await orchestrator.batchCompleted(answer.id)
            try await expectServers([name], context)
        }
        try await context.step("what cannot be is refused, and makes nothing") { try await expectRefusals(context) }
    }

    /// A batch whose one operation looks whether servers are as they should be.
    private static func check(_ servers: [String], _ context: TestContext) -> JSONValue {
        let names = context.profile.batch
        let operation: [String: JSONValue] = [
            names.operationID: .string("look"), names.type: .string("check"), names.target: .string("server"),
            names.items: .array(servers.map(JSONValue.string)),
        ]
        return .object([
            names.name: .string(context.unique("check")), names.operations: .array([.object(operation)]),
        ])
    }

    /// Definitions with one fault each; each would make a server of this name.
    private static func expectRefusals(_ context: TestContext) async throws {
        let orchestrator = try await context.platform
        let profile = context.profile
        let name = context.unique("never")
        typealias Operation = BatchDefinition.Operation
        let make = Operation.servers("make", [name], profile)
        var crowded = BatchDefinition(name, [make])
        crowded.parallelLimit = 0
        var unknown = BatchDefinition(name, [make])
        unknown.type = "random"
        let circle = [
            Operation.servers("a", [name], profile).after("b"),
            Operation.servers("b", ["\(name)-b"], profile).after("a"),
        ]
        let faults: [(String, BatchDefinition)] = [
            ("no operations", BatchDefinition(name, [])), ("an operation twice", BatchDefinition(name, [make, make])),
            ("a circle", BatchDefinition(name, circle)),
            ("a dependency that is not there", BatchDefinition(name, [make.after("nobody")])),
            ("no place to run", crowded), ("a type that is none", unknown),
            ("a server that is none", BatchDefinition(name, [.servers("make", ["\(name)."], profile)])),
            (
                "a provider that is not there",
                BatchDefinition(
                    name,
                    [
                        .servers("make", [name], provider: "nobodys-cloud", profile)
                    ])
            ),
        ]
        for (fault, definition) in faults {
            do {
                let batch = try await submit(definition, making: [name], context)
                // What only the provider can know may be said later, by the batch.
                let end = try await orchestrator.batchEnded(batch.id)
                try expect(
                    fault == "a provider that is not there", "a batch with \(fault) is refused", actual: end.state)
                try expect([.failed, .rolledBack].contains(end.state), "it does not succeed", actual: end.state)
            } catch let refusal as PlatformRefusal {
                try expect((400...422).contains(refusal.status), "a batch with \(fault) is refused", actual: refusal)
                try expect(!refusal.message.isEmpty, "the refusal says why")
            }
        }
        try expectEqual(try await orchestrator.server(name), nil, "the server of refused batches")
    }

    static let batchStatusQueries = test(
        "workflows/batch/status-queries", "Batch status queries", modes: .from(.solo), estimate: 4
    ) { context in
        let orchestrator = try await context.platform
        let profile = context.profile
        let spellings = profile.spellings
        let (good, bad) = (context.unique("good"), context.unique("bad"))
        let completed = try await context.step("a batch that is completed, and one that is undone") {
            let batch = try await submit(
                BatchDefinition(good, [.servers("make", [good], profile)]), making: [good], context)
            return try await orchestrator.batchCompleted(batch.id)
        }
        // The name is taken by then, so the second batch cannot have it.
        let undone = try await submit(
            BatchDefinition(
                bad,
                [
                    .servers("make", [bad], profile),
                    BatchDefinition.Operation.servers("taken", [good], profile).after("make"),
                ]), making: [bad], context)
        let failed = try await orchestrator.batchEnded(undone.id)
        try await context.step("each operation has its state, and the batch its own") {
            try expectEqual(completed.progress, 1, "the progress of a batch that has ended")
            try expectEqual(failed.state, .rolledBack, "the state of the batch that could not be")
            try expectEqual(failed.states, ["make": .rolledBack, "taken": .failed], "the states of its operations")
            let error = failed.operation("taken")?.error ?? ""
            try expect(error.contains(good), "the error names what is taken", actual: error)
        }
        try await context.step("the list has both, in the order of submission, and by state") {
            let ids = [completed.id, failed.id]
            let all = try await orchestrator.batches()
            try expectEqual(all.map(\.id).filter(ids.contains), ids, "our batches in the list")
            try expectEqual(all.first { $0.id == failed.id }, failed, "the batch in the list")
            for (state, spelling, batch) in [
                (BatchState.completed, spellings.taskCompleted, completed),
                (.rolledBack, spellings.batchRolledBack, failed),
            ] {
                let listed = try await orchestrator.batches(status: spelling)
                try expectEqual(listed.filter { $0.state != state }.map(\.id), [], "batches that are not \(spelling)")
                try expectEqual(listed.map(\.id).filter(ids.contains), [batch.id], "our batches that are \(spelling)")
            }
        }
        try await context.step("the numbers are those of the list") {
            for spelling in [spellings.taskCompleted, spellings.batchRolledBack] {
                // Batches of other tests end meanwhile.
                try await eventually("as many are counted as listed") {
                    let counted = try await orchestrator.batchStatistics()[spelling]
                    let listed = try await orchestrator.batches(status: spelling)
                    try expectEqual(counted, listed.count, "the number of batches that are \(spelling)")
                }
            }
        }
        try await context.step("a batch that is not there") {
            try await expectRefusal("a batch that was never submitted", statuses: 404...404) {
                _ = try await orchestrator.batch("00000000-0000-4000-8000-000000000000")
            }
        }
    }

    static let batchMonitoring = test(
        "workflows/batch/monitoring", "Batch monitoring", modes: .from(.solo), estimate: 5
    ) { context in
        let orchestrator = try await context.platform
        let profile = context.profile
        let gated = JournalTaskserv(name: context.unique("gated"), behaviour: .waitsAtGate)
        let later = JournalTaskserv(name: context.unique("later"))
        for taskserv in [gated, later] { try await taskserv.push(context) }
        let bench = try await Workbench.make(context)
        let batch = try await submit(
            BatchDefinition(
                context.unique("watched"),
                [
                    .taskservs("gated", [gated.reference], on: [bench.name], profile),
                    BatchDefinition.Operation.taskservs("later", [later.reference], on: [bench.name], profile).after(
                        "gated"),
                ]), context)
        // Watched from outside while it runs; ends with the batch, which ends with the gate.
        async let stream = orchestrator.batchEvents(batch.id)
        let running = try await context.step("while the first operation runs, the second waits, and nothing has ended")
        {
            try await bench.waitForInstallations(1, of: gated)
            let now = try await orchestrator.batch(batch.id)
            try expectEqual(now.state, .running, "the state of the batch")
            try expectEqual(now.states, ["gated": .running, "later": .pending], "the states of the operations")
            try expectEqual(now.progress, 0, "the progress")
            return now
        }
        try await context.step("who asks to be told of a change is answered when there is one, not before") {
            let revision = try require(running.revision, "the revision")
            // Answered by the change that the gate brings.
            async let next = orchestrator.batch(batch.id, since: revision, wait: 30)
            let other = try await orchestrator.executeBatch(check([bench.name], context))
            try await orchestrator.batchCompleted(other.id)
            try await bench.openGate()
            let changed = try await next
            try expectEqual(changed.id, batch.id, "the batch of the answer")
            try expect(
                (changed.revision ?? 0) > revision, "the answer is newer than what we knew", actual: changed.revision)
            try expectEqual(changed.states["gated"], .completed, "the state of the first operation by then")
        }
        try await context.step("to the end: all completed, and so the server says") {
            let end = try await orchestrator.batchCompleted(batch.id)
            try expectEqual(end.progress, 1, "the progress")
            try expectEqual(
                try await bench.journal(), ["install \(gated.name)", "install \(later.name)"], "the order on the server"
            )
        }
        let events = try await stream
        try await context.step("who watched was told to the end, and of this batch alone") {
            try expectEqual(Set(events.map(\.subject)), [batch.id], "the batches that were told of")
            try expectEqual(Set(events.map(\.type)), [profile.spellings.batchEvent], "the kinds of events")
            let states = events.map { $0.status.lowercased() }
            try expectEqual(states.last, profile.spellings.taskCompleted.lowercased(), "the last state")
            try expectEqual(
                states.count { $0 == profile.spellings.taskCompleted.lowercased() }, 1, "how often the end was told")
            try expect(states.count >= 3, "changes were told, not the end alone", actual: states)
        }
    }
}

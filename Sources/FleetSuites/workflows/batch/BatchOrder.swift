import FleetModel
import FleetTestKit
import InterfaceProfile

extension BatchTests {
    static let dependencyResolution = test(
        "workflows/batch/dependency-resolution", "Dependency resolution", modes: .from(.solo), estimate: 6
    ) { context in
        let orchestrator = try await context.platform
        let profile = context.profile
        // A diamond with a tail, written down the wrong way round: top, then left and right, then bottom, then last.
        let tools = try await ["last", "bottom", "right", "left", "top"].asyncMap { stem in
            let tool = JournalTaskserv(name: context.unique(stem))
            try await tool.push(context)
            return (stem: stem, tool: tool)
        }
        let names = Dictionary(uniqueKeysWithValues: tools.map { ($0.stem, $0.tool.name) })
        let bench = try await Workbench.make(context)
        let needs = ["last": ["bottom"], "bottom": ["left", "right"], "right": ["top"], "left": ["top"]]
        var definition = BatchDefinition(
            context.unique("diamond"),
            tools.map { stem, tool in
                needs[stem, default: []].reduce(.taskservs(stem, [tool.reference], on: [bench.name], profile)) {
                    $0.after($1)
                }
            })
        definition.parallelLimit = 5
        let wanted = definition
        try await context.step("each operation begins when those that it needs have ended") {
            let batch = try await submit(wanted, context)
            try await orchestrator.batchCompleted(batch.id)
            let lines = try await bench.journal().map { String($0.dropFirst("install ".count)) }
            try expectEqual(Set(lines), Set(names.values), "what was installed")
            try expectEqual(lines.count, tools.count, "the number of installations")
            for (stem, earlier) in needs {
                for other in earlier {
                    let order = [names[other], names[stem]].compactMap { name in lines.firstIndex { $0 == name } }
                    try expectEqual(order, order.sorted(), "the places of \(other) and \(stem) in \(lines)")
                }
            }
        }
        try await context.step("a sequence without dependencies is done in the order that it is written in") {
            try await expectSequence(bench, context)
        }
        try await context.step("what needs a failure is skipped; what only comes after it is done") {
            try await expectNeeds(bench, context)
        }
    }

    private static func expectSequence(_ bench: Workbench, _ context: TestContext) async throws {
        let tools = (1...4).map { JournalTaskserv(name: context.unique("step-\($0)")) }
        for tool in tools { try await tool.push(context) }
        var definition = BatchDefinition(
            context.unique("sequence"),
            tools.map { .taskservs("install-\($0.name.prefix(6))", [$0.reference], on: [bench.name], context.profile) })
        definition.type = "sequential"
        let batch = try await submit(definition, context)
        try await context.platform.batchCompleted(batch.id)
        let names = tools.map(\.name)
        let lines = try await bench.journal().map { String($0.dropFirst("install ".count)) }.filter(names.contains)
        try expectEqual(lines, names, "the order of the installations")
    }

    private static func expectNeeds(_ bench: Workbench, _ context: TestContext) async throws {
        let profile = context.profile
        let broken = JournalTaskserv(name: context.unique("broken"), behaviour: .fails(times: 100))
        let hard = JournalTaskserv(name: context.unique("hard"))
        let soft = JournalTaskserv(name: context.unique("soft"))
        for tool in [broken, hard, soft] { try await tool.push(context) }
        typealias Operation = BatchDefinition.Operation
        let batch = try await submit(
            BatchDefinition(
                context.unique("needs"),
                [
                    Operation.taskservs("hard", [hard.reference], on: [bench.name], profile).after("broken"),
                    Operation.taskservs("soft", [soft.reference], on: [bench.name], profile).softlyAfter("broken"),
                    Operation.taskservs("broken", [broken.reference], on: [bench.name], profile).onFailure(.continue),
                ]), context)
        let end = try await context.platform.batchEnded(batch.id)
        try expectEqual(
            end.states, ["hard": .skipped, "soft": .completed, "broken": .failed], "the states of the operations")
        try expectEqual(try await bench.installations(of: hard), 0, "installations of what was skipped")
        try expectEqual(try await bench.installations(of: soft), 1, "installations of what only came after")
    }

    static let parallelExecution = test(
        "workflows/batch/parallel-execution", "Parallel execution", modes: .from(.solo), estimate: 8
    ) { context in
        let orchestrator = try await context.platform
        let profile = context.profile
        let gate = JournalTaskserv(name: context.unique("gate"), behaviour: .waitsAtGate)
        try await gate.push(context)
        let benches = try await (1...3).asyncMap { try await Workbench.make(context, "bench-\($0)") }
        var definition = BatchDefinition(
            context.unique("parallel"),
            benches.enumerated().map { .taskservs("install-\($0)", [gate.reference], on: [$1.name], profile) })
        definition.parallelLimit = 2
        let wanted = definition
        let batch = try await context.step("three operations that do not need each other, two at once") {
            try await submit(wanted, context)
        }
        // Each installation ends only when its server's gate is opened, so two that have begun run side by side.
        let third = try await context.step("two have begun before any has ended, and the third waits") {
            let begun = try await eventually("two installations have begun", within: .seconds(40)) {
                let counts = try await benches.asyncMap { try await $0.installations(of: gate) }
                try expectEqual(counts.reduce(0, +), 2, "the installations that have begun")
                return counts
            }
            let states = try await orchestrator.batch(batch.id).operations.map(\.state)
            try expectEqual(states, begun.map { $0 == 0 ? .pending : .running }, "the states of the operations")
            return try require(begun.firstIndex(of: 0), "the one that waits")
        }
        try await context.step("when one ends, the third begins, beside the other") {
            let first = (0..<3).first { $0 != third } ?? 0
            try await benches[first].openGate()
            try await benches[third].waitForInstallations(1, of: gate)
            let states = try await orchestrator.batch(batch.id).operations.map(\.state)
            try expectEqual(states.count { $0 == .running }, 2, "the number of operations that run")
            try expectEqual(states[first], .completed, "the state of the first")
        }
        try await context.step("all gates open: all completed, each once") {
            for bench in benches { try await bench.openGate() }
            try await orchestrator.batchCompleted(batch.id)
            for bench in benches {
                try expectEqual(try await bench.journal(), ["install \(gate.name)"], "the journal of \(bench.name)")
            }
        }
        try await context.step("of a batch that says no limit, five operations run at once") {
            try await expectUsualLimit(context)
        }
    }

    private static func expectUsualLimit(_ context: TestContext) async throws {
        let bench = try await Workbench.make(context, "usual")
        let gates = (1...7).map { JournalTaskserv(name: context.unique("gate-\($0)"), behaviour: .waitsAtGate) }
        for gate in gates { try await gate.push(context) }
        let operations = gates.enumerated().map { index, gate in
            BatchDefinition.Operation.taskservs("install-\(index)", [gate.reference], on: [bench.name], context.profile)
        }
        let batch = try await submit(BatchDefinition(context.unique("usual"), operations), context)
        try await eventually("five installations have begun", within: .seconds(40)) {
            try expectEqual(try await bench.journal().count, 5, "the installations that have begun")
        }
        let states = try await context.platform.batch(batch.id).operations.map(\.state)
        try expectEqual(states.count { $0 == .running }, 5, "the number of operations that run")
        try await bench.openGate()
        try await context.platform.batchCompleted(batch.id)
        try expectEqual(try await bench.journal().count, gates.count, "the installations")
    }
}

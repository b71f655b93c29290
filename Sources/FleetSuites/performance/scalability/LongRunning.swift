import FleetHTTP
import FleetModel
import FleetTestKit
import InterfaceProfile

extension Scalability {
    static func degradation(_ count: Int) -> DeclaredTest {
        test(
            "performance/scalability/performance-degradation", "Performance degradation analysis", modes: .from(.solo),
            estimate: 8,
            timeout: 180, tags: ["knob:faults.wear_seconds"]
        ) { context in
            let (orchestrator, calls) = (try await context.platform, try await Calls(context))
            let name = context.unique("steady")
            let tasks = try await context.step("four clients do \(count) tasks, one after the other") {
                try await load(clients: 4, count: count) { _ in
                    let control = Control.measure()
                    let body = calls.servers([name], wait: true, checkMode: true)
                    try await calls.finish(calls.profile.paths.createServers, body, orchestrator)
                    return control
                }
            }
            try expectSteady(tasks, "tasks", context)
            let lists = try await context.step("two clients read the list of tasks \(count) times, while more are done")
            {
                async let others: Void = submissions(count, name, calls)
                let samples = try await load(clients: 2, count: count) { _ in
                    let control = Control.measure()
                    let page = try await calls.data(.get, "\(calls.profile.paths.tasks)?limit=50").array ?? []
                    try expectEqual(page.count, 50, "the tasks of a page")
                    return control
                }
                try await others
                return samples
            }
            try expectSteady(lists, "lists of tasks", context)
        }
    }

    private static func submissions(_ count: Int, _ name: String, _ calls: Calls) async throws {
        try await load(clients: 2, count: count) { _ in
            try await calls.submit(
                calls.profile.paths.createServers, calls.servers([name], wait: true, checkMode: true))
        }
    }

    /// Exclusive: what others do in the same environment would be counted as ours.
    static func resources(rounds: Int, servers: Int) -> DeclaredTest {
        test(
            "performance/scalability/resource-usage", "Resource usage tracking", modes: .from(.solo), estimate: 12,
            environment: .exclusive, tags: ["knob:faults.leak_descriptors"]
        ) { context in
            let names = (1...servers).map { context.unique("round-\($0)") }
            await context.cleanup("delete \(servers) servers") { try await context.removeServers(names) }
            // The first round fills pools and caches; after it everything that is used once has been used.
            try await round(0, names, context)
            let before = try await Usage.read(context)
            for number in 1...rounds { try await round(number, names, context) }
            let after = try await Usage.read(context)
            context.log.info(
                "figures",
                [
                    "descriptors": "\(before.descriptors) to \(after.descriptors)",
                    "resident_mib": "\(before.memory >> 20) to \(after.memory >> 20)",
                    "processor_s": Figures.text(after.processorSeconds - before.processorSeconds),
                ])
            try expect(
                after.descriptors <= before.descriptors + 32, "the open descriptors stay what they were",
                actual: "\(before.descriptors), after \(rounds) more rounds \(after.descriptors)")
            try expect(
                after.memory <= 2 * before.memory, "the memory stays below twice what it was",
                actual: "\(before.memory) bytes, after \(rounds) more rounds \(after.memory)")
            try expect(
                after.processorSeconds > before.processorSeconds, "the processor time that was used is counted",
                actual: "\(before.processorSeconds) s, then \(after.processorSeconds) s")
        }
    }

    /// Servers come and go, and many ask meanwhile; at the end everything is as before.
    private static func round(_ number: Int, _ names: [String], _ context: TestContext) async throws {
        let (orchestrator, calls) = (try await context.platform, try await Calls(context))
        try await context.step("round \(number): \(names.count) servers come and go, among 100 requests") {
            async let asking = load(clients: 4, count: 100) { _ in
                try await calls.data(.get, calls.profile.paths.servers)
            }
            try await load(clients: 2, count: names.count) { try await calls.createServer(names[$0], orchestrator) }
            _ = try await context.expectServers(names)
            try await context.removeServers(names)
            _ = try await asking
            try await context.expectGone(names)
        }
    }
}

/// What the orchestrator's process uses, by its own metrics, whose names are Prometheus' own conventions.
private struct Usage: Sendable {
    let descriptors: Int
    let memory: Int
    let processorSeconds: Double

    static func read(_ context: TestContext) async throws -> Usage {
        let (orchestrator, names) = (try await context.platform, context.profile.processMetrics)
        func value(_ name: String) async throws -> Double {
            guard let value = try await orchestrator.metric(name) else {
                try interfaceNotFound("GET \(context.profile.paths.metrics), metric \(name)")
            }
            return value
        }
        return Usage(
            descriptors: Int(try await value(names.descriptors)), memory: Int(try await value(names.memory)),
            processorSeconds: try await value(names.processorSeconds))
    }
}

import FleetHTTP
import FleetModel
import FleetTestKit
import InterfaceProfile

extension Concurrency {
    static func serverCreations(_ count: Int) -> DeclaredTest {
        test(
            "performance/concurrency/server-creations", "10 concurrent server creations", modes: .from(.solo),
            estimate: 6,
            tags: ["knob:width"]
        ) { context in
            let (orchestrator, calls) = (try await context.platform, try await Calls(context))
            let names = (1...count).map { context.unique("many-\($0)") }
            await context.cleanup("delete \(count) servers") { try await context.removeServers(names) }
            let ids = try await context.step("\(count) clients create a server each, at once") {
                try await load(clients: count, count: count) { number in
                    try await calls.submit(calls.profile.paths.createServers, calls.servers([names[number]]))
                }.map(\.value)
            }
            try expectEqual(Set(ids).count, count, "the number of different tasks")
            let tasks = try await context.step("all tasks complete") {
                try await load(clients: count, count: count) { number in
                    try await orchestrator.completed(ids[number], within: .seconds(90))
                }.map(\.value)
            }
            try await context.step("each server is real: listed, named, answering") {
                _ = try await context.expectServers(names)
            }
            try await context.step("they were made side by side, not one after the other") {
                let most = Overlap.most(tasks.map { ($0.startedAt ?? "", $0.completedAt ?? "") })
                context.log.info("figures", ["tasks_at_once": "\(most)"])
                try expect(most >= 2, "at some moment two tasks run", actual: "at most \(most)")
            }
            try await context.step("deleted at once, nothing of them is left") {
                try await context.removeServers(names)
                try await context.expectGone(names)
            }
        }
    }

    static func recordRegistrations(_ count: Int) -> DeclaredTest {
        test(
            "performance/concurrency/dns-registrations", "20 concurrent DNS registrations", modes: .from(.solo),
            estimate: 2,
            tags: ["knob:faults.drop_zone_changes_every"]
        ) { context in
            let calls = try await Calls(context)
            let zone = try context.zone
            let names = (1...count).map { context.unique("record-\($0)") }
            let addresses = (1...count).map { "198.51.100.\($0)" }
            await context.cleanup("remove \(count) records") {
                try await load(clients: count, count: count) { try await calls.unregister(names[$0]) }
            }
            try await context.step("\(count) clients register a name each, at once") {
                try await load(clients: count, count: count) { number in
                    try await calls.register(names[number], "A", addresses[number])
                }
            }
            try await context.step("the name server has every one of them") {
                let present = try await context.addressesOfZone()
                let wrong = (0..<count).filter { present["\(names[$0]).\(zone)"] != [addresses[$0]] }
                try expectEqual(wrong.map { names[$0] }, [], "the names without their address")
            }
            try await context.step("each is answered over UDP and TCP, to \(count) who ask at once") {
                let dns = try context.dns
                try await load(clients: count, count: count) { number in
                    for transport in DNSClient.Transport.allCases {
                        let found = try await dns.values("\(names[number]).\(zone)", .a, over: transport)
                        try expectEqual(found, [addresses[number]], "the addresses of \(names[number])")
                    }
                }
            }
            try await context.step("removed at once, none is left") {
                try await load(clients: count, count: count) { try await calls.unregister(names[$0]) }
                let present = try await context.addressesOfZone()
                try expectEqual(names.filter { present["\($0).\(zone)"] != nil }, [], "the names that are left")
            }
        }
    }

    static func workflowSubmissions(_ count: Int) -> DeclaredTest {
        test(
            "performance/concurrency/workflow-submissions", "5 concurrent workflow submissions", modes: .from(.solo),
            estimate: 6, tags: ["knob:faults.drop_zone_changes_every"]
        ) { context in
            let calls = try await Calls(context)
            let flows = (1...count).map { Flow(name: context.unique("flow-\($0)")) }
            let names = flows.flatMap { [$0.first, $0.second] }
            await context.cleanup("delete the servers of \(count) workflows") { try await context.removeServers(names) }
            let ids = try await context.step("\(count) clients submit a workflow each, at once") {
                try await load(clients: count, count: count) { number in
                    let data = try await calls.data(.post, calls.profile.batchPaths.execute, flows[number].body(calls))
                    return try require(data[calls.profile.batch.id]?.string, "the id in \(data)")
                }.map(\.value)
            }
            try expectEqual(Set(ids).count, count, "the number of different workflows")
            let ends = try await context.step("all of them complete") {
                try await load(clients: count, count: count) { try await ended(ids[$0], calls) }.map(\.value)
            }
            try await context.step("in each of them the second operation waited for the first") {
                for end in ends {
                    let operations = end[calls.profile.batch.operations]?.array ?? []
                    let first = operations.first { $0["id"] == "first" }?["completed_at"]?.string
                    let second = operations.first { $0["id"] == "second" }?["started_at"]?.string
                    let order = [
                        try require(first, "the end of the first"), try require(second, "the start of the second"),
                    ]
                    try expectEqual(order, order.sorted(), "the order of end and start")
                }
            }
            try await context.step("none waited for another one's end") {
                let most = Overlap.most(ends.map { ($0["started_at"]?.string ?? "", $0["completed_at"]?.string ?? "") })
                context.log.info("figures", ["workflows_at_once": "\(most)"])
                try expect(most >= 2, "at some moment two workflows run", actual: "at most \(most)")
            }
            try await context.step("every server of every workflow is real") {
                _ = try await context.expectServers(names)
            }
            try await context.step("deleted, nothing of them is left") {
                try await context.removeServers(names)
                try await context.expectGone(names)
            }
        }
    }

    /// A workflow of two servers, the second after the first.
    private struct Flow: Sendable {
        let name: String
        var first: String { "\(name)-a" }
        var second: String { "\(name)-b" }

        func body(_ calls: Calls) -> [String: JSONValue] {
            let fields = calls.profile.batch
            func operation(_ id: JSONValue, _ server: String, after needs: [JSONValue]) -> JSONValue {
                .object([
                    "id": id, fields.type: "create", fields.target: "server", fields.items: .array([.string(server)]),
                    fields.dependencies: .array(needs),
                ])
            }
            return [
                fields.workflow: .object([
                    "name": .string(name), "version": "1.0.0",
                    fields.operations: .array([
                        operation("first", first, after: []), operation("second", second, after: ["first"]),
                    ]),
                ])
            ]
        }
    }

    private static func ended(_ id: String, _ calls: Calls) async throws -> JSONValue {
        try await eventually("workflow \(id) completes", within: .seconds(90)) {
            let batch = try await calls.data(.get, filledPath(calls.profile.batchPaths.batch, id))
            let status = batch[calls.profile.batch.status]?.string?.lowercased()
            try expectEqual(
                status, calls.profile.spellings.taskCompleted.lowercased(), "the state of the workflow \(batch)")
            return batch
        }
    }
}

/// How much of what was done overlapped in time.
enum Overlap {
    /// The most intervals that have a moment in common. Times are RFC 3339 in UTC, which order like what they mean.
    static func most(_ intervals: [(begin: String, end: String)]) -> Int {
        intervals.map { one in intervals.count { $0.begin <= one.begin && one.begin < $0.end } }.max() ?? 0
    }
}

import FleetHTTP
import FleetModel
import FleetTestKit
import InterfaceProfile

extension Concurrency {
    static func throughput(rounds: Int) -> DeclaredTest {
        test(
            "performance/concurrency/throughput", "Throughput measurement", modes: .from(.solo), estimate: 5,
            tags: ["knob:faults.contention_seconds"]
        ) { context in
            let calls = try await Calls(context)
            let name = context.unique("throughput")
            var rates: (alone: [Double], together: [Double]) = ([], [])
            var ids: [String] = []
            for round in 1...rounds {
                // In turns, so that a slow moment of the machine meets both.
                for clients in [1, 8] {
                    let count = 20 * clients
                    let samples = try await context.step("round \(round): \(count) submissions of \(clients) clients") {
                        try await load(clients: clients, count: count) { _ in
                            try await calls.submit(
                                calls.profile.paths.createServers, calls.servers([name], checkMode: true))
                        }
                    }
                    let seconds = samples.map { $0.begin + $0.seconds }.max() ?? 0
                    if clients == 1 { rates.alone.append(Double(count) / seconds) }
                    if clients == 8 { rates.together.append(Double(count) / seconds) }
                    ids += samples.map(\.value)
                }
            }
            // The best round of each: others use the machine too, and take more of it in one moment than in the next.
            let (alone, together) = (rates.alone.max() ?? 0, rates.together.max() ?? 0)
            context.log.info(
                "figures",
                [
                    "submissions_per_s_1_client": Figures.text(alone),
                    "submissions_per_s_8_clients": Figures.text(together),
                ])
            try expectEqual(Set(ids).count, ids.count, "the number of different tasks")
            try await expectAllCompleted(ids, context)
            try expect(
                together >= alone / 2, "eight clients get at least half of what one alone gets, all together",
                actual: "\(Figures.text(together)) of \(Figures.text(alone)) submissions a second")
        }
    }

    /// Every submission that was answered is a task that ends well, once: none is lost, and the queue runs dry of them.
    private static func expectAllCompleted(_ ids: [String], _ context: TestContext) async throws {
        let orchestrator = try await context.platform
        try await context.step("all \(ids.count) tasks complete, none is lost") {
            try await eventually("the queue has done them", within: .seconds(60)) {
                var states: [String: [TaskState]] = [:]
                for task in try await orchestrator.allTasks() { states[task.id, default: []].append(task.state) }
                let wrong = ids.filter { states[$0] != [.completed] }
                try expect(
                    wrong.isEmpty, "each is listed once, completed", actual: "\(wrong.count): \(wrong.prefix(5))")
            }
        }
    }

    static func latency(_ count: Int) -> DeclaredTest {
        test(
            "performance/concurrency/latency", "Latency measurement", modes: .from(.solo), estimate: 3,
            tags: ["knob:faults.stall_every"]
        ) { context in
            let (calls, registry) = (try await Calls(context), try context.quietRegistry)
            let ids = try await context.step("submit four tasks to ask for") {
                try await load(clients: 4, count: 4) { _ in
                    let body = calls.servers([context.unique("latency")], wait: true, checkMode: true)
                    return try await calls.submit(calls.profile.paths.createServers, body)
                }.map(\.value)
            }
            // Another service of the same host is asked in between: what the machine does to it, it may do to us.
            let samples = try await context.step("four clients ask \(count) times, each for its own task") {
                try await load(clients: 4, count: count) { number in
                    let begin = ContinuousClock.now
                    try await registry.ping()
                    let control = Figures.seconds(.now - begin)
                    let id = ids[number % ids.count]
                    let task = try await calls.data(.get, filledPath(calls.profile.paths.task, id))
                    try expectEqual(task[calls.profile.fields.task.id]?.string, id, "the task that was asked for")
                    return control
                }
            }
            let ours = samples.map { $0.seconds - $0.value }
            let theirs = samples.map(\.value)
            let slow = Figures.quantile(0.9, of: ours)
            context.log.info(
                "figures",
                [
                    "p50_ms": Figures.text(1000 * Figures.median(ours)), "p90_ms": Figures.text(1000 * slow),
                    "p99_ms": Figures.text(1000 * Figures.quantile(0.99, of: ours)),
                    "other_service_p90_ms": Figures.text(1000 * Figures.quantile(0.9, of: theirs)),
                ])
            let usual = max(Figures.median(ours), Figures.quantile(0.9, of: theirs))
            try expect(
                slow <= 30 * usual, "nine of ten answers come within 30 times the usual time",
                actual: "\(Figures.text(slow)) s; usual are \(Figures.text(usual)) s")
        }
    }

    static func contention(_ count: Int) -> DeclaredTest {
        test(
            "performance/concurrency/resource-contention", "Resource contention handling", modes: .from(.solo),
            estimate: 3,
            tags: ["knob:faults.last_record_wins"]
        ) { context in
            try await raceForServer(count, context)
            try await raceForWorkspace(count, context)
            try await raceForRecords(count, context)
        }
    }

    /// One name, many who want a server of that name: one gets it.
    private static func raceForServer(_ count: Int, _ context: TestContext) async throws {
        let (orchestrator, calls) = (try await context.platform, try await Calls(context))
        let name = context.unique("wanted")
        await context.cleanup("delete server \(name)") { try await orchestrator.removeServer(name) }
        try await context.step("\(count) clients create a server of one name at once, and one of them gets it") {
            let ends = try await load(clients: count, count: count) { _ -> TaskState? in
                let answer = try await calls.ask(.post, calls.profile.paths.createServers, calls.servers([name]))
                guard answer.status != 409 else { return nil }
                try expect((200..<300).contains(answer.status), "it is taken or refused", actual: answer)
                return try await orchestrator.ended(try require(answer.data.string, "the id"), within: .seconds(60))
                    .state
            }.map(\.value)
            let words = ends.map { $0?.description ?? "refused" }.sorted()
            try expectEqual(words.count { $0 == "completed" }, 1, "how many got it, of \(words)")
            try expectEqual(words.count { $0 == "cancelled" }, 0, "how many were cancelled, of \(words)")
            _ = try await context.expectServers([name])
        }
    }

    private static func raceForWorkspace(_ count: Int, _ context: TestContext) async throws {
        let (orchestrator, calls) = (try await context.platform, try await Calls(context))
        let name = context.unique("wanted")
        await context.cleanup("delete workspace \(name)") { try await orchestrator.deleteWorkspace(name) }
        try await context.step("\(count) clients make a workspace of one name at once, and one of them gets it") {
            let statuses = try await load(clients: count, count: count) { _ in
                try await calls.ask(
                    .post, calls.profile.paths.workspaces, [calls.profile.fields.workspace.name: .string(name)]
                ).status
            }.map(\.value)
            try expectEqual(statuses.sorted(), [201] + Array(repeating: 409, count: count - 1), "the answers")
            let listed = try await orchestrator.workspaces().filter { $0.name == name }.count
            try expectEqual(listed, 1, "the number of workspaces of that name")
        }
    }

    /// One name, many who add a record to it: nobody's record is lost.
    private static func raceForRecords(_ count: Int, _ context: TestContext) async throws {
        let calls = try await Calls(context)
        let name = context.unique("shared")
        let values = (1...count).map { "198.51.100.\($0)" }
        await context.cleanup("remove the records of \(name)") { try await calls.unregister(name) }
        try await context.step("\(count) clients add an address to one name at once, and all of them are there") {
            try await load(clients: count, count: count) { try await calls.register(name, "A", values[$0]) }
            let found = try await context.dns.values("\(name).\(try context.zone)", .a)
            try expectEqual(Set(found), Set(values), "the addresses of the name")
        }
    }
}

extension TestContext {
    /// The OCI registry, without a line in the log for each request.
    var quietRegistry: RegistryClient {
        get throws { RegistryClient(web: WebClient(base: try endpoint("registry", "url"), log: TestLog { _ in })) }
    }
}

import FleetModel
import FleetTestKit
import InterfaceProfile

extension OrchestratorTests {
    static let taskSubmission = test(
        "services/orchestrator/task-submission", "Task submission", modes: .from(.solo), estimate: 3
    ) { context in
        let orchestrator = try await context.platform
        let (first, second) = (context.unique("one"), context.unique("two"))
        await context.cleanup("delete server \(first)") { try await orchestrator.removeServer(first) }
        await context.cleanup("delete server \(second)") { try await orchestrator.removeServer(second) }
        let ids = try await context.step("submit two tasks") {
            [try await orchestrator.createServers([first]), try await orchestrator.createServers([second])]
        }
        try await context.step("each is a task of its own, as it was submitted") {
            try expect(ids[0] != ids[1], "two submissions have two ids", actual: ids)
            for (id, name) in zip(ids, [first, second]) {
                let task = try await orchestrator.task(id)
                try expectEqual(task.id, id, "the id")
                try expectEqual(task.name, context.profile.spellings.serverTask, "the name of the task")
                try expectContains(task.arguments, name, "the arguments of the command")
                try expect(task.command?.isEmpty == false, "the task says its command", actual: task)
                try expectEqual(task.dependencies, [], "the dependencies")
            }
        }
        try await context.step("both are carried out: the names resolve, and SSH answers there") {
            for (id, name) in zip(ids, [first, second]) {
                try await orchestrator.completed(id)
                let server = try require(try await orchestrator.server(name), "the server \(name)")
                let address = try require(server.address, "its address")
                try await context.expectAddresses([address], of: "\(name).\(try context.zone)")
                let daemon = TCPClient(host: address, port: try require(server.sshPort, "its SSH port"))
                try expect(try await daemon.isListening(), "SSH listens at \(address)")
            }
        }
        try await context.step("what cannot be is refused, and leaves no task") {
            try await expectRefusals(context)
        }
    }

    /// Submissions with one fault each; the name in them is found in no task afterwards.
    private static func expectRefusals(_ context: TestContext) async throws {
        let orchestrator = try await context.platform
        let (paths, fields) = (context.profile.paths, context.profile.fields.submission)
        let name = context.unique("never")
        let good: [String: JSONValue] = [fields.servers: .array([.string(name)])]
        let faults: KeyValuePairs<String, [String: JSONValue]> = [
            "no servers": [fields.servers: .array([]), fields.settings: .string(name)],
            "a name twice": [fields.servers: .array([.string(name), .string(name)])],
            "a name that is none": [fields.servers: .array([.string("\(name)."), "-"])],
            "no list": [fields.servers: .string(name)],
            "no attempts": good.merging([fields.maximumAttempts: .integer(0)]) { $1 },
            "a dependency that is not there": good.merging([
                fields.dependencies: .array(["00000000-0000-4000-8000-000000000000"])
            ]) { $1 },
            "a provider that is not there": good.merging([fields.provider: "nobodys-cloud"]) { $1 },
            "a key that is none": good.merging([fields.authorizedKeys: .array(["no key"])]) { $1 },
        ]
        for (fault, body) in faults {
            let refusal = try await expectRefusal("a submission with \(fault)", statuses: 400...422) {
                _ = try await orchestrator.submit(paths.createServers, body)
            }
            try expect(!refusal.message.isEmpty, "the refusal of \(fault) says why")
        }
        try await expectRefusal("the removal of a server that is not there", statuses: 404...404) {
            _ = try await orchestrator.deleteServers([name])
        }
        let tasks = try await orchestrator.allTasks().filter { $0.arguments.contains { $0.hasPrefix(name) } }
        try expectEqual(tasks, [], "the tasks of refused submissions")
        try expectEqual(try await orchestrator.server(name), nil, "the server of refused submissions")
    }

    static let taskStatusQueries = test(
        "services/orchestrator/task-status-queries", "Task status queries", modes: .from(.solo), estimate: 3
    ) { context in
        let orchestrator = try await context.platform
        let name = context.unique("asked")
        var submitted: [String] = []
        for _ in 0..<5 {
            submitted.append(try await orchestrator.createServers([name], checkMode: true))
        }
        let ids = submitted
        for id in ids { try await orchestrator.completed(id) }
        try await context.step("pages of two, put together, are the whole list, each task once and in order") {
            let tasks = try await orchestrator.allTasks(page: 2)
            try expectEqual(Set(tasks.map(\.id)).count, tasks.count, "the number of different ids")
            try expectEqual(tasks.map(\.id).filter(ids.contains), ids, "our tasks in the list")
        }
        try await context.step("a state chooses the tasks that are in it, and no other") {
            let spellings = context.profile.spellings
            let completed = try await orchestrator.allTasks(status: spellings.taskCompleted)
            try expectEqual(completed.filter { $0.state != .completed }, [], "tasks in another state")
            try expectEqual(completed.map(\.id).filter(ids.contains), ids, "our completed tasks")
            let failed = try await orchestrator.allTasks(status: spellings.taskFailed)
            try expectEqual(failed.filter { ids.contains($0.id) }, [], "our tasks among the failed ones")
        }
        try await context.step("a task says the same in the list and by itself") {
            let listed = try await orchestrator.allTasks().first { $0.id == ids[2] }
            try expectEqual(listed, try await orchestrator.task(ids[2]), "the task in the list")
        }
        try await context.step("limits, offsets and states that are none are refused") {
            for query in ["limit=0", "limit=1001", "limit=many", "offset=-1", "status=Sleeping"] {
                let asked = Endpoint("GET", "\(context.profile.paths.tasks)?\(query)")
                try expectEqual(try await orchestrator.ask(asked).status, 400, "the status of \(asked)")
            }
            let most = try await orchestrator.tasks(limit: 1000)
            try expect(most.count >= ids.count, "a limit of 1000 is allowed", actual: most.count)
        }
        try await context.step("a task that is not there, and an id that is none") {
            try await expectRefusal("a task that was never submitted", statuses: 404...404) {
                _ = try await orchestrator.task("00000000-0000-4000-8000-000000000000")
            }
            try await expectRefusal("an id that is no UUID", statuses: 400...404) {
                _ = try await orchestrator.task("1")
            }
        }
    }

    static let taskCompletion = test(
        "services/orchestrator/task-completion", "Task completion", modes: .from(.solo), estimate: 3
    ) { context in
        let orchestrator = try await context.platform
        let name = context.unique("done")
        let identity = try await context.makeIdentity()
        await context.cleanup("delete server \(name)") { try await orchestrator.removeServer(name) }
        let id = try await context.step("submit a task, and wait in the call until it has ended") {
            var options = SubmissionOptions()
            options.waits = true
            return try await orchestrator.createServers(
                [name], authorizedKeys: [identity.publicKey], options: options)
        }
        try await context.step("it is completed by then, with output and times in order") {
            let task = try await orchestrator.task(id)
            try expectEqual(task.state, .completed, "the state when the call returns")
            try expect(task.output?.contains(name) == true, "the output names the server", actual: task.output)
            try expectEqual(task.error, nil, "the error of a completed task")
            let started = try require(task.startedAt, "the start time")
            let completed = try require(task.completedAt, "the end time")
            // RFC 3339 in UTC orders like the times themselves.
            let times = [task.createdAt, started, completed]
            try expectEqual(times, times.sorted(), "the order of creation, start and end")
        }
        try await context.step("its work is there: we can log in") {
            let bench = try await Workbench.find(name, identity, context)
            try expectEqual(try await bench.ssh.output(of: "echo in"), "in", "what the server says")
        }
        try await context.step("it has ended for good: no cancellation, and the same answer later") {
            let before = try await orchestrator.task(id)
            try await expectRefusal("the cancellation of an ended task", statuses: 409...409) {
                try await orchestrator.cancelTask(id)
            }
            try expectEqual(try await orchestrator.task(id), before, "the task afterwards")
        }
    }
}

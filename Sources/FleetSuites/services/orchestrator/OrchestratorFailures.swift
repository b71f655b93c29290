import FleetModel
import FleetTestKit
import InterfaceProfile

extension OrchestratorTests {
    static let failureHandling = test(
        "services/orchestrator/failure-handling", "Failure handling", modes: .from(.solo), estimate: 5
    ) { context in
        let orchestrator = try await context.platform
        let broken = JournalTaskserv(name: context.unique("broken"), behaviour: .fails(times: 100))
        let good = JournalTaskserv(name: context.unique("good"))
        for taskserv in [broken, good] { try await taskserv.push(context) }
        let bench = try await Workbench.make(context)
        let id = try await context.step("install what cannot be installed, and what waits for it") {
            try await orchestrator.taskserv(.install, broken.reference, on: [bench.name])
        }
        let dependent = try await orchestrator.taskserv(
            .install, good.reference, on: [bench.name], options: .after(id))
        try await context.step("the task fails with the words of the program") {
            let task = try await orchestrator.ended(id)
            try expectEqual(task.state, .failed, "the state")
            let error = try require(task.error, "the error")
            try expect(error.contains(JournalTaskserv.complaint), "the error has the program's words", actual: error)
            try expect(error.contains(bench.name), "the error names the server", actual: error)
            try expectEqual(task.attempts, 1, "the attempts of a task that asked for one")
        }
        try await context.step("what waited for it fails too, says why, and never began") {
            let task = try await orchestrator.ended(dependent)
            try expectEqual(task.state, .failed, "the state of the task that waited")
            try expect(task.error?.contains(id) == true, "its error names the task it waited for", actual: task.error)
            try expectEqual(task.startedAt, nil, "its start time")
        }
        try await context.step("nothing of it is left on the server, and the server works") {
            let installed = try require(try await orchestrator.server(bench.name), "the server").taskservs
            try expectEqual(installed, [], "the taskservs of the server")
            let files = try await bench.ssh.output(of: "find . -name '*\(broken.name)*'")
            try expectEqual(files, "", "the files of the failed taskserv")
            try expectEqual(
                try await bench.journal(), ["install \(broken.name)", "remove \(broken.name)"], "what was started there"
            )
            try await orchestrator.completed(
                try await orchestrator.taskserv(.install, good.reference, on: [bench.name]))
        }
        try await context.step("a server that fails half-way takes the others of its task along") {
            let fresh = context.unique("fresh")
            await context.cleanup("delete server \(fresh)") { try await orchestrator.removeServer(fresh) }
            try await expectRefusal("a name that is taken", statuses: 409...409) {
                _ = try await orchestrator.createServers([fresh, bench.name])
            }
            try expectEqual(try await orchestrator.server(fresh), nil, "the server beside the taken name")
        }
    }

    static let retryLogic = test(
        "services/orchestrator/retry-logic", "Retry logic", modes: .from(.solo), estimate: 8
    ) { context in
        let orchestrator = try await context.platform
        let moody = JournalTaskserv(name: context.unique("moody"), behaviour: .fails(times: 2))
        let stubborn = JournalTaskserv(name: context.unique("stubborn"), behaviour: .fails(times: 100))
        for taskserv in [moody, stubborn] { try await taskserv.push(context) }
        let bench = try await Workbench.make(context)
        let (third, twice) = try await context.step("install what succeeds the third time, and what never does") {
            (
                try await orchestrator.taskserv(.install, moody.reference, on: [bench.name], options: attempts(3)),
                try await orchestrator.taskserv(.install, stubborn.reference, on: [bench.name], options: attempts(2))
            )
        }
        try await context.step("between two attempts it waits: it is not tried again at once") {
            try await eventually("it waits for its next attempt", within: .seconds(20)) {
                let task = try await orchestrator.task(third)
                try expect(task.state == .pending && (task.attempts ?? 0) > 0, "it was tried, and waits", actual: task)
            }
        }
        try await context.step("three attempts complete the first") {
            let task = try await orchestrator.completed(third)
            try expectEqual(task.attempts, 3, "the attempts")
            try expectEqual(task.error, nil, "the error of a task that was completed in the end")
        }
        try await context.step("two attempts, no more and no less, fail the second") {
            let task = try await orchestrator.ended(twice)
            try expectEqual(task.state, .failed, "the state")
            try expectEqual(task.attempts, 2, "the attempts")
        }
        try await context.step("the server saw exactly these attempts") {
            let lines = try await bench.journal()
            try expectEqual(lines.count { $0 == "install \(moody.name)" }, 3, "the starts of \(moody.name)")
            try expectEqual(lines.count { $0 == "install \(stubborn.name)" }, 2, "the starts of \(stubborn.name)")
            let installed = try require(try await orchestrator.server(bench.name), "the server").taskservs.map(\.name)
            try expectEqual(installed, [moody.name], "the taskservs of the server")
        }
        try await context.step("the pauses grow: a task that failed is not tried again at once") {
            let task = try await orchestrator.task(third)
            // The start is that of the last attempt; two pauses, the second longer, lie between creation and it.
            let events = [task.createdAt, try require(task.startedAt, "the start of the last attempt")]
            try expect(
                try seconds(from: events[0], to: events[1]) >= 0.5, "pauses lie between attempts", actual: events)
        }
        try await context.step("a task that waits for its next attempt can be cancelled, and is not tried again") {
            try await expectCancelledRetry(stubborn, bench, context)
        }
    }

    private static func attempts(_ number: Int) -> SubmissionOptions {
        var options = SubmissionOptions()
        options.maximumAttempts = number
        return options
    }

    private static func expectCancelledRetry(
        _ taskserv: JournalTaskserv, _ bench: Workbench, _ context: TestContext
    ) async throws {
        let orchestrator = try await context.platform
        let before = try await bench.installations(of: taskserv)
        let id = try await orchestrator.taskserv(.install, taskserv.reference, on: [bench.name], options: attempts(10))
        try await bench.waitForInstallations(before + 1, of: taskserv)
        try await orchestrator.cancelTask(id)
        let task = try await orchestrator.ended(id)
        try expectEqual(task.state, .cancelled, "the state")
        let made = try require(task.attempts, "the attempts")
        try expect(made < 10, "it was not tried to the end", actual: made)
        // The cancellation can come between the start of an attempt and its program.
        let seen = try await bench.installations(of: taskserv) - before
        try expect((made - 1...made).contains(seen), "the server saw \(made) starts, or one less", actual: seen)
    }

    /// Seconds between two times of RFC 3339 in UTC of the same day, or of two days that follow each other.
    private static func seconds(from first: String, to second: String) throws -> Double {
        func time(_ text: String) throws -> Double {
            let parts =
                text.split(separator: "T").last?.dropLast().split(separator: ":").compactMap { Double($0) } ?? []
            try expect(parts.count == 3, "a time as RFC 3339 has it, in UTC", actual: text)
            return parts[0] * 3600 + parts[1] * 60 + parts[2]
        }
        let difference = try time(second) - time(first)
        return difference < 0 ? difference + 86_400 : difference
    }
}

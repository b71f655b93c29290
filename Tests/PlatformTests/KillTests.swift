import FleetSystem
import FleetTestSupport
import Foundation
import InterfaceProfile
import Testing

/// Tasks of many clients while the orchestrator is killed again and again: every task ends exactly once.
///
/// Each task makes a server, and so registers a name; the DNS server, which nobody kills, has written down every change.
@Suite(.serialized, .enabled(if: TestPlatform.canRun, "needs knot, docker-registry and openssh-server"))
struct KillTests {
    /// The quick form; the whole one is `make platform-kills`.
    private static let isWhole = ProcessInfo.processInfo.environment["FLEET_PLATFORM_KILLS"] == "whole"
    private static let clients = isWhole ? 50 : 10
    private static let tasksEach = isWhole ? 20 : 12
    private static let kills = isWhole ? 10 : 4
    private static let settings = #"""
        {"width":16,"providers":{"aws":{"latency_seconds":0.03,"capacity":5000}}}
        """#
    private let paths = InterfaceProfile.standard.paths

    @Test(.timeLimit(.minutes(10))) func everyTaskEndsExactlyOnce() async throws {
        try await TestPlatform.with(settings: Self.settings) { first in
            let current = Locked(first)
            let book = Book()
            // Awaited below; ends when every client has its tasks, or with the time limit of the clients.
            async let killing: Void = killAgainAndAgain(current, book)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in 0..<Self.clients { group.addTask { try await submit(client, current, book) } }
                try await group.waitForAll()
            }
            try await killing
            let last = current.withLock { $0 }
            do { try await check(last, book) } catch {
                await last.service.end()
                throw TestServiceError("\(error)\n--- last log:\n\(last.service.log.suffix(3000))")
            }
            await last.service.end()
        }
    }

    /// Every state that a client was shown.
    private actor Book {
        private(set) var acknowledged: [String] = []
        private(set) var finals: [String: JSON] = [:]

        func acknowledge(_ id: String) { acknowledged.append(id) }

        /// Notes ended tasks. Returns those that were shown with another end before.
        func see(_ tasks: [JSON]) -> [JSON] {
            tasks.filter { task in
                guard let id = task["id"].string, let end = task["completed_at"].string, !end.isEmpty else {
                    return false
                }
                defer { finals[id] = task }
                return finals[id].map { $0 != task } ?? false
            }
        }
    }

    private func submit(_ client: Int, _ current: Locked<TestPlatform>, _ book: Book) async throws {
        for number in 0..<Self.tasksEach {
            let tries = Locked(0)
            let isDone = await Waiting.until(within: .seconds(120), every: .milliseconds(20)) {
                let platform = current.withLock { $0 }
                // Who gets no answer does not know whether there is a task; he submits another one.
                let attempt = tries.withLock { tries in
                    tries += 1
                    return tries
                }
                let body = #"{"servers":["c\#(client)-\#(number)-\#(attempt)"],"provider":"aws"}"#
                let answer = try? await platform.send("POST", paths.createServers, body)
                guard let id = answer?.json["data"].string else { return false }
                await book.acknowledge(id)
                return true
            }
            guard isDone else { throw TestServiceError("client \(client) got no answer for 120 s") }
        }
    }

    /// Kills while tasks are submitted, and while what was submitted is done.
    private func killAgainAndAgain(_ current: Locked<TestPlatform>, _ book: Book) async throws {
        for number in 1...Self.kills {
            let goal = number * 2 * Self.clients * Self.tasksEach / (Self.kills + 1)
            let platform = current.withLock { $0 }
            let isTime = await Waiting.until(within: .seconds(120), every: .milliseconds(10)) {
                let counts = try? await platform.get(paths.queue).json["data"]["counts"]
                return await book.acknowledged.count + (counts?["Completed"].int ?? 0) >= goal
            }
            #expect(isTime)
            let listed = try await platform.get("\(paths.tasks)?limit=1000&status=Completed").json["data"].items
            #expect(await book.see(listed).isEmpty)
            _ = try await Program.run("/bin/kill", ["-9", "\(platform.service.processID)"])
            await platform.service.end()
            let next = try await platform.restarted()
            current.withLock { $0 = next }
        }
    }

    private func check(_ platform: TestPlatform, _ book: Book) async throws {
        let isDrained = await Waiting.until(within: .seconds(120), every: .milliseconds(50)) {
            let counts = try? await platform.get(paths.queue).json["data"]["counts"]
            return counts?["Pending"].int == 0 && counts?["Running"].int == 0
        }
        #expect(isDrained)
        var all: [JSON] = []
        while true {
            let page = try await platform.get("\(paths.tasks)?limit=1000&offset=\(all.count)").json["data"].items
            guard !page.isEmpty else { break }
            all += page
        }
        #expect(await book.see(all).isEmpty, "a task was shown with two ends")
        let ids = all.compactMap { $0["id"].string }
        let acknowledged = await book.acknowledged
        #expect(acknowledged.count == Self.clients * Self.tasksEach && Set(acknowledged).count == acknowledged.count)
        #expect(Set(ids).isSuperset(of: acknowledged) && Set(ids).count == ids.count)
        // Only a task that ran in three killed orchestrators may have failed.
        let ended = all.filter { task in
            task["status"].string == "Completed"
                || task["status"].string == "Failed"
                    && task["error"].string?.contains("times while this task ran") == true
        }
        #expect(ended.count == all.count, "\(all.filter { !ended.contains($0) }.prefix(3))")
        try await checkEffects(of: all, platform.knot)
    }

    /// A completed task has made exactly one server with one name, another one none; and nothing was made more often than
    /// the task was begun.
    private func checkEffects(of tasks: [JSON], _ witness: KnotServer) async throws {
        let zone = try await witness.addresses().filter { $0.key != "ns.\(witness.zone)" }
        let completed = tasks.filter { $0["status"].string == "Completed" }.map { name($0, witness.zone) }
        #expect(Set(zone.keys) == Set(completed) && Set(completed).count == completed.count)
        let addresses = zone.values.flatMap(\.self)
        #expect(addresses.count == zone.count && Set(addresses).count == addresses.count)

        let history = Dictionary(grouping: try await witness.history(), by: \.name)
        var interrupted = 0
        for task in tasks {
            let changes = history[name(task, witness.zone)] ?? []
            let attempts = task["attempts"].int ?? 0
            let additions = changes.count(where: \.isAddition)
            let remaining = task["status"].string == "Completed" ? 1 : 0
            #expect(additions - changes.count(where: { !$0.isAddition }) == remaining, "\(task): \(changes)")
            #expect(additions <= attempts, "\(task): \(changes)")
            interrupted += attempts > 1 ? 1 : 0
        }
        // Without a task that a kill cut short, this would have proved nothing.
        #expect(interrupted > 0)
        let words =
            "\(tasks.count) tasks, \(Self.kills) kills: \(completed.count) completed, \(interrupted) begun again\n"
        FileHandle.standardOutput.write(Data(words.utf8))
    }

    private func name(_ task: JSON, _ zone: String) -> String { "\(task["args"].items.last?.string ?? "none").\(zone)" }
}

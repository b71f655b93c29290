import FleetSystem
import FleetTestSupport
import Foundation
import InterfaceProfile
import Testing

/// A thousand tasks of fifty clients while the orchestrator is killed ten times: every task ends exactly once.
@Suite(.serialized, .enabled(if: TestPlatform.canRun, "needs knot, docker-registry and openssh-server"))
struct KillTests {
    private static let clients = 50
    private static let tasksEach = 20
    private static let kills = 10
    private let paths = InterfaceProfile.standard.paths

    @Test(.timeLimit(.minutes(5))) func thousandTasksSurviveTenKills() async throws {
        try await TestPlatform.with { first in
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
            let body = #"{"servers":["c\#(client)-\#(number)"],"check_mode":true}"#
            // Who gets no answer does not know whether there is a task; he submits again.
            let isDone = await Waiting.until(within: .seconds(60), every: .milliseconds(20)) {
                let platform = current.withLock { $0 }
                let answer = try? await platform.send("POST", paths.createServers, body)
                guard let id = answer?.json["data"].string else { return false }
                await book.acknowledge(id)
                return true
            }
            guard isDone else { throw TestServiceError("client \(client) got no answer for 60 s") }
        }
    }

    private func killAgainAndAgain(_ current: Locked<TestPlatform>, _ book: Book) async throws {
        for number in 1...Self.kills {
            let goal = number * Self.clients * Self.tasksEach / (Self.kills + 1)
            _ = await Waiting.until(within: .seconds(30)) { await book.acknowledged.count >= goal }
            let platform = current.withLock { $0 }
            let listed = try await platform.get("\(paths.tasks)?limit=1000&status=Completed").json["data"].items
            #expect(await book.see(listed).isEmpty)
            _ = try await Program.run("/bin/kill", ["-9", "\(platform.service.processID)"])
            await platform.service.end()
            let next = try await platform.restarted()
            current.withLock { $0 = next }
        }
    }

    private func check(_ platform: TestPlatform, _ book: Book) async throws {
        let isDrained = await Waiting.until(within: .seconds(60), every: .milliseconds(50)) {
            let open = try? await platform.get("\(paths.tasks)?limit=1000&status=Pending").json["data"].items
            let running = try? await platform.get("\(paths.tasks)?limit=1000&status=Running").json["data"].items
            return open?.isEmpty == true && running?.isEmpty == true
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
        let unfinished = all.filter { !["Completed", "Failed"].contains($0["status"].string ?? "") }
        #expect(unfinished.isEmpty, "\(unfinished.prefix(3))")
        // Only a task that ran in three killed orchestrators may have failed.
        let failed = all.filter { $0["status"].string == "Failed" }
        #expect(failed.allSatisfy { $0["error"].string?.contains("times while this task ran") == true }, "\(failed)")
    }
}

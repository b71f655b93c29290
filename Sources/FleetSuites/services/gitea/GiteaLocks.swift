import FleetHTTP
import FleetModel
import FleetTestKit

extension GiteaTests {
    static let lockAcquire = test(
        "services/gitea/lock-acquire", "Distributed locking (acquire)", modes: .from(.multiuser), estimate: 4
    ) { context in
        let repository = try await context.step("a repository for locks") { try await context.makeRepository("locks") }
        let locks = try await WorkspaceLocks(try context.gitea, in: repository, context.profile)
        let workspace = context.unique("workspace")
        try await context.step("nobody holds the lock") {
            try expectEqual(try await locks.holder(of: workspace), nil, "the holder")
        }
        let held = try await context.step("of ten who want it at once, one gets it") {
            let winners = try await withThrowingTaskGroup(of: WorkspaceLocks.Lock?.self) { group in
                for index in 1...10 { group.addTask { try await locks.acquire(workspace, by: "user-\(index)") } }
                var winners: [WorkspaceLocks.Lock] = []
                for try await lock in group { if let lock { winners.append(lock) } }
                return winners
            }
            try expectEqual(winners.count, 1, "the number of those who hold the lock")
            return try require(winners.first, "the holder")
        }
        try await context.step("everybody sees the same holder, and nobody else waits") {
            try expectEqual(try await locks.holder(of: workspace), held, "the holder")
            try expectEqual(try await locks.wishes(for: workspace), [held], "the open issues")
        }
        try await context.step("the issues have ten different numbers") {
            let issues = try await context.gitea.ask(.get, "/repos/\(repository)/issues?state=all&limit=50").array ?? []
            let numbers = issues.compactMap { $0["number"]?.integer }.sorted()
            try expectEqual(numbers, Array(1...10), "the numbers of all issues")
        }
        try await context.step("who comes later does not get it, and the lock of another workspace is free") {
            try expectEqual(try await locks.acquire(workspace, by: "late"), nil, "the lock of who comes later")
            let other = try await locks.acquire(context.unique("other"), by: "late")
            try expect(other != nil, "the lock of the other workspace is given")
            try expectEqual(try await locks.holder(of: workspace), held, "the holder of the first")
        }
        try await context.step("who may not write in the repository gets no lock") {
            let reader = try await context.makeGiteaUser("reader")
            let theirs = locks.acting(as: try context.gitea(as: reader))
            try await expectRefusal("a lock for a stranger") {
                _ = try await theirs.acquire(context.unique("free"), by: reader.name)
            }
        }
    }

    static let lockRelease = test(
        "services/gitea/lock-release", "Distributed locking (release)", modes: .from(.multiuser), estimate: 3
    ) { context in
        let gitea = try context.gitea
        let repository = try await context.step("a repository for locks") { try await context.makeRepository("locks") }
        let locks = try await WorkspaceLocks(gitea, in: repository, context.profile)
        let workspace = context.unique("workspace")
        let first = try await context.step("take the lock") {
            try require(try await locks.acquire(workspace, by: "first"), "the lock")
        }
        try await context.step("released, nobody holds it") {
            try expectEqual(try await locks.acquire(workspace, by: "second"), nil, "the lock while it is held")
            try await locks.release(first)
            try expectEqual(try await locks.holder(of: workspace), nil, "the holder")
        }
        try await context.step("its issue is closed, and remembered") {
            let issue = try await gitea.ask(.get, "/repos/\(repository)/issues/\(first.number)")
            try expectEqual(issue["state"]?.string, "closed", "the state of the issue")
            try expect(issue["closed_at"]?.string != nil, "it says when it was closed", actual: issue)
        }
        try await context.step("the next one gets it") {
            let second = try require(try await locks.acquire(workspace, by: "second"), "the lock")
            try expect(second.number > first.number, "it is another issue", actual: second.number)
            try expectEqual(try await locks.holder(of: workspace)?.user, "second", "the holder")
            try await locks.release(second)
        }
        try await context.step("ten who come and go hold it one after the other") {
            let overlaps = try await withThrowingTaskGroup(of: Int.self) { group in
                for index in 1...10 {
                    group.addTask {
                        try await eventually("user \(index) gets the lock", within: .seconds(60)) {
                            let lock = try require(
                                try await locks.acquire(workspace, by: "turn-\(index)"), "the lock for \(index)")
                            let others = try await locks.wishes(for: workspace).filter { $0.number < lock.number }
                            try await locks.release(lock)
                            return others.count
                        }
                    }
                }
                return try await group.reduce(0, +)
            }
            try expectEqual(overlaps, 0, "how often somebody else held the lock at the same time")
            try expectEqual(try await locks.wishes(for: workspace), [], "the open issues at the end")
        }
    }
}

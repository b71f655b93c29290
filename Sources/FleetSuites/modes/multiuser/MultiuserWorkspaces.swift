import FleetHTTP
import FleetModel
import FleetSystem
import FleetTestKit

extension Multiuser {
    static let workspaceCollaboration = test(
        "modes/multiuser/workspace-collaboration", "Workspace collaboration (clone, push, pull)",
        modes: [.multiuser], estimate: 6
    ) { context in
        let gitea = try context.gitea
        let repository = try await context.step("a workspace as a repository") {
            try await context.makeRepository("shared")
        }
        let (anna, ben) = (try await context.makeGiteaUser("anna"), try await context.makeGiteaUser("ben"))
        try await context.step("who is no collaborator cannot even clone it") {
            let attempt = try await context.tryToClone(repository, user: anna.name, password: "not-the-password")
            try expect(!attempt.status.isSuccess, "git fails with a wrong password", actual: attempt.output)
            let reached = try await context.gitea(as: anna).status(.get, "/repos/\(repository)")
            try expectEqual(reached, 404, "the status for a stranger")
        }
        for user in [anna, ben] {
            try await gitea.ask(
                .put, "/repos/\(repository)/collaborators/\(user.name)", .object(["permission": "write"]))
        }
        let hers = try await context.step("one of them clones it, adds a server, and pushes") {
            let hers = try await context.clone(repository, as: anna)
            try hers.write("infra/servers.ncl", Array("{ servers = [\"web\"] }\n".utf8))
            let commit = try await hers.commit("Add a server")
            try await hers.output("push", "--quiet", "origin", "HEAD")
            try expectEqual(try await gitea.head(of: repository), commit, "the newest commit in Gitea")
            return hers
        }
        let his = try await context.step("the other one clones it and sees the same, then both change something") {
            let his = try await context.clone(repository, as: ben)
            try expectEqual(try await his.head(), try await hers.head(), "the commit of the clone")
            let text = try his.read("infra/servers.ncl").map { String(decoding: $0, as: UTF8.self) }
            try expectEqual(text, "{ servers = [\"web\"] }\n", "the file in the clone")
            try his.write("infra/networks.ncl", Array("{ networks = [] }\n".utf8))
            try await his.commit("Add networks")
            try await his.output("push", "--quiet", "origin", "HEAD")
            try hers.write("infra/clusters.ncl", Array("{ clusters = [] }\n".utf8))
            try await hers.commit("Add clusters")
            return his
        }
        try await context.step("a push of what is behind is refused, and loses nothing") {
            let late = try await hers.run(["push", "--quiet", "origin", "HEAD"])
            try expect(!late.status.isSuccess, "git refuses the push", actual: late.output)
            try expectEqual(try await gitea.head(of: repository), try await his.head(), "the newest commit in Gitea")
        }
        try await context.step("after a pull it is taken, and both have everything") {
            try await hers.output("pull", "--quiet", "--rebase", "origin", "main")
            try await hers.output("push", "--quiet", "origin", "HEAD")
            try await his.output("pull", "--quiet", "--rebase", "origin", "main")
            try expectEqual(try await his.head(), try await hers.head(), "the commits of both")
            for name in ["infra/servers.ncl", "infra/networks.ncl", "infra/clusters.ncl"] {
                let one = try require(try his.read(name), "\(name) in his clone")
                try expectEqual(try hers.read(name), one, "\(name) in her clone")
                try expectEqual(try await gitea.file(name, of: repository), one, "\(name) in Gitea")
            }
        }
    }

    static let distributedLocking = test(
        "modes/multiuser/distributed-locking", "Distributed locking via Gitea issues", modes: [.multiuser],
        estimate: 5
    ) { context in
        let repository = try await context.makeRepository("locks")
        let locks = try await WorkspaceLocks(try context.gitea, in: repository, context.profile)
        let workspace = context.unique("workspace")
        let people = try await context.step("three people who may write there") {
            var people: [(name: String, locks: WorkspaceLocks)] = []
            for index in 0..<3 {
                let user = try await context.makeGiteaUser("racer\(index)")
                try await context.gitea.ask(
                    .put, "/repos/\(repository)/collaborators/\(user.name)", .object(["permission": "write"]))
                people.append((user.name, locks.acting(as: try context.gitea(as: user))))
            }
            return people
        }
        let held = try await context.step("all want the workspace at once, one gets it") {
            let winners = try await withThrowingTaskGroup(of: WorkspaceLocks.Lock?.self) { group in
                for person in people {
                    group.addTask { try await person.locks.acquire(workspace, by: person.name) }
                }
                return try await group.reduce(into: [WorkspaceLocks.Lock]()) { list, lock in
                    if let lock { list.append(lock) }
                }
            }
            try expectEqual(winners.count, 1, "the number of those who hold the lock")
            return try require(winners.first, "the holder")
        }
        try await context.step("everybody sees who holds it, and gets nothing before it is given back") {
            for person in people {
                try expectEqual(try await person.locks.holder(of: workspace)?.user, held.user, "the holder")
                try expectEqual(try await person.locks.acquire(workspace, by: person.name), nil, "a second lock")
            }
        }
        try await context.step("given back, the next one gets it") {
            let holder = try require(people.first { $0.name == held.user }, "the holder among the people")
            try await holder.locks.release(held)
            let next = try require(people.first { $0.name != held.user }, "another one")
            let lock = try require(try await next.locks.acquire(workspace, by: next.name), "the lock")
            try expectEqual(try await locks.holder(of: workspace)?.user, next.name, "the holder now")
            try await next.locks.release(lock)
            try expectEqual(try await locks.holder(of: workspace), nil, "the holder at the end")
        }
    }
}

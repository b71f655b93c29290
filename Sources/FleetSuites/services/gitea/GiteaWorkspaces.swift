import FleetHTTP
import FleetModel
import FleetTestKit

extension GiteaTests {
    static let workspaceClone = test(
        "services/gitea/workspace-clone", "Workspace git clone", modes: .from(.multiuser), estimate: 2
    ) { context in
        let gitea = try context.gitea
        let repository = try await context.step("make a private repository with a file") {
            let repository = try await context.makeRepository("clone")
            let body: JSONValue = .object(["content": "c2VydmVycyA9IFtdCg==", "message": "a file", "branch": "main"])
            try await gitea.ask(.post, "/repos/\(repository)/contents/infra/servers.ncl", body)
            return repository
        }
        let clone = try await context.step("clone it") { try await context.clone(repository) }
        try await context.step("the clone has the file, and the commit that the API names") {
            let content = try clone.read("infra/servers.ncl")
            try expectEqual(content, Array("servers = []\n".utf8), "the content of the file")
            try expectEqual(try await clone.head(), try await gitea.head(of: repository), "the newest commit")
            try expectEqual(try await clone.output("fsck", "--strict"), "", "what git finds wrong with it")
        }
        try await context.step("two who clone get the same") {
            let other = try await context.clone(repository)
            try expectEqual(
                try await other.output("rev-parse", "HEAD^{tree}"), try await clone.output("rev-parse", "HEAD^{tree}"),
                "the tree")
        }
        try await context.step("neither nobody, nor a stranger, nor a wrong password clones it") {
            let stranger = try await context.makeGiteaUser("stranger")
            for (user, password) in [(nil, ""), (try context.giteaOwner, context.unique("wrong"))] {
                let result = try await context.tryToClone(repository, user: user, password: password)
                try expect(!result.succeeded, "\(user ?? "nobody") cannot clone", actual: result.output)
            }
            do {
                _ = try await context.clone(repository, as: stranger)
            } catch is AssertionFailure {
                return
            }
            try expect(false, "a stranger cannot clone", actual: "he cloned it")
        }
    }

    static let workspacePush = test(
        "services/gitea/workspace-push", "Workspace git push", modes: .from(.multiuser), estimate: 3
    ) { context in
        let gitea = try context.gitea
        let repository = try await context.step("make a repository and clone it twice") {
            try await context.makeRepository("push")
        }
        let (first, second) = (try await context.clone(repository), try await context.clone(repository))
        let large = (0..<2 << 20).map { _ in UInt8.random(in: .min ... .max) }
        let pushed = try await context.step("commit and push a text and two megabytes") {
            try first.write("config/workspace.ncl", Array("{ name = \"push\" }\n".utf8))
            try first.write("large.bin", large)
            let commit = try await first.commit("From the first clone")
            try await first.output("push", "--quiet")
            return commit
        }
        try await context.step("Gitea has the commit, byte for byte") {
            try expectEqual(try await gitea.head(of: repository), pushed, "the newest commit")
            let text = try await gitea.file("config/workspace.ncl", of: repository)
            try expectEqual(text, Array("{ name = \"push\" }\n".utf8), "the text")
            let content = try await gitea.file("large.bin", of: repository)
            try expect(content == large, "the large file is what was pushed", actual: "\(content?.count ?? 0) bytes")
        }
        try await context.step("who has not seen it cannot push over it") {
            try second.write("config/workspace.ncl", Array("{ name = \"other\" }\n".utf8))
            try await second.commit("From the second clone")
            let result = try await second.run(["push", "--quiet"])
            try expect(!result.succeeded, "the push is rejected", actual: result.errorOutput)
            try expectEqual(try await gitea.head(of: repository), pushed, "the newest commit")
        }
        try await context.step("a branch of his own he can push") {
            try await second.output("push", "--quiet", "origin", "HEAD:refs/heads/proposal")
            let branch = try await gitea.ask(.get, "/repos/\(repository)/branches/proposal")
            let commit = branch["commit"]?["id"]?.string
            try expectEqual(commit, try await second.head(), "the commit of the branch")
        }
        try await context.step("a collaborator who may read clones, and cannot push") {
            let reader = try await context.makeGiteaUser("reader")
            let path = "/repos/\(repository)/collaborators/\(reader.name)"
            try await gitea.ask(.put, path, .object(["permission": "read"]))
            let clone = try await context.clone(repository, as: reader)
            try clone.write("mine.txt", [65])
            try await clone.commit("From somebody who may not")
            let result = try await clone.run(["push", "--quiet"])
            try expect(!result.succeeded, "the push is refused", actual: result.errorOutput)
            try expectEqual(try await gitea.head(of: repository), pushed, "the newest commit")
            try await gitea.ask(.put, path, .object(["permission": "write"]))
            try await clone.output("push", "--quiet")
            try expectEqual(try await gitea.head(of: repository), try await clone.head(), "the newest commit")
        }
    }

    static let workspacePull = test(
        "services/gitea/workspace-pull", "Workspace git pull", modes: .from(.multiuser), estimate: 3
    ) { context in
        let gitea = try context.gitea
        let repository = try await context.step("make a repository and clone it twice") {
            try await context.makeRepository("pull")
        }
        let (writer, reader) = (try await context.clone(repository), try await context.clone(repository))
        try await context.step("what one pushes, the other pulls") {
            try writer.write("infra/servers.ncl", Array("[1]\n".utf8))
            let commit = try await writer.commit("One server")
            try await writer.output("push", "--quiet")
            try expect(try await reader.head() != commit, "the other does not have it yet")
            try await reader.output("pull", "--quiet", "--ff-only")
            try expectEqual(try await reader.head(), commit, "the newest commit")
            try expectEqual(try reader.read("infra/servers.ncl"), Array("[1]\n".utf8), "the file")
        }
        try await context.step("what the API changes is pulled too, and what is removed goes") {
            let body: JSONValue = .object(["content": "eA==", "message": "by the API", "branch": "main"])
            try await gitea.ask(.post, "/repos/\(repository)/contents/api.txt", body)
            try await writer.output("pull", "--quiet", "--rebase")
            try await writer.output("rm", "--quiet", "infra/servers.ncl")
            try await writer.commit("No server")
            try await writer.output("push", "--quiet")
            try await reader.output("pull", "--quiet", "--ff-only")
            try expectEqual(try reader.read("api.txt"), [UInt8(ascii: "x")], "the file of the API")
            try expectEqual(try reader.read("infra/servers.ncl"), nil, "the file that was removed")
        }
        try await context.step("changes of both to different files come together") {
            try writer.write("a.txt", [65])
            try await writer.commit("A")
            try await writer.output("push", "--quiet")
            try reader.write("b.txt", [66])
            try await reader.commit("B")
            try await reader.output("pull", "--quiet", "--rebase")
            try await reader.output("push", "--quiet")
            try expectEqual(try await gitea.file("a.txt", of: repository), [65], "the file of the first")
            try expectEqual(try await gitea.file("b.txt", of: repository), [66], "the file of the second")
        }
        try await context.step("changes of both to the same line are a conflict, and nothing is lost") {
            try await writer.output("pull", "--quiet", "--rebase")
            try writer.write("a.txt", Array("writer\n".utf8))
            let kept = try await writer.commit("The writer's")
            try await writer.output("push", "--quiet")
            try reader.write("a.txt", Array("reader\n".utf8))
            try await reader.commit("The reader's")
            let result = try await reader.run(["pull", "--quiet", "--rebase"])
            try expect(!result.succeeded, "git says that there is a conflict", actual: result.output)
            try expectEqual(try await gitea.head(of: repository), kept, "the newest commit")
        }
    }
}

import FleetHTTP
import FleetModel
import FleetTestKit

extension GiteaTests {
    static let webhooks = test(
        "services/gitea/webhooks", "Gitea webhooks", modes: .from(.multiuser), estimate: 3
    ) { context in
        guard context.isHere("gitea") else { try skip("Gitea runs elsewhere and cannot call this process back") }
        let gitea = try context.gitea
        let repository = try await context.step("make a repository") { try await context.makeRepository("hooks") }
        let listener = try HookListener()
        await context.cleanup("stop listening") { listener.stop() }
        let secret = context.unique("secret")
        let hook = try await context.step("make a hook for pushes, and one for issues") {
            try await makeHook("issues", "/issues", secret, listener, repository, context)
            return try await makeHook("push", "/push", secret, listener, repository, context)
        }
        let clone = try await context.clone(repository)
        try clone.write("a.txt", [65])
        let commit = try await clone.commit("Something to tell")
        try await context.step("a push is told once, of that commit") {
            try await clone.output("push", "--quiet")
            let request = try await eventually("the push is told") {
                try require(listener.requests.first { $0.path == "/push" }, "a request at /push")
            }
            try expectEqual(request.headers["x-gitea-event"], "push", "the field X-Gitea-Event")
            try expect(!(request.headers["x-gitea-delivery"] ?? "").isEmpty, "the delivery has an id")
            let body = try require(JSONValue(bytes: request.body), "JSON in the body")
            try expectEqual(body["after"]?.string, commit, "the commit")
            try expectEqual(body["ref"]?.string, "refs/heads/main", "the branch")
            try expectEqual(body["repository"]?["full_name"]?.string, repository, "the repository")
        }
        try await context.step("it is signed with the secret") {
            let request = try require(listener.requests.first { $0.path == "/push" }, "the request")
            let expected = Signature.hex(of: request.body, key: secret)
            try expectEqual(request.headers["x-gitea-signature"], expected, "the field X-Gitea-Signature")
        }
        try await context.step("an issue is told to the other hook alone") {
            let number = try await gitea.createIssue("Something happened", in: repository)
            let request = try await eventually("the issue is told") {
                try require(listener.requests.first { $0.path == "/issues" }, "a request at /issues")
            }
            let body = try require(JSONValue(bytes: request.body), "JSON in the body")
            try expectEqual(body["action"]?.string, "opened", "the action")
            try expectEqual(body["issue"]?["number"]?.integer, number, "the number of the issue")
            let pushes = listener.requests.filter { $0.path == "/push" }
            try expectEqual(pushes.map { $0.headers["x-gitea-event"] }, ["push"], "what the hook for pushes heard")
        }
        try await context.step("a hook that is switched off, or removed, hears nothing") {
            try await gitea.ask(.patch, "/repos/\(repository)/hooks/\(hook)", .object(["active": false]))
            try clone.write("b.txt", [66])
            try await clone.commit("Not to be told")
            try await clone.output("push", "--quiet")
            try await gitea.ask(.patch, "/repos/\(repository)/hooks/\(hook)", .object(["active": true]))
            try clone.write("c.txt", [67])
            let told = try await clone.commit("To be told")
            try await clone.output("push", "--quiet")
            // The third push is told after the second would have been, so nothing has to be waited out.
            try await eventually("the third push is told") {
                let heard = listener.requests.filter { $0.path == "/push" }
                    .compactMap { JSONValue(bytes: $0.body)?["after"]?.string }
                try expectEqual(heard, [commit, told], "the commits that were told")
            }
        }
    }

    @discardableResult
    private static func makeHook(
        _ event: String, _ path: String, _ secret: String, _ listener: HookListener, _ repository: String,
        _ context: TestContext
    ) async throws -> Int {
        let answer = try await context.gitea.ask(
            .post, "/repos/\(repository)/hooks",
            .object([
                "type": "gitea", "active": true, "events": .array([.string(event)]),
                "config": .object([
                    "url": .string("http://127.0.0.1:\(listener.port)\(path)"), "content_type": "json",
                    "secret": .string(secret),
                ]),
            ]))
        return try require(answer["id"]?.integer, "the number of the hook")
    }
}

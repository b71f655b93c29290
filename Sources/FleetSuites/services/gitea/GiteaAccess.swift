import FleetHTTP
import FleetModel
import FleetTestKit
import InterfaceProfile

extension GiteaTests {
    static let initialization = test(
        "services/gitea/initialization", "Gitea initialization", modes: .from(.multiuser), estimate: 2
    ) { context in
        let gitea = try context.gitea
        try await context.step("it is healthy, with its database") {
            let (status, checks) = try await gitea.health()
            try expectEqual(status, "pass", "the status")
            try expectEqual(checks.filter { $0.value != "pass" }, [:], "the checks that do not pass")
        }
        try await context.step("it states a version") {
            let version = try await gitea.ask(.get, "/version")["version"]?.string ?? ""
            try expect(version.first?.isNumber == true, "the version begins with a number", actual: version)
        }
        try await context.step("there is an administrator") {
            let user = try await gitea.ask(.get, "/user")
            try expectEqual(user["login"]?.string, try context.giteaOwner, "the name")
            try expectEqual(user["is_admin"]?.bool, true, "whether he is an administrator")
        }
        try await context.step("nobody is nobody, and a wrong password is wrong") {
            try expectEqual(try await context.giteaAsNobody.status(.get, "/user"), 401, "the status for nobody")
            let wrong = Authorization.basic(try context.giteaOwner, context.unique("wrong"))
            let stranger = WebClient(base: try context.endpoint("gitea", "url"), log: context.log, authorization: wrong)
            try expectEqual(
                try await GiteaClient(web: stranger).status(.get, "/user"), 401, "the status for a wrong password")
        }
        let user = try await context.step("the administrator makes a user") { try await context.makeGiteaUser("new") }
        try await context.step("who gets in with his password, and administers nothing") {
            let own = try context.gitea(as: user)
            try expectEqual(try await own.ask(.get, "/user")["login"]?.string, user.name, "the name")
            try expectEqual(try await own.status(.get, "/admin/users"), 403, "the status of the list of users")
        }
        guard let seeded = context.invocation.endpoints["gitea", "seed-provider"] else { return }
        try await context.step("the environment's own provider is there") {
            let parts = seeded.split(separator: ":").map(String.init)
            let name = parts[0] + context.profile.artifacts.giteaProviderSuffix
            let path = "/repos/\(try context.giteaOwner)/\(name)/releases/tags/\(parts.last ?? "")"
            try expectEqual(try await gitea.status(.get, path), 200, "the status of its release")
        }
    }

    static let apiAccess = test(
        "services/gitea/api-access", "Gitea API access", modes: .from(.multiuser), estimate: 2
    ) { context in
        let gitea = try context.gitea
        let repository = try await context.step("make a repository") { try await context.makeRepository("api") }
        let name = String(repository.split(separator: "/")[1])
        try await context.step("a second one of its name is refused, and one without a name") {
            let body: JSONValue = .object(["name": .string(name)])
            try expectEqual(try await gitea.status(.post, "/user/repos", body), 409, "the status of the second one")
            let status = try await gitea.status(.post, "/user/repos", .object([:]))
            try expectEqual(status, 422, "the status of one without a name")
        }
        try await context.step("what is not there is a 404 with a message") {
            do {
                try await gitea.ask(.get, "/repos/\(repository)-not")
                try expect(false, "a repository that is not there is refused")
            } catch let refusal as PlatformRefusal {
                try expectEqual(refusal.status, 404, "the status")
                let body = JSONValue(bytes: Array(refusal.message.utf8))
                try expect(body?["message"]?.string != nil, "the body has a message", actual: refusal.message)
            }
        }
        try await context.step("issues are listed in pages, newest first, by state") {
            for index in 1...5 { _ = try await gitea.createIssue("issue \(index)", in: repository) }
            try await gitea.closeIssue(2, in: repository)
            var numbers: [Int] = []
            for page in 1...3 {
                let path = "/repos/\(repository)/issues?state=open&limit=2&page=\(page)"
                numbers += (try await gitea.ask(.get, path).array ?? []).compactMap { $0["number"]?.integer }
            }
            try expectEqual(numbers, [5, 4, 3, 1], "the numbers of the open issues")
            let closed = try await gitea.ask(.get, "/repos/\(repository)/issues?state=closed").array ?? []
            try expectEqual(closed.compactMap { $0["number"]?.integer }, [2], "the numbers of the closed issues")
        }
        try await expectTokens(repository, context)
        try await context.step("strangers see nothing of a private repository") {
            let stranger = try context.gitea(as: try await context.makeGiteaUser("stranger"))
            for client in [stranger, try context.giteaAsNobody] {
                try expectEqual(try await client.status(.get, "/repos/\(repository)"), 404, "the status")
            }
        }
    }

    /// A token is shown once, does what its scopes say, and nothing after it was removed.
    private static func expectTokens(_ repository: String, _ context: TestContext) async throws {
        let gitea = try context.gitea
        let owner = try context.giteaOwner
        let base = try context.endpoint("gitea", "url")
        let name = context.unique("token")
        await context.cleanup("remove token \(name)") {
            _ = try await gitea.status(.delete, "/users/\(owner)/tokens/\(name)")
        }
        let token = try await context.step("make a token that may read repositories") {
            let body: JSONValue = .object(["name": .string(name), "scopes": .array(["read:repository"])])
            let answer = try await gitea.ask(.post, "/users/\(owner)/tokens", body)
            return try require(answer["sha1"]?.string, "the token")
        }
        let holder = GiteaClient(web: WebClient(base: base, log: context.log, authorization: "token \(token)"))
        try await context.step("it reads, and does not write") {
            try expectEqual(try await holder.status(.get, "/repos/\(repository)"), 200, "the status of reading")
            let body: JSONValue = .object(["title": "not allowed"])
            let status = try await holder.status(.post, "/repos/\(repository)/issues", body)
            try expectEqual(status, 403, "the status of writing")
            let change = try await holder.status(.patch, "/repos/\(repository)", .object(["description": "changed"]))
            try expectEqual(change, 403, "the status of a change of the repository")
        }
        try await context.step("it is not shown again") {
            let list = try await gitea.ask(.get, "/users/\(owner)/tokens").array ?? []
            let entry = try require(list.first { $0["name"]?.string == name }, "the token in the list")
            try expect((entry["sha1"]?.string ?? "").isEmpty, "the list does not show the token")
        }
        try await context.step("removed, it opens nothing") {
            try expectEqual(
                try await gitea.status(.delete, "/users/\(owner)/tokens/\(name)"), 204, "the status of its removal")
            try expectEqual(try await holder.status(.get, "/repos/\(repository)"), 401, "the status of reading")
        }
    }
}

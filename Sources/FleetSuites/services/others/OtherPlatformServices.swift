import FleetHTTP
import FleetModel
import FleetTestKit
import InterfaceProfile

extension OtherServices {
    static let controlCenter = test(
        "services/others/control-center", "Control center", modes: .from(.multiuser), estimate: 5
    ) { context in
        let root = try await context.administrator()
        let center = try context.controlCenter(as: root)
        let user = try await context.makeUser("life", roles: ["viewer"], remover: root)
        try await context.step("the key that signs tokens is published") {
            let session = try await context.login(user)
            let keys = try await JSONClient(web: try context.web("control-center")).ask(
                .get, context.profile.controlCenter.keys)
            let ids = (keys["keys"]?.array ?? []).compactMap { $0["kid"]?.string }
            let used = try require(try Session.head(of: session.token)["kid"]?.string, "the key in the token's head")
            try expectContains(ids, used, "the published keys")
        }
        try await context.step("with other roles come other tokens, and the old ones are void") {
            let before = try await context.login(user)
            try await center.changeUser(user.name, ["roles": .array(["developer"])])
            try await eventually("the orchestrator refuses the token of before") {
                try await expectRefusal("a token of before", statuses: 401...401) {
                    _ = try await context.orchestrator(as: before).servers()
                }
            }
            let identity = try await context.orchestrator(as: try await context.login(user)).identity()
            try expectEqual(identity.roles, ["developer"], "the roles of now")
        }
        try await context.step("who is locked out gets in no more, until he is let in again") {
            try await center.changeUser(user.name, ["locked": true])
            try await expectRefusal("somebody who is locked out", statuses: 401...403) {
                _ = try await context.login(user)
            }
            try await center.changeUser(user.name, ["locked": false])
            _ = try await context.login(user)
        }
        try await context.step("with a second factor a password alone does not do, and a code counts once") {
            let (session, code) = try await context.addSecondFactor(to: user)
            let names = context.profile.controlCenterFields
            try expectEqual(try session.claims[names.mfaVerified]?.bool, true, "what the token says of the factor")
            try await expectRefusal("a password without a code", statuses: 401...401) {
                _ = try await context.login(user)
            }
            try await expectRefusal("a code that was used", statuses: 401...401) {
                _ = try await context.login(user, code: code)
            }
            try expectEqual(try await context.controlCenter(as: session).factors(), ["active"], "his second factors")
        }
        try await context.step("an administrator takes the factor from who has lost it, and the password does again") {
            try await center.takeSecondFactor(from: user.name)
            _ = try await context.login(user)
        }
        try await context.step("after five wrong passwords a name has to wait") {
            try await expectLockOut(root, context)
        }
    }

    /// The sixth guess is refused as one too many. The lock holds for a second after the fifth: on a machine that is slower
    /// than that the guesses are no proof, and another name is guessed at.
    private static func expectLockOut(_ root: Session, _ context: TestContext) async throws {
        for _ in 0..<10 {
            let user = try await context.makeUser("guessed", roles: ["viewer"], remover: root)
            var statuses: [Int] = []
            var begins: [ContinuousClock.Instant] = []
            for _ in 0..<6 {
                begins.append(.now)
                let refusal = try await expectRefusal("a wrong password", statuses: 401...429) {
                    _ = try await context.controlCenter().login(user.name, "not-the-password")
                }
                statuses.append(refusal.status)
            }
            guard statuses.last == 429 || ContinuousClock.now - begins[4] < .seconds(1) else { continue }
            try expectEqual(statuses, [401, 401, 401, 401, 401, 429], "the statuses")
            return try await eventually("the name may try again") { _ = try await context.login(user) }
        }
        try skip("this machine takes longer than a second for two logins, which is how long a name is locked out")
    }

    static let extensionRegistry = test(
        "services/others/extension-registry", "Extension registry", modes: .from(.multiuser), estimate: 5
    ) { context in
        let paths = context.profile.extensionRegistry
        let web = try context.web("extension-registry")
        let json = JSONClient(web: web)
        let provider = GiteaProvider(name: context.unique("regprov"))
        let taskserv = TaskservFixture(name: context.unique("regsvc"), version: "2.0.0", port: 7090)
        try await context.step("put one extension into Gitea and one into the OCI registry") {
            let status = try await provider.publish(as: try await context.login("operator"), context)
            try expectEqual(status, 201, "the status of the publication")
            try await taskserv.push(context)
        }
        try await context.step("both are in the list, with the documented members") {
            try await eventually("both are listed", within: .seconds(40)) {
                let all = try require(try await json.ask(.get, paths.extensions + "?limit=1000").array, "a bare array")
                let own = all.filter { [provider.name, taskserv.name].contains($0["name"]?.string ?? "") }
                let shown = own.map { item in
                    ["type", "version", "source"].compactMap { item[$0]?.string }.joined(separator: " ")
                }
                try expectEqual(shown.sorted(), ["provider 1.0.0 gitea", "taskserv 2.0.0 oci"], "the two in the list")
                for item in own {
                    try expect(item["checksum"]?.string?.hasPrefix("sha256:") != false, "a digest", actual: item)
                    try expect((item["size"]?.integer ?? 0) > 0, "a size", actual: item)
                }
            }
        }
        try await context.step("type, source and words choose among them") {
            func names(_ query: String) async throws -> [String] {
                (try await json.ask(.get, query).array ?? []).compactMap { $0["name"]?.string }
            }
            let providers = try await names(paths.extensions + "?type=provider&limit=1000")
            try expectContains(providers, provider.name, "the providers")
            try expect(!providers.contains(taskserv.name), "no taskserv is among them", actual: providers)
            let fromOCI = try await names(paths.extensions + "?source=oci&limit=1000&offset=0")
            try expectContains(fromOCI, taskserv.name, "what comes from OCI")
            try expect(!fromOCI.contains(provider.name), "nothing of Gitea is among it", actual: fromOCI)
            try expectEqual(
                try await names(paths.search + "?q=\(percentEncoded(provider.name))"), [provider.name], "what is found")
            try expectEqual(try await json.status(.get, paths.extensions + "?limit=1001"), 400, "a limit too high")
            try expectEqual(
                try await json.status(.get, filledPath(paths.extensionOne, "provider", context.unique("no"))), 404,
                "an unknown one")
        }
        try await context.step("all versions of one are listed, the newest first") {
            for version in ["1.9.0", "1.10.0"] {
                try await TaskservFixture(name: taskserv.name, version: version, port: 7090).push(context)
            }
            let path = filledPath(paths.versions, "taskserv", taskserv.name)
            try await eventually("all three are listed", within: .seconds(40)) {
                let listed = (try await json.ask(.get, path).array ?? []).compactMap { $0["version"]?.string }
                try expectEqual(listed, [taskserv.version, "1.10.0", "1.9.0"], "the versions")
            }
        }
        try await context.step("an archive is handed out with its digest, and the second time from the cache") {
            let path = filledPath(paths.download, "taskserv", taskserv.name, taskserv.version)
            var responses: [WebResponse] = []
            // Whoever may publish may empty the cache, too, and other tests do.
            try await eventually("the memory has answered at least once more") {
                let before = try await cacheHits(context)
                for _ in 0..<2 { responses.append(try await web.send(.get, path)) }
                let after = try await cacheHits(context)
                try expect(after > before, "there are more hits", actual: "\(before), \(after)")
            }
            for response in responses {
                try expectEqual(response.status, 200, "the status")
                try expectEqual(Digest(of: response.body), Digest(of: taskserv.archive(context)), "the digest")
                try expectEqual(
                    response.headers[paths.checksumHeader], Digest(of: response.body).description, "the header")
            }
        }
        try await context.step("a viewer publishes nothing") {
            let status = try await GiteaProvider(name: provider.name, version: "3.0.0").publish(
                as: try await context.login("viewer"), context)
            try expectEqual(status, 403, "the status")
        }
    }

    /// How often memory or disk answered when an archive was wanted.
    private static func cacheHits(_ context: TestContext) async throws -> Double {
        let name = context.profile.extensionRegistryMetrics.archives
        let page = try await context.web("extension-registry").send(
            .get, context.profile.extensionRegistry.metrics)
        return String(decoding: page.body, as: UTF8.self).split(separator: "\n")
            .filter { $0.hasPrefix(name) && !$0.contains("\"miss\"") }
            .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
    }

    static let apiServer = test(
        "services/others/api-server", "API server", modes: .from(.cicd), estimate: 5
    ) { context in
        let paths = context.profile.apiServer
        let root = try await context.administrator()
        let user = try await context.makeUser("api", roles: ["developer"], remover: root)
        let session = try await context.step("a login has the documented members") {
            let session = try await context.apiServerLogin(user)
            try expectEqual(session.expiresIn, 86_400, "the seconds that the token is good")
            return session
        }
        try await context.step("a refresh token is good once") {
            let next = try await context.apiServer().refresh(session.refreshToken)
            try expect(next.token != session.token, "the token is another one")
            try await expectRefusal("a used refresh token", statuses: 401...401) {
                _ = try await context.apiServer().refresh(session.refreshToken)
            }
        }
        let last = try await context.apiServerLogin(user)
        let api = try context.apiServer(as: last)
        let operation = try await context.step("an operation is kept in PostgreSQL, with its end") {
            let operation = try await api.createServer(context.unique("dry"), ["check_mode": true])
            let ended = try await api.completed(operation.id)
            let rows = try await context.postgreSQL(as: "api_server").query(
                "select status, owner from api_server.operations where id::text = '\(operation.id)'")
            try expectEqual(rows, [["completed", user.name]], "status and owner in the database")
            return ended
        }
        try await context.step("it is in the list, and by its id") {
            let json = JSONClient(web: api.transport)
            let listed = try require(
                try await json.ask(.get, paths.operations + "?limit=1000").array, "a bare array of operations")
            try expectContains(listed.compactMap { $0["id"]?.string }, operation.id, "the operations")
            try expectEqual(try await api.operation(operation.id), operation, "the operation by its id")
        }
        try await context.step("what makes no sense is refused with code and message") {
            for (path, body) in [
                (paths.createServer, JSONValue.object(["hostname": "-no host name-", "check_mode": true])),
                (paths.submitWorkflow, .object([:])), (paths.createTaskserv, .object(["taskserv": "x"])),
            ] {
                let response = try await api.transport.send(.post, path, body: body)
                // A name that is none may be found out by the orchestrator: then the operation fails.
                if response.status == 200, let id = JSONValue(bytes: response.body)?["id"]?.string {
                    try await eventually("operation \(id) fails") {
                        try expectEqual(try await api.operation(id).status, "failed", "the state")
                    }
                    continue
                }
                try expectEqual(response.status, 400, "the status of POST \(path)")
                let error = try require(JSONValue(bytes: response.body), "JSON in the answer")
                try expectEqual(error["code"]?.string, "400", "the code of POST \(path)")
                try expect(error["message"]?.string?.isEmpty == false, "there is a message", actual: error)
            }
        }
        try await context.step("who is locked out logs in no more") {
            try await context.controlCenter(as: root).changeUser(user.name, ["locked": true])
            try await expectRefusal("somebody who is locked out", statuses: 401...403) {
                _ = try await context.apiServerLogin(user)
            }
            try await expectRefusal("his refresh token", statuses: 401...401) {
                _ = try await context.apiServer().refresh(last.refreshToken)
            }
            try await eventually("his token is void") {
                try expectEqual(try await JSONClient(web: api.transport).status(.get, paths.servers), 401, "the status")
            }
        }
    }
}

import FleetHTTP
import FleetModel
import FleetTestKit
import InterfaceProfile

extension CICD {
    static let apiServerAccessibility = test(
        "modes/cicd/api-server-accessibility", "API server accessibility", modes: [.cicd], estimate: 2
    ) { context in
        let paths = context.profile.apiServer
        let anonymous = JSONClient(web: try context.web("api-server"))
        try await context.step("it is healthy, and reaches what it needs") {
            try await anonymous.ask(.get, paths.health)
            try await eventually("it is ready") { try await anonymous.ask(.get, paths.ready) }
            let page = try await context.web("api-server").send(.get, paths.metrics)
            let text = String(decoding: page.body, as: UTF8.self)
            try expect(text.contains(context.profile.apiServerMetrics.requests), "the metrics count requests")
        }
        try await context.step("everything else asks who comes, with the documented form of an error") {
            let lists = [paths.servers, paths.taskservs, paths.workflows, paths.operations, paths.identity]
            for path in lists {
                let response = try await context.web("api-server").send(.get, path)
                try expectEqual(response.status, 401, "the status of GET \(path) without a login")
                let error = try require(JSONValue(bytes: response.body), "JSON in the answer")
                try expect(error["error"]?.string?.isEmpty == false, "there is a code in words", actual: error)
                try expect(error["message"]?.string?.isEmpty == false, "there is a message", actual: error)
                // A text, not a number: so it is documented.
                try expectEqual(error["code"]?.string, "401", "the code")
            }
        }
        try await context.step("a wrong password is refused") {
            try await expectRefusal("a wrong password", statuses: 401...401) {
                _ = try await context.apiServer().login("admin", "not-the-password")
            }
        }
        try await context.step("a login opens it, and lists are bare arrays") {
            let session = try await context.apiServer().login(
                "viewer", try context.credential("control-center", "viewer-password"))
            let json = JSONClient(web: try context.web("api-server", as: session))
            for path in [paths.servers, paths.taskservs, paths.workflows, paths.operations] {
                _ = try require(try await json.ask(.get, path).array, "an array at \(path)")
            }
            // What is there is nobody's business who may not administer.
            let unknown = try await json.status(.get, "/v1/no-such-thing")
            try expectContains([403, 404], unknown, "the statuses of an unknown path")
        }
        try await context.step("the control center's tokens are not the API server's") {
            let session = try await context.login("admin")
            let status = try await JSONClient(web: try context.web("api-server", as: session)).status(
                .get, paths.servers)
            try expectEqual(status, 401, "the status with a token of the control center")
        }
    }

    static let serviceAccountAuthentication = test(
        "modes/cicd/service-account-authentication", "Service account JWT authentication", modes: [.cicd],
        estimate: 5
    ) { context in
        let root = try await context.administrator()
        let center = try context.controlCenter(as: root)
        let name = context.unique("bot")
        await context.cleanup("remove service account \(name)") { try await center.removeServiceAccount(name) }
        let secret = try await context.step("an administrator makes a service account") {
            try await center.createServiceAccount(name, roles: ["operator"])
        }
        let session = try await context.step("it logs in at the API server, for a day") {
            let session = try await context.apiServer().login(name, secret)
            try expectEqual(session.expiresIn, 86_400, "the seconds that the token is good")
            let claims = try session.claims
            try expectEqual(claims["sub"]?.string, name, "the subject of the token")
            let (from, until) = (claims["iat"]?.double ?? 0, claims["exp"]?.double ?? 0)
            try expectEqual(until - from, 86_400, "the seconds between issue and expiry")
            let identity = try await context.apiServer(as: session).identity()
            try expectEqual(identity["username"]?.string, name, "who the API server takes it for")
            return session
        }
        try await context.step("at the control center it is known for a program") {
            let session = try await context.controlCenter().login(name, secret)
            let names = context.profile.controlCenterFields
            try expectEqual(try session.claims[names.isServiceAccount]?.bool, true, "what the token says of it")
            _ = try await context.orchestrator(as: session).servers()
            let users = try await JSONClient(web: try context.web("control-center", as: session))
                .status(.post, context.profile.controlCenter.users, .object([:]))
            try expectEqual(users, 403, "the status when it makes a user")
        }
        try await context.step("it orders a server, and nobody else's operation is taken for its own") {
            let operation = try await context.apiServer(as: session)
                .createServer(context.unique("dry"), ["check_mode": true])
            try await context.apiServer(as: session).completed(operation.id)
            let stranger = try await context.apiServer().login(
                "developer", try context.credential("control-center", "developer-password"))
            try await expectRefusal("the operation of somebody else", statuses: 403...404) {
                _ = try await context.apiServer(as: stranger).operation(operation.id)
            }
        }
        try await context.step("a changed token is refused") {
            let parts = session.token.split(separator: ".").map(String.init)
            let other = try await CICD.robotToken(context).split(separator: ".").map(String.init)
            for token in ["\(parts[0]).\(other[1]).\(parts[2])", "\(parts[0]).\(parts[1]).", session.refreshToken] {
                let web = WebClient(
                    base: try context.endpoint("api-server", "url"), log: context.log,
                    authorization: Authorization.bearer(token))
                let status = try await web.send(.get, context.profile.apiServer.servers).status
                try expectEqual(status, 401, "the status with a changed token")
            }
        }
        try await context.step("with a new secret the old one is void") {
            let next = try await center.rotateServiceAccount(name)
            try expect(next != secret, "the secret is another one")
            try await expectRefusal("the old secret", statuses: 401...401) {
                _ = try await context.apiServer().login(name, secret)
            }
            _ = try await context.apiServer().login(name, next)
        }
    }

    private static func robotToken(_ context: TestContext) async throws -> String {
        let account = try context.endpoint("control-center", "service-account")
        let password = try context.credential("control-center", "\(account)-password")
        return try await context.apiServer().login(account, password).token
    }
}

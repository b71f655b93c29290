import FleetHTTP
import FleetModel
import FleetTestKit
import InterfaceProfile

extension Multiuser {
    static let userAuthentication = test(
        "modes/multiuser/user-authentication", "User authentication", modes: [.multiuser], estimate: 5
    ) { context in
        let names = context.profile.controlCenterFields
        try await context.step("every user logs in, and all services take him for the same one") {
            for name in try context.endpoint("control-center", "users").split(separator: ",").map(String.init) {
                let session = try await context.login(name)
                let claims = try session.claims
                try expectEqual(try Session.head(of: session.token)["alg"]?.string, "RS256", "the algorithm")
                try expectEqual(claims["sub"]?.string, name, "the subject of the token")
                try expectEqual(claims[names.roles]?.array, [.string(name)], "the roles in the token")
                try expectEqual(claims[names.tokenType]?.string, "access", "the type of the token")
                let (from, until) = (claims["iat"]?.double, claims["exp"]?.double)
                try expectEqual(
                    (until ?? 0) - (from ?? 0), Double(session.expiresIn), "the seconds between issue and expiry")
                let identities = [
                    try await context.controlCenter(as: session).identity(),
                    try await context.orchestrator(as: session).identity(),
                ]
                try expectEqual(identities.map(\.username), [name, name], "who they take him for")
                try expectEqual(identities.map(\.roles), [[name], [name]], "his roles")
            }
        }
        let root = try await context.administrator()
        let user = try await context.makeUser("login", roles: ["developer"], remover: root)
        try await context.step("the database holds no password, but a hash of it") {
            let rows = try await context.postgreSQL(as: "control_center").query(
                "select password from control_center.users where name = '\(user.name)'")
            try expectEqual(rows.count, 1, "the number of rows")
            let kept = rows.joined().joined()
            try expect(kept.contains("$") && kept.count > 40, "a hash is kept", actual: kept.prefix(8))
        }
        try await context.step("a wrong password, and a name that nobody has, are refused in the same words") {
            let center = try context.controlCenter()
            let wrong = try await expectRefusal("a wrong password", statuses: 401...401) {
                _ = try await center.login(user.name, "not-the-password")
            }
            let nobody = try await expectRefusal("an unknown name", statuses: 401...401) {
                _ = try await center.login(context.unique("nobody"), "not-the-password")
            }
            try expectEqual(wrong.message, nobody.message, "the words of the refusal")
        }
        try await forgeries(user, context)
        try await sessions(user, context)
    }

    /// Tokens that are none of the control center's are refused by the orchestrator.
    private static func forgeries(_ user: TestUser, _ context: TestContext) async throws {
        let session = try await context.login(user)
        let parts = session.token.split(separator: ".").map(String.init)
        // The same head and signature, but somebody else's content.
        let other = try await context.login("admin").token.split(separator: ".").map(String.init)
        let unsigned = "eyJhbGciOiJub25lIn0"
        let forged: KeyValuePairs = [
            "no token": "", "words": "abc", "another's content": "\(parts[0]).\(other[1]).\(parts[2])",
            "another's signature": "\(parts[0]).\(parts[1]).\(other[2])", "no signature": "\(unsigned).\(other[1]).",
            "a refresh token": session.refreshToken,
        ]
        try await context.step("forged tokens are refused") {
            for (what, token) in forged {
                let web = WebClient(
                    base: try context.endpoint("orchestrator", "url"), log: context.log,
                    authorization: Authorization.bearer(token))
                let status = try await web.send(.get, context.profile.paths.servers).status
                try expectEqual(status, 401, "the status with \(what)")
            }
        }
    }

    /// Sessions can be renewed, once each time, and ended.
    private static func sessions(_ user: TestUser, _ context: TestContext) async throws {
        let center = try context.controlCenter()
        let first = try await context.login(user)
        let second = try await context.step("a refresh token gives a new pair") {
            let second = try await center.refresh(first.refreshToken)
            try expect(second.token != first.token && second.refreshToken != first.refreshToken, "both are new")
            _ = try await context.orchestrator(as: second).servers()
            return second
        }
        try await context.step("used a second time it is refused, and ends the session") {
            try await expectRefusal("a used refresh token", statuses: 401...401) {
                _ = try await center.refresh(first.refreshToken)
            }
            try await expectRefusal("the newer one of the session", statuses: 401...401) {
                _ = try await center.refresh(second.refreshToken)
            }
        }
        try await context.step("after a logout no service takes the token") {
            let session = try await context.login(user)
            let orchestrator = try context.orchestrator(as: session)
            _ = try await orchestrator.servers()
            try await context.controlCenter(as: session).logout()
            try await eventually("the orchestrator knows of the logout") {
                try await expectRefusal("a token after the logout", statuses: 401...401) {
                    _ = try await orchestrator.servers()
                }
            }
        }
    }
}

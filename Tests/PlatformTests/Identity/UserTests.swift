import FleetTestSupport
import Foundation
import InterfaceProfile
import Testing

@Suite(.serialized, .enabled(if: TestControlCenter.canRun, "needs PostgreSQL"))
struct UserTests {
    @Test(.timeLimit(.minutes(2))) func administratorsManageUsersAndNobodyElse() async throws {
        try await TestControlCenter.with { test in
            let (center, paths) = (test.center, test.paths)
            let body = #"{"username":"new","password":"new-password","roles":["viewer"]}"#
            for name in ["operator", "developer", "viewer", "auditor", "ci"] {
                let token = try await test.token(name)
                let made = try await center.send("POST", paths.users, body, token: token)
                #expect(made.status == 403, "\(name): \(made.text)")
                let raised = try await center.send(
                    "PATCH", filledPath(paths.user, name), #"{"roles":["admin"]}"#, token: token)
                #expect(raised.status == 403, "\(name): \(raised.text)")
            }
            let root = try await test.token("root")
            #expect(try await center.send("POST", paths.users, body, token: root).status == 201)
            #expect(try await center.send("POST", paths.users, body, token: root).status == 409)
            let short = body.replacing("new-password", with: "short")
            #expect(try await center.send("POST", paths.users, short, token: root).status == 400)
            let token = try await test.token("new")
            let change = #"{"roles":["developer"]}"#
            #expect(try await center.send("PATCH", filledPath(paths.user, "new"), change, token: root).status == 200)
            // What a token says must not outlive the rights that it says.
            #expect(try await center.send("GET", paths.identity, token: token).status == 401)
            let me = try await center.send("GET", paths.identity, token: try await test.token("new")).json["data"]
            #expect(me["roles"][0].string == "developer")
            let without = try await center.send("DELETE", filledPath(paths.user, "new"), token: root)
            #expect(without.status == 403 && without.text.contains("delete-mfa"), "\(without.text)")
            let admin = try await test.token("admin", code: TestControlCenter.code())
            #expect(try await center.send("DELETE", filledPath(paths.user, "new"), token: admin).status == 200)
            #expect(try await test.login("new").status == 401)
            #expect(try await center.send("GET", filledPath(paths.user, "new"), token: root).status == 404)
            // An administrator may go, the last one may not.
            #expect(try await center.send("DELETE", filledPath(paths.user, "root"), token: admin).status == 200)
            let last = try await center.send("DELETE", filledPath(paths.user, "admin"), token: admin)
            #expect(last.status == 409 && last.text.contains("last administrator"), "\(last.text)")
            for change in [#"{"roles":["viewer"]}"#, #"{"locked":true}"#] {
                let answer = try await center.send("PATCH", filledPath(paths.user, "admin"), change, token: admin)
                #expect(answer.status == 409 && answer.text.contains("last administrator"), "\(answer.text)")
            }
            let second = body.replacing("viewer", with: "admin")
            #expect(try await center.send("POST", paths.users, second, token: admin).status == 201)
            #expect(try await center.send("DELETE", filledPath(paths.user, "admin"), token: admin).status == 200)
        }
    }

    @Test(.timeLimit(.minutes(2))) func serviceAccountsLogInWithASecretThatCanBeReplaced() async throws {
        try await TestControlCenter.with { test in
            let (center, paths) = (test.center, test.paths)
            let root = try await test.token("root")
            let made = try await center.send(
                "POST", paths.serviceAccounts, #"{"name":"bot","roles":["developer"]}"#, token: root)
            let secret = try #require(made.json["data"]["secret"].string)
            #expect(made.status == 201 && secret.count == 64)
            let token = try await test.token("bot", password: secret)
            let me = try await center.send("GET", paths.identity, token: token).json["data"]
            #expect(me["service_account"] == .boolean(true))
            let users = try await center.send("GET", paths.users, token: root)
            #expect(!users.text.contains("bot") && !users.text.contains("scrypt"))
            let rotated = try await center.send("POST", filledPath(paths.rotateServiceAccount, "bot"), token: root)
            let newSecret = try #require(rotated.json["data"]["secret"].string)
            #expect(try await center.send("GET", paths.identity, token: token).status == 401)
            #expect(try await test.login("bot", password: secret).status == 401)
            #expect(try await test.login("bot", password: newSecret).status == 200)
        }
    }

    @Test(.timeLimit(.minutes(2))) func theSecurityTeamLocksSomebodyOut() async throws {
        try await TestControlCenter.with { test in
            let (center, paths) = (test.center, test.paths)
            let token = try await test.token("developer")
            let officer = try await test.token("guard", code: TestControlCenter.code())
            let path = filledPath(paths.userSessions, "developer")
            #expect(try await center.send("DELETE", path, token: try await test.token("operator")).status == 403)
            #expect(try await center.send("DELETE", path, token: officer).status == 200)
            #expect(try await center.send("GET", paths.identity, token: token).status == 401)
            let login = try await test.login("developer")
            #expect(login.status == 403 && login.text.contains("locked"))
            let open = #"{"locked":false}"#
            let user = filledPath(paths.user, "developer")
            #expect(try await center.send("PATCH", user, open, token: officer).status == 403)
            #expect(try await center.send("PATCH", user, open, token: try await test.token("root")).status == 200)
            #expect(try await test.login("developer").status == 200)
        }
    }

    @Test(.timeLimit(.minutes(2))) func aLostSecondFactorIsTakenAway() async throws {
        try await TestControlCenter.with { test in
            let (center, paths) = (test.center, test.paths)
            var viewer = try await test.token("viewer")
            func factors() async throws -> JSON {
                try await center.send("GET", paths.factors, token: viewer).json["data"]
            }
            #expect(try await factors() == .array([]))
            let enrolled = try await center.send("POST", paths.enrolMFA, token: viewer)
            let secret = try #require(enrolled.json["data"]["secret"].string)
            #expect(try await factors() == .array([.object(["type": .string("totp"), "status": .string("pending")])]))
            let code = #"{"code":"\#(TestControlCenter.code(secret))"}"#
            #expect(try await center.send("POST", paths.verifyMFA, code, token: viewer).status == 200)
            #expect(try await factors()[0]["status"].string == "active")
            viewer = try await test.token("viewer", code: TestControlCenter.code(secret, steps: 1))

            let place = filledPath(paths.userMFA, "viewer")
            let administrator = try await test.token("admin", code: TestControlCenter.code())
            for token in [viewer, try await test.token("operator"), try await test.token("root")] {
                #expect(try await center.send("DELETE", place, token: token).status == 403)
            }
            let taken = try await center.send("DELETE", place, token: administrator)
            #expect(taken.status == 200 && taken.json["data"]["mfa_enabled"] == .boolean(false), "\(taken.text)")
            // His tokens said that he has shown it.
            #expect(try await center.send("GET", paths.identity, token: viewer).status == 401)
            #expect(try await test.login("viewer").status == 200)
            #expect(try await center.send("DELETE", place, token: administrator).status == 404)
        }
    }

    @Test(.timeLimit(.minutes(2))) func loginsAndRefusalsAreAudited() async throws {
        try await TestControlCenter.with { test in
            let (center, paths) = (test.center, test.paths)
            _ = try await test.login("viewer", password: "a-wrong-one")
            let viewer = try await test.token("viewer")
            #expect(try await center.send("GET", paths.users, token: viewer).status == 403)
            #expect(try await center.send("GET", paths.auditQuery, token: viewer).status == 403)
            let auditor = try await test.token("auditor")
            let events = try await center.send("GET", paths.auditQuery + "?user=viewer", token: auditor).json["data"]
            let seen = events.items.map {
                "\($0["event"]["action"].string ?? "") \($0["event"]["outcome"].string ?? "")"
            }
            #expect(seen == ["list failure", "list failure", "login success", "login failure"], "\(seen)")
            let stats = try await center.send("GET", paths.auditStats + "?user=viewer", token: auditor).json["data"]
            #expect(stats["total"].int == 4 && stats["outcomes"]["failure"].int == 3, "\(stats)")
            #expect(stats["actions"]["login"].int == 2 && stats["resource_types"]["session"].int == 2, "\(stats)")
            #expect(try await center.send("GET", paths.auditStats, token: viewer).status == 403)
            let csv = try await center.send("GET", paths.auditExport + "?format=csv", token: auditor)
            #expect(csv.text.hasPrefix("id,timestamp") && !csv.text.contains("a-wrong-one"))
            let log = center.service.log
            #expect(!log.contains("password") && !log.contains(viewer))
        }
    }

    @Test(.timeLimit(.minutes(2))) func hostsWithoutADatabaseAreToldSo() async throws {
        let directory = try TestService.temporaryDirectory("no-database")
        defer { _ = try? FileManager.default.removeItem(atPath: directory) }
        let settings = #"{"database":{"host":"127.0.0.1","port":1,"user":"x","password":"a-secret"}}"#
        let error = await #expect(throws: TestServiceError.self) {
            try await RunningService.start("control-center", settings: settings, directory: directory)
        }
        #expect(error?.description.contains("PostgreSQL at 127.0.0.1:1 cannot be reached") == true)
        #expect(error?.description.contains("a-secret") == false)
    }
}

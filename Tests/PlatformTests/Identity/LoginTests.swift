import FleetSystem
import FleetTestSupport
import Foundation
import InterfaceProfile
import Testing

@Suite(.serialized, .enabled(if: TestControlCenter.canRun, "needs PostgreSQL"))
struct LoginTests {
    /// The claims of a token, unchecked.
    private func claims(_ token: String) throws -> JSON {
        var text = String(token.split(separator: ".")[1]).replacing("-", with: "+").replacing("_", with: "/")
        while text.count % 4 != 0 { text += "=" }
        return try JSONDecoder().decode(JSON.self, from: try #require(Data(base64Encoded: text)))
    }

    @Test(.timeLimit(.minutes(2))) func tokensAreGivenRefreshedAndRevoked() async throws {
        try await TestControlCenter.with { test in
            let (center, paths) = (test.center, test.paths)
            let login = try await test.login("developer").json["data"]
            let token = try #require(login["token"].string)
            let claims = try claims(token)
            #expect(claims["sub"].string == "developer" && claims["roles"][0].string == "developer")
            #expect(claims["token_type"].string == "access" && claims["mfa_verified"] == .boolean(false))
            #expect((claims["exp"].int ?? 0) - (claims["iat"].int ?? 0) == 900 && login["expires_in"].int == 900)
            let me = try await center.send("GET", paths.identity, token: token).json["data"]
            #expect(me["username"].string == "developer" && me["permissions"].items.contains(.string("server_create")))

            // A refresh token is no access token, and the other way round.
            let refresh = try #require(login["refresh_token"].string)
            #expect(try await center.send("GET", paths.identity, token: refresh).status == 401)
            #expect(try await self.refresh(token, center).status == 401)

            let second = try await self.refresh(refresh, center).json["data"]
            let newToken = try #require(second["token"].string)
            #expect(try await center.send("GET", paths.identity, token: newToken).status == 200)
            // The old refresh token again: somebody has stolen one of the two, so the whole session ends.
            let reuse = try await self.refresh(refresh, center)
            #expect(reuse.status == 401 && reuse.text.contains("used before"), "\(reuse.text)")
            #expect(try await self.refresh(try #require(second["refresh_token"].string), center).status == 401)
            for old in [token, newToken] {
                #expect(try await center.send("GET", paths.identity, token: old).status == 401)
            }
            let revoked = try await center.send("GET", paths.revocations).json["data"]
            #expect(revoked.items.contains(claims["jti"]))
        }
    }

    private func refresh(_ token: String, _ center: RunningService) async throws -> HTTP.Answer {
        try await center.send(
            "POST", InterfaceProfile.standard.controlCenter.refresh, #"{"refresh_token":"\#(token)"}"#)
    }

    @Test(.timeLimit(.minutes(2))) func whoLogsOutIsOutAndOthersStay() async throws {
        try await TestControlCenter.with { test in
            let (center, paths) = (test.center, test.paths)
            let (first, other) = (try await test.token("viewer"), try await test.token("viewer"))
            #expect(try await center.send("POST", paths.logout, token: first).status == 200)
            #expect(try await center.send("GET", paths.identity, token: first).status == 401)
            #expect(try await center.send("POST", paths.logout, token: first).status == 401)
            #expect(try await center.send("GET", paths.identity, token: other).status == 200)
        }
    }

    @Test(.timeLimit(.minutes(2))) func wrongTokensDoNotHold() async throws {
        try await TestControlCenter.with(more: #","access_token_seconds":1"#) { test in
            let (center, paths) = (test.center, test.paths)
            let token = try await test.token("developer")
            let parts = token.split(separator: ".").map(String.init)
            let none = Data(#"{"alg":"none","typ":"JWT"}"#.utf8).base64EncodedString().replacing("=", with: "")
            let forged = try await test.token("viewer").split(separator: ".").map(String.init)
            for wrong in [
                "", "x", "\(parts[0]).\(parts[1]).", "\(none).\(parts[1]).", "\(forged[0]).\(parts[1]).\(forged[2])",
            ] {
                let answer = try await center.send("GET", paths.identity, token: wrong)
                #expect(
                    answer.status == 401 && answer.headers["www-authenticate"] == "Bearer", "\(wrong): \(answer.text)")
            }
            let hasExpired = await Waiting.until(within: .seconds(5), every: .milliseconds(100)) {
                (try? await center.send("GET", paths.identity, token: token).status) == 401
            }
            #expect(hasExpired)
            #expect(try await center.send("GET", paths.identity, token: token).text.contains("expired"))
        }
    }

    @Test(.timeLimit(.minutes(2))) func guessersAreSlowedDownAndLearnNothing() async throws {
        try await TestControlCenter.with { test in
            let wrong = try await test.login("viewer", password: "guess")
            let unknown = try await test.login("nobody", password: "guess")
            #expect(wrong.status == 401 && unknown.status == 401 && wrong.body == unknown.body)
            for name in ["viewer", "nobody"] {
                for _ in 0..<4 { _ = try await test.login(name, password: "guess") }
                let blocked = try await test.login(name)
                #expect(blocked.status == 429 && blocked.headers["retry-after"] == "1", "\(blocked.text)")
            }
            #expect(try await test.login("operator").status == 200)
            let isOpen = await Waiting.until(within: .seconds(10), every: .milliseconds(200)) {
                (try? await test.login("viewer").status) == 200
            }
            #expect(isOpen)
        }
    }

    @Test(.timeLimit(.minutes(2))) func guessesSideBySideCountOneByOne() async throws {
        try await TestControlCenter.with { test in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<40 { group.addTask { try await test.login("viewer", password: "guess").status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            // Five before the first lock; one more after each, of a second at least.
            #expect((5...15).contains(statuses.count { $0 == 401 }), "\(statuses)")
            #expect(statuses.allSatisfy { [401, 429].contains($0) }, "\(statuses)")
        }
    }

    @Test(.timeLimit(.minutes(2))) func secondFactorIsAskedForAndWorksOnce() async throws {
        try await TestControlCenter.with { test in
            let (center, paths) = (test.center, test.paths)
            #expect(try await test.login("admin").text.contains("mfa_code"))
            #expect(try await test.login("admin", code: "000000").status == 401)
            let code = TestControlCenter.code()
            let token = try await test.token("admin", code: code)
            #expect(try claims(token)["mfa_verified"] == .boolean(true))
            #expect(try await test.login("admin", code: code).status == 401)

            let plain = try await test.token("developer")
            let secret = try #require(
                try await center.send("POST", paths.enrolMFA, token: plain).json["data"]["secret"].string)
            // It does not count before it was shown.
            #expect(try await test.login("developer").status == 200)
            let wrong = try await center.send("POST", paths.verifyMFA, #"{"code":"000000"}"#, token: plain)
            #expect(wrong.status == 401)
            let body = #"{"code":"\#(TestControlCenter.code(secret))"}"#
            #expect(try await center.send("POST", paths.verifyMFA, body, token: plain).status == 200)
            #expect(try await test.login("developer").status == 401)
            let next = TestControlCenter.code(secret, steps: 1)
            #expect(try await test.login("developer", code: next).status == 200)
        }
    }

    @Test(.timeLimit(.minutes(2))) func everythingSurvivesARestartOfBoth() async throws {
        try await TestControlCenter.with(endsAs: .signaled(SIGKILL)) { test in
            let (center, paths) = (test.center, test.paths)
            let login = try await test.login("operator").json["data"]
            let token = try #require(login["token"].string)
            await test.postgres.kill()
            #expect(try await center.send("GET", paths.ready).status == 503)
            #expect(try await test.login("operator").status == 503)
            let again = try await test.postgres.restarted()
            #expect(try await center.send("GET", paths.identity, token: token).status == 200)
            kill(center.service.processID, SIGKILL)
            await center.service.end()
            let settings = TestControlCenter.settings(test.postgres)
            let new = try await RunningService.start(
                "control-center", settings: settings, directory: center.service.directory)
            #expect(try await new.send("GET", paths.identity, token: token).status == 200)
            #expect(try await refresh(try #require(login["refresh_token"].string), new).status == 200)
            #expect(await new.service.end() == .exited(0))
            await again.service.end()
        }
    }
}

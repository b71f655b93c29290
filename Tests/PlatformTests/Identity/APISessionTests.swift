import Crypto
import FleetSystem
import FleetTestSupport
import Foundation
import InterfaceProfile
import Testing

/// A token of the API server is worth what its session at the control center is worth now.
@Suite(.serialized, .enabled(if: TestAPIServer.canRun, "needs PostgreSQL, knot and a registry"))
struct APISessionTests {
    let paths = InterfaceProfile.standard.apiServer
    let center = InterfaceProfile.standard.controlCenter

    @Test(.timeLimit(.minutes(2))) func aSessionIsRenewedAndSurvivesAKill() async throws {
        let short = #","access_token_seconds":3"#
        try await TestAPIServer.with(center: short, endsAs: .signaled(SIGKILL)) { setting in
            let admin = try await setting.login("admin", code: TestControlCenter.code()).json
            let token = try #require(admin["token"].string)
            // Many at once, longer than a token of the control center is good: each is good once for renewing.
            let end = ContinuousClock.now + .seconds(7)
            while ContinuousClock.now < end {
                let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<8 {
                        group.addTask { try await setting.api.send("GET", paths.servers, token: token).status }
                    }
                    return try await group.reduce(into: Set()) { $0.insert($1) }
                }
                guard statuses == [200] else { throw TestServiceError("statuses \(statuses)") }
            }
            kill(setting.api.service.processID, SIGKILL)
            await setting.api.service.end()
            let new = try await RunningService.start(
                "api-server", settings: setting.settings, directory: setting.api.service.directory)
            #expect(try await new.send("GET", paths.servers, token: token).status == 200)
            let body = #"{"refresh_token":"\#(try #require(admin["refresh_token"].string))"}"#
            let next = try await new.send("POST", paths.refresh, body)
            #expect(next.status == 200, "\(next.text)")
            // Still with the second factor that was shown at the login: there is no such server, but he may try.
            let last = try #require(next.json["token"].string)
            #expect(try await new.send("DELETE", filledPath(paths.server, "none"), token: last).status == 404)
            #expect(await new.service.end() == .exited(0))
        }
    }

    @Test(.timeLimit(.minutes(2))) func whoIsLockedOutOrDemotedIsRefused() async throws {
        try await TestAPIServer.with { setting in
            let root = try await setting.center.token("root")
            for (name, change) in [("developer", #"{"roles":["viewer"]}"#), ("second", #"{"locked":true}"#)] {
                let login = try await setting.login(name).json
                let token = try #require(login["token"].string)
                #expect(try await setting.api.send("GET", paths.servers, token: token).status == 200)
                let answer = try await setting.center.center.send(
                    "PATCH", filledPath(center.user, name), change, token: root)
                #expect(answer.status == 200, "\(answer.text)")
                let refreshed = try await setting.refresh(login["refresh_token"].string)
                #expect(refreshed.status == 401, "\(refreshed.text)")
                let isRefused = await Waiting.until(within: .seconds(20), every: .milliseconds(50)) {
                    (try? await setting.api.send("GET", paths.operations, token: token).status) == 401
                }
                #expect(isRefused, "\(name) keeps his rights")
            }
            #expect(try await setting.login("second").status == 403)
            let anew = try await setting.token("developer")
            let identity = try await setting.api.send("GET", paths.identity, token: anew).json
            #expect(identity["roles"].items.map(\.string) == ["viewer"], "\(identity)")
        }
    }

    @Test(.timeLimit(.minutes(2))) func sessionsEndAndWhatWasAskedForInThemFails() async throws {
        let more = #","max_concurrent_operations":1,"max_sessions_per_user":2"#
        try await TestAPIServer.with(more: more) { setting in
            let (bot, developer) = (try await setting.token("ci"), try await setting.token("developer"))
            let long = try await setting.begin(
                paths.submitWorkflow,
                #"{"workflow":{"name":"long","operations":[{"id":"a","type":"create","items":["a","b","c"]}]}}"#,
                as: bot)
            let late = try await setting.begin(
                paths.createServer, #"{"hostname":"late","check_mode":true}"#, as: developer)
            #expect(try await setting.api.send("POST", paths.logout, token: developer).status == 200)
            #expect(try await setting.api.send("GET", paths.servers, token: developer).status == 401)
            let revoked = try await setting.center.center.send("GET", center.revocations).json["data"]
            #expect(revoked.items.count == 1, "the control center's token is void too")
            #expect(try await setting.end(long, bot)["status"].string == "completed")
            let failed = try await setting.end(late, bot)
            #expect(failed["error"].string?.contains("no longer logged in") == true, "\(failed)")

            let tokens = [
                try await setting.token("viewer"), try await setting.token("viewer"), try await setting.token("viewer"),
            ]
            var statuses: [Int] = []
            for token in tokens {
                statuses.append(try await setting.api.send("GET", paths.servers, token: token).status)
            }
            #expect(statuses == [401, 200, 200])
        }
    }

    @Test(.timeLimit(.minutes(2))) func anAbsenceOfTheDatabaseEndsNothing() async throws {
        try await TestAPIServer.with(more: #","max_concurrent_operations":1"#) { setting in
            let bot = try await setting.token("ci")
            var ids: [String] = []
            for name in ["a", "b", "c"] {
                ids.append(try await setting.begin(paths.createServer, #"{"hostname":"\#(name)"}"#, as: bot))
            }
            await setting.center.postgres.kill()
            let waits = await Waiting.until(within: .seconds(30), every: .milliseconds(20)) {
                setting.api.service.log.contains("an operation waits")
            }
            #expect(waits)
            #expect(try await setting.api.send("GET", paths.ready).status == 503)
            #expect(try await setting.api.send("GET", paths.servers, token: bot).status == 503)
            let again = try await setting.center.postgres.restarted()
            var ends: [String?] = []
            for id in ids { ends.append(try? await setting.end(id, bot)["status"].string) }
            #expect(ends == ["completed", "completed", "completed"])
            let more = try? await setting.run(paths.createServer, #"{"hostname":"d"}"#, as: bot)
            #expect(more?["status"].string == "completed")
            await again.service.end()
        }
    }

    @Test(.timeLimit(.minutes(2))) func documentedSettingsHold() async throws {
        let secret = "a secret of at least 32 bytes, shared"
        let more =
            #","jwt_secret":"\#(secret)","cors_enabled":true,"logging":{"level":"debug","json_format":true}"#
        try await TestAPIServer.with(more: more) { setting in
            let parts = try await setting.token("viewer").split(separator: ".").map(String.init)
            let code = HMAC<SHA256>.authenticationCode(
                for: Data("\(parts[0]).\(parts[1])".utf8), using: SymmetricKey(data: Data(secret.utf8)))
            let text = Data(code).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            #expect(text.replacing("=", with: "") == parts[2])

            let page = ["Origin": "http://page.example", "Access-Control-Request-Method": "DELETE"]
            let asked = try await HTTP.send("OPTIONS", setting.api.url + paths.servers, headers: page)
            #expect(asked.status == 204 && asked.headers["access-control-allow-methods"]?.contains("DELETE") == true)
            let refused = try await HTTP.send("GET", setting.api.url + paths.servers, headers: page)
            #expect(refused.status == 401 && refused.headers["access-control-allow-origin"] == "*")

            let lines = setting.api.service.log.split(whereSeparator: \.isNewline)
            let events = lines.filter { !$0.contains("\"listening\"") }.map { line in
                try? JSONDecoder().decode([String: String].self, from: Data(line.utf8))
            }
            let requests = events.filter { $0?["message"] == "request" && $0?["level"] == "debug" }
            #expect(!events.contains(nil) && requests.contains { $0?["path"] == paths.login })
        }
    }

    @Test func weakSecretsAreRefused() async throws {
        let directory = try TestService.temporaryDirectory("weak-secret")
        defer { _ = DirectoryTree.remove(directory) }
        let settings =
            #"{"database":{"host":"127.0.0.1","user":"x"},"orchestrator":"http://127.0.0.1:1","control_center":"http://127.0.0.1:1","username":"x","password":"x"}"#
        try AtomicFile.write(Array(settings.utf8), to: "\(directory)/settings.json")
        let result = try await Program.run(
            TestPlatform.executable,
            [
                "api-server", "--listen", "127.0.0.1:0", "--data", "\(directory)/data", "--settings",
                "\(directory)/settings.json",
            ], environment: ["JWT_SECRET": "short"])
        #expect(result.status == .exited(65) && result.output.contains("JWT_SECRET"), "\(result)")
    }
}

import FleetSystem
import FleetTestSupport
import Foundation
import InterfaceProfile
import Testing

/// The API server as a process, over a real orchestrator, control center and database.
@Suite(.serialized, .enabled(if: TestAPIServer.canRun, "needs PostgreSQL, knot and a registry"))
struct APIServerTests {
    let paths = InterfaceProfile.standard.apiServer

    @Test(.timeLimit(.minutes(2))) func loginsAreAsDocumented() async throws {
        try await TestAPIServer.with { setting in
            let api = setting.api
            let answer = try await setting.login("viewer")
            #expect(answer.status == 200 && answer.json.keys == ["token", "refresh_token", "expires_in"])
            #expect(answer.json["expires_in"].int == 86_400)
            let wrong = try await api.send("POST", paths.login, #"{"username":"viewer","password":"no-password"}"#)
            #expect(wrong.status == 401 && wrong.json.keys == ["error", "message", "code"])
            #expect(wrong.json["code"].string == "401" && wrong.json["error"].string == "UNAUTHORIZED")
            #expect(try await api.send("POST", paths.login, "{}").json["code"].string == "400")
            // Tokens of one service are none at the other.
            let foreign = try await setting.center.token("viewer")
            #expect(try await api.send("GET", paths.servers, token: foreign).status == 401)
            let own = try #require(answer.json["token"].string)
            #expect(try await setting.platform.get(InterfaceProfile.standard.paths.servers, token: own).status == 401)
            let me = try await api.send("GET", paths.identity, token: own).json
            #expect(me["permissions"].items.contains(.string("server_read")))
            #expect(!me["permissions"].items.contains(.string("server_create")))
            #expect(try await api.send("GET", paths.ready).status == 200)
            let refresh = try #require(answer.json["refresh_token"].string)
            let next = try #require(try await setting.refresh(refresh).json["token"].string)
            #expect(try await api.send("GET", paths.identity, token: next).status == 200)
            #expect(try await setting.refresh(own).status == 401, "an access token is none for refreshing")
            // Used again: somebody has stolen one of the two, so the session ends for both.
            let reuse = try await setting.refresh(refresh)
            #expect(reuse.status == 401 && reuse.text.contains("used before"), "\(reuse.text)")
            for token in [own, next] {
                #expect(try await api.send("GET", paths.identity, token: token).status == 401)
            }
        }
    }

    @Test(.timeLimit(.minutes(2))) func aServerIsMadeShownAndRemoved() async throws {
        try await TestAPIServer.with { setting in
            let api = setting.api
            let bot = try await setting.token("ci")
            let body =
                #"{"workspace":"w","provider":"local","plan":"host","hostname":"web","zone":"local","check_mode":false,"tags":[]}"#
            for name in ["viewer", "auditor"] {
                let refused = try await api.send("POST", paths.createServer, body, token: try await setting.token(name))
                #expect(refused.status == 403 && refused.json["code"].string == "403", "\(refused.text)")
            }
            #expect(try await api.send("POST", paths.createServer, body).status == 401)
            let made = try await api.send("POST", paths.createServer, body, token: bot)
            #expect(made.status == 200 && made.json["status"].string == "pending", "\(made.text)")
            #expect(made.json.keys == ["id", "status", "created_at", "updated_at", "result", "error"])
            let ended = try await setting.end(try #require(made.json["id"].string), bot)
            #expect(ended["status"].string == "completed" && ended["error"] == .null, "\(ended)")
            let servers = try await api.send("GET", paths.servers, token: bot).json
            #expect(servers.items.count == 1 && servers[0]["hostname"].string == "web")
            #expect(
                servers[0].keys == ["id", "hostname", "provider", "plan", "zone", "ip_address", "status", "created_at"])
            // The second witness.
            let address = try await setting.platform.knot.resolve("web.\(setting.platform.knot.zone)")
            #expect(address == [servers[0]["ip_address"].string])
            let id = try #require(servers[0]["id"].string)
            #expect(try await api.send("GET", filledPath(paths.server, id), token: bot).json == servers[0])
            let removal = try await api.send("DELETE", filledPath(paths.server, id), token: bot)
            let gone = try await setting.end(try #require(removal.json["id"].string), bot)
            #expect(gone["status"].string == "completed", "\(gone)")
            #expect(try await api.send("GET", paths.servers, token: bot).json.items.isEmpty)
            let metrics = try await api.send("GET", paths.metrics).text
            let name = InterfaceProfile.standard.apiServerMetrics.operations
            #expect(metrics.contains("\(name){status=\"completed\"} 2.0"), "\(metrics)")
            let all = try await api.send("GET", paths.operations + "?status=completed", token: bot).json
            #expect(all.items.count == 2)
        }
    }

    @Test(.timeLimit(.minutes(2))) func operationsSurviveAKillAndCanBeCancelled() async throws {
        try await TestAPIServer.with(more: #","max_concurrent_operations":1"#, endsAs: .signaled(SIGKILL)) { setting in
            let api = setting.api
            let bot = try await setting.token("ci")
            var ids: [String] = []
            for name in ["a", "b", "c"] {
                let made = try await api.send("POST", paths.createServer, #"{"hostname":"\#(name)"}"#, token: bot)
                ids.append(try #require(made.json["id"].string))
            }
            let last = try await api.send("POST", filledPath(paths.cancelOperation, ids[2]), token: bot)
            #expect(last.status == 200 && last.json["status"].string == "cancelled", "\(last.text)")
            #expect(try await api.send("POST", filledPath(paths.cancelOperation, ids[2]), token: bot).status == 409)
            let witness = try await setting.center.token("ci")
            let isSubmitted = await Waiting.until(within: .seconds(30), every: .milliseconds(20)) {
                (try? await setting.platform.get("/tasks", token: witness).json["data"].items.count) ?? 0 >= 1
            }
            #expect(isSubmitted)
            kill(api.service.processID, SIGKILL)
            await api.service.end()
            let new = try await RunningService.start(
                "api-server", settings: setting.settings, directory: api.service.directory)
            let first = try await setting.end(ids[0], bot, at: new)
            let isHonest =
                first["status"].string == "completed" || first["error"].string?.contains("was stopped") == true
            #expect(isHonest, "\(first)")
            #expect(try await setting.end(ids[1], bot, at: new)["status"].string == "completed")
            let tasks = try await setting.platform.get("/tasks", token: witness).json["data"].items
            #expect(tasks.count == 2, "\(tasks)")
            #expect(await new.service.end() == .exited(0))
        }
    }
}

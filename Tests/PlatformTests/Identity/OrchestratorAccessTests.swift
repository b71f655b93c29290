import FleetSystem
import FleetTestSupport
import Foundation
import InterfaceProfile
import Testing

/// An orchestrator with logins: every step of the chain, over the wire.
@Suite(
    .serialized, .enabled(if: TestControlCenter.canRun && TestPlatform.canRun, "needs PostgreSQL, knot and a registry"))
struct OrchestratorAccessTests {
    let paths = InterfaceProfile.standard.paths

    private func settings(_ center: TestControlCenter, _ more: String = "") -> String {
        #"{"security":{"control_center":"\#(center.center.url)"\#(more)}}"#
    }

    @Test(.timeLimit(.minutes(2))) func rolesAreTriedAgainstEveryEndpoint() async throws {
        try await TestControlCenter.with { center in
            try await TestPlatform.with(mode: "multiuser", settings: settings(center)) { platform in
                let none = "00000000-0000-4000-8000-000000000000"
                let looks = [
                    ("GET", paths.tasks), ("GET", filledPath(paths.task, none)), ("GET", paths.servers),
                    ("GET", filledPath(paths.server, "x")), ("GET", paths.dnsRecords), ("GET", paths.workspaces),
                    ("GET", paths.extensions),
                ]
                let changes = [
                    ("POST", paths.createServers), ("POST", paths.deleteServers), ("POST", paths.createTaskserv),
                    ("POST", filledPath(paths.cancelTask, none)), ("DELETE", filledPath(paths.server, "x")),
                    ("POST", paths.workspaces), ("DELETE", filledPath(paths.workspace, "x")),
                    ("POST", paths.loadExtension), ("DELETE", filledPath(paths.loadedExtension, "taskserv", "x")),
                ]
                for (method, path) in looks + changes {
                    #expect(try await platform.send(method, path).status == 401, "\(method) \(path)")
                    #expect(try await platform.send(method, path, token: "x.y.z").status == 401, "\(method) \(path)")
                }
                for name in ["viewer", "auditor", "developer", "operator", "ci"] {
                    let token = try await center.token(name)
                    let mayChange = !["viewer", "auditor"].contains(name)
                    for (method, path) in looks {
                        let answer = try await platform.send(method, path, token: token)
                        #expect(
                            answer.status != 401 && answer.status != 403, "\(name) \(method) \(path): \(answer.text)")
                    }
                    for (method, path) in changes {
                        let answer = try await platform.send(method, path, "{}", token: token)
                        let isAllowed = mayChange && (method != "DELETE" || name == "ci")
                        #expect((answer.status != 403) == isAllowed, "\(name) \(method) \(path): \(answer.text)")
                    }
                }
                for path in [paths.health, paths.ready, paths.metrics] {
                    #expect(try await platform.get(path).status == 200, "\(path)")
                }
                let me = try await platform.get(paths.identity, token: try await center.token("viewer")).json["data"]
                #expect(me["username"].string == "viewer" && me["authentication"].string == "bearer")
            }
        }
    }

    @Test(.timeLimit(.minutes(2))) func tiersAndWorkspacesCountWhereverTheyAreMentioned() async throws {
        try await TestControlCenter.with { center in
            try await TestPlatform.with(mode: "multiuser", settings: settings(center)) { platform in
                let developer = try await center.token("developer")
                let other = try await center.token("second")
                let made = try await platform.send("POST", paths.workspaces, #"{"name":"shop"}"#, token: developer)
                #expect(made.status == 201, "\(made.text)")
                let shop = filledPath(paths.workspace, "shop")
                #expect(try await platform.get(shop, token: developer).status == 200)
                let foreign = try await platform.get(shop, token: other)
                #expect(foreign.status == 403 && foreign.text.contains("workspace-isolation"), "\(foreign.text)")
                #expect(try await platform.get(paths.workspaces, token: other).json["data"].items.isEmpty)
                #expect(try await platform.get(paths.workspaces, token: developer).json["data"].items.count == 1)

                let server = { (more: String) in #"{"servers":["web"],"check_mode":true\#(more)}"# }
                let mentions = [
                    (#","environment":"production""#, 403), (#","environment":"prod","approval_id":"CHG-1""#, 403),
                    (#","environment":"dev""#, 200), ("", 200), (#","environment":"moon""#, 400),
                ]
                for (more, status) in mentions {
                    let answer = try await platform.send("POST", paths.createServers, server(more), token: developer)
                    #expect(answer.status == status, "\(more): \(answer.text)")
                }
                let hidden = try await platform.send(
                    "POST", paths.createServers + "?environment=development",
                    server(#","settings":"x","environment":"production""#), token: developer)
                #expect(hidden.status == 403)
                let inShop = server(#","workspace":"shop""#)
                #expect(try await platform.send("POST", paths.createServers, inShop, token: other).status == 403)
                #expect(try await platform.send("POST", paths.createServers, inShop, token: developer).status == 200)

                // A server belongs to its workspace, whoever names it and however.
                let real = inShop.replacing(#","check_mode":true"#, with: #","wait":true"#)
                let created = try await platform.send("POST", paths.createServers, real, token: developer)
                #expect(created.status == 200, "\(created.text)")
                let web = filledPath(paths.server, "web")
                #expect(try await platform.get(web, token: developer).status == 200)
                #expect(try await platform.get(web, token: other).status == 403)
                for body in [#"{"servers":["web"]}"#, #"{"servers":["web"],"workspace":"mine"}"#] {
                    let answer = try await platform.send("POST", paths.deleteServers, body, token: other)
                    #expect(answer.status == 403 && answer.text.contains("workspace-isolation"), "\(answer.text)")
                }
                #expect(try await platform.get(shop, token: developer).json["data"]["owner"].string == "developer")
            }
        }
    }

    @Test(.timeLimit(.minutes(2))) func aLogoutReachesTheOrchestratorAndIsAudited() async throws {
        try await TestControlCenter.with { center in
            try await TestPlatform.with(mode: "multiuser", settings: settings(center)) { platform in
                let token = try await center.token("operator")
                #expect(try await platform.get(paths.servers, token: token).status == 200)
                _ = try await center.center.send("POST", center.paths.logout, token: token)
                let isOut = await Waiting.until(within: .seconds(5), every: .milliseconds(100)) {
                    (try? await platform.get(paths.servers, token: token).status) == 401
                }
                #expect(isOut)
                let auditor = try await center.token("auditor")
                let query = paths.auditQuery + "?user=operator"
                let events = try await platform.get(query, token: auditor).json["data"].items
                #expect(events.last?["event"]["action"].string == "list")
                #expect(events.last?["rule"]["name"].string == "sre-infrastructure")
                let outcomes = try await platform.get(paths.auditQuery + "?outcome=failure", token: auditor)
                #expect(outcomes.json["data"][0]["http"]["response"]["status_code"].int == 401)
                #expect(!outcomes.text.contains(token) && !platform.service.log.contains(token))
            }
        }
    }

    @Test(.timeLimit(.minutes(2))) func tooManyRequestsAreTurnedAway() async throws {
        try await TestControlCenter.with { center in
            let limits = #","rate_limit":5,"rate_seconds":2"#
            try await TestPlatform.with(mode: "multiuser", settings: settings(center, limits)) { platform in
                let token = try await center.token("viewer")
                var statuses: [Int] = []
                for _ in 0..<8 { statuses.append(try await platform.get(paths.tasks, token: token).status) }
                #expect(statuses.filter { $0 == 200 }.count == 5 && statuses.last == 429, "\(statuses)")
                let refused = try await platform.get(paths.tasks, token: token)
                #expect((1...2).contains(Int(refused.headers["retry-after"] ?? "") ?? 0))
                #expect(try await platform.get(paths.health).status == 200)
                let isOpen = await Waiting.until(within: .seconds(5), every: .milliseconds(200)) {
                    (try? await platform.get(paths.tasks, token: token).status) == 200
                }
                #expect(isOpen)
            }
        }
    }
}

import FleetSystem
import FleetTestSupport
import Foundation
import InterfaceProfile
import Testing

/// The API server asks for its callers, with their own rights: the orchestrator decides what they may touch.
@Suite(.serialized, .enabled(if: TestAPIServer.canRun, "needs PostgreSQL, knot and a registry"))
struct APIRightsTests {
    let paths = InterfaceProfile.standard.apiServer
    let there = InterfaceProfile.standard.paths

    private func batch(_ operation: String) -> String { #"{"workflow":{"name":"one","operations":[\#(operation)]}}"# }

    @Test(.timeLimit(.minutes(2))) func whoMayNotTouchProductionMayNotThroughTheAPIEither() async throws {
        try await TestAPIServer.with { setting in
            let (bot, developer) = (try await setting.token("ci"), try await setting.token("developer"))
            // An approval that holds at any hour.
            let production = #"{"hostname":"prod-1","environment":"production","approval_id":"EMERGENCY-1"}"#
            let made = try await setting.run(paths.createServer, production, as: bot)
            #expect(made["status"].string == "completed", "\(made)")

            let node = #"{"id":"a","type":"create","target":"taskserv","taskserv":"redis","servers":["prod-1"]}"#
            for (path, body) in [
                (paths.createTaskserv, #"{"taskserv":"redis","servers":["prod-1"]}"#),
                (paths.submitWorkflow, batch(#"{"id":"a","type":"delete","items":["prod-1"]}"#)),
                (paths.submitWorkflow, batch(node)),
                (paths.createCluster, #"{"name":"big","workers":5}"#),
            ] {
                let ended = try await setting.run(path, body, as: developer)
                let isRefused = ended["error"].string?.contains("the orchestrator refuses") == true
                #expect(ended["status"].string == "failed" && isRefused, "\(path) \(body): \(ended)")
            }
            let events = try await setting.platform.get(
                there.auditQuery + "?user=developer&limit=100", token: try await setting.center.token("auditor"))
            let refusals = events.json["data"].items.filter { $0["http"]["response"]["status_code"].int == 403 }
            let touched = Set(refusals.compactMap { $0["url"]["path"].string })
            #expect(touched.isSuperset(of: [there.createTaskserv, there.createCluster]), "\(events.text)")

            let removal = filledPath(paths.server, "prod-1")
            let without = try await setting.run(removal, method: "DELETE", as: bot)
            #expect(without["error"].string?.contains("production-approval") == true, "\(without)")
            let with = try await setting.run(removal + "?approval_id=EMERGENCY-2", method: "DELETE", as: bot)
            #expect(with["status"].string == "completed", "\(with)")
        }
    }

    @Test(.timeLimit(.minutes(2))) func aServerIsMadeWithAllThatWasAskedForOrRefused() async throws {
        try await TestAPIServer.with { setting in
            let bot = try await setting.token("ci")
            let made = try await setting.run(
                paths.createServer, #"{"hostname":"web","tags":["shop","of the team"],"infra":"east"}"#, as: bot)
            #expect(made["status"].string == "completed", "\(made)")
            let witness = try await setting.center.token("ci")
            let server = try await setting.platform.get(filledPath(there.server, "web"), token: witness).json["data"]
            #expect(server["tags"].items.map(\.string) == ["shop", "of the team"] && server["infra"].string == "east")
            for (body, word) in [
                (#"{"hostname":"x","enviroment":"production"}"#, "enviroment"),
                (#"{"hostname":"No Name"}"#, "hostname"),
                (#"{"hostname":["x"]}"#, "hostname"), (#"{"hostname":"x","tags":[1]}"#, "tags"),
                (#"{"hostname":"x","check_mode":"yes"}"#, "check_mode"), (#"{"servers":["x"]}"#, "hostname"),
                (#"{"hostname":"x","environment":"somewhere"}"#, "environment"),
            ] {
                let refused = try await setting.api.send("POST", paths.createServer, body, token: bot)
                #expect(refused.status == 400 && refused.text.contains(word), "\(body): \(refused.text)")
            }
            let waiting = #"{"taskserv":"redis","servers":["web"],"wait":true}"#
            let refused = try await setting.api.send("POST", paths.createTaskserv, waiting, token: bot)
            #expect(refused.status == 400 && refused.text.contains("wait"), "\(refused.text)")
            let long = try await setting.run(paths.createServer, #"{"hostname":"y","tags":[""]}"#, as: bot)
            #expect(long["error"].string?.contains("tags") == true, "\(long)")
        }
    }

    @Test(.timeLimit(.minutes(2))) func whatBelongsToSomebodyElseIsNotShown() async throws {
        try await TestAPIServer.with { setting in
            let (api, platform) = (setting.api, setting.platform)
            let (developer, second) = (try await setting.token("developer"), try await setting.token("second"))
            let workspace = try await platform.send(
                "POST", there.workspaces, #"{"name":"shop"}"#, token: try await setting.center.token("developer"))
            #expect(workspace.status == 201, "\(workspace.text)")
            let id = try await setting.begin(
                paths.createServer, #"{"hostname":"own","workspace":"shop"}"#, as: developer)
            #expect(try await setting.end(id, developer)["status"].string == "completed")

            let sre = try await setting.token("operator")
            for (token, sees) in [(developer, true), (second, false), (sre, true)] {
                let servers = try await api.send("GET", paths.servers, token: token).json
                #expect(servers.items.contains { $0["hostname"].string == "own" } == sees, "\(servers)")
                let one = try await api.send("GET", filledPath(paths.server, "own"), token: token)
                #expect(one.status == (sees ? 200 : 404), "\(one.text)")
                let operations = try await api.send("GET", paths.operations, token: token).json
                #expect(operations.items.contains { $0["id"].string == id } == sees, "\(operations)")
                let operation = try await api.send("GET", filledPath(paths.operation, id), token: token)
                #expect(operation.status == (sees ? 200 : 403), "\(operation.text)")
                let cancelled = try await api.send("POST", filledPath(paths.cancelOperation, id), token: token)
                #expect(cancelled.status == (sees ? 409 : 403), "\(cancelled.text)")
            }
            // A second factor is asked for, and is what the session has shown.
            let place = filledPath(paths.server, "own")
            let root = try await api.send("DELETE", place, token: try await setting.token("root"))
            #expect(root.status == 403 && root.text.contains("delete-mfa"), "\(root.text)")
            let admin = try await setting.token("admin", code: TestControlCenter.code())
            #expect(try await setting.run(place, method: "DELETE", as: admin)["status"].string == "completed")
        }
    }

    @Test(.timeLimit(.minutes(2))) func whatRunsIsCancelledByWhoMay() async throws {
        try await TestAPIServer.with { setting in
            let (bot, second) = (try await setting.token("ci"), try await setting.token("second"))
            let names = (0..<20).map { "\"c-\($0)\"" }.joined(separator: ",")
            let id = try await setting.begin(
                paths.submitWorkflow,
                #"{"workflow":{"name":"long","parallel_limit":1,"operations":[{"id":"a","type":"create","items":[\#(names)]}]}}"#,
                as: bot)
            let witness = try await setting.center.token("ci")
            let hasBegun = await Waiting.until(within: .seconds(20), every: .milliseconds(20)) {
                (try? await setting.platform.get(there.servers, token: witness).json["data"].items.isEmpty) == false
            }
            #expect(hasBegun)
            let place = filledPath(paths.cancelOperation, id)
            #expect(try await setting.api.send("POST", place, token: second).status == 403)
            #expect(try await setting.api.send("POST", place, token: bot).status == 200)
            #expect(try await setting.end(id, bot)["status"].string == "cancelled")
        }
    }
}

import Foundation
import InterfaceProfile
import Testing

/// What a request touches decides, however it says so: in a batch, through a cluster, by the id of a task.
@Suite(
    .serialized, .enabled(if: TestControlCenter.canRun && TestPlatform.canRun, "needs PostgreSQL, knot and a registry"))
struct TouchedThingsTests {
    let paths = InterfaceProfile.standard.paths
    let batchPaths = InterfaceProfile.standard.batchPaths
    let secrets = InterfaceProfile.standard.secrets

    /// An approval that holds at any hour.
    private static let production = #""environment":"production","approval_id":"EMERGENCY-1""#

    private func with(_ body: (Company) async throws -> Void) async throws {
        try await TestControlCenter.with { center in
            let settings = #"{"security":{"control_center":"\#(center.center.url)"}}"#
            try await TestPlatform.with(mode: "multiuser", settings: settings) { platform in
                try await body(
                    Company(
                        platform: platform, program: try await center.token("ci"),
                        developer: try await center.token("developer"), second: try await center.token("second")))
            }
        }
    }

    @Test(.timeLimit(.minutes(2))) func aServerOfProductionIsSoInEveryRequest() async throws {
        try await with { company in
            let made = try await company.send(
                paths.createServers, #"{"servers":["prod-1"],"wait":true,\#(Self.production)}"#, company.program)
            #expect(made.status == 200, "\(made.text)")
            let task = made.json["data"].string ?? ""
            let batch = try await company.batch(
                #"{"id":"a","type":"create","items":["prod-2"]}"#, Self.production, company.program)
            #expect(batch.status == 200, "\(batch.text)")
            let id = batch.json["data"]["batch_id"].string ?? ""

            let body = #"{"servers":["prod-1"]}"#
            try await company.expectRefusal(paths.deleteServers, body)
            try await company.expectRefusal(paths.deleteServers, body, type: "application/octet-stream")
            try await company.expectRefusal(paths.deleteServers, #"{"servers":["prod-2"]}"#)
            for operation in [
                #"{"id":"a","type":"delete","items":["prod-1"]}"#,
                #"{"id":"a","type":"delete","items":[{"hostname":"prod-1"}]}"#,
                #"{"id":"a","type":"create","target":"taskserv","taskserv":"redis","servers":["prod-1"]}"#,
            ] {
                let answer = try await company.batch(operation, nil, company.developer)
                #expect(answer.status == 403, "\(operation): \(answer.text)")
            }
            let again = try await company.batch(
                #"{"id":"a","type":"create","items":["prod-1"]}"#, nil, company.developer)
            #expect(again.status == 403, "what exists is not new: \(again.text)")
            try await company.expectRefusal(paths.deleteServers, body)
            try await company.expectRefusal(filledPath(paths.cancelTask, task), "")
            for path in [batchPaths.cancel, batchPaths.rollback, batchPaths.resume] {
                try await company.expectRefusal(filledPath(path, id), "")
            }
        }
    }

    @Test(.timeLimit(.minutes(2))) func clustersHaveTheTierAndTheSizeThatTheyHave() async throws {
        try await with { company in
            let made = try await company.send(
                paths.createCluster, #"{"name":"prod","wait":true,\#(Self.production)}"#, company.program)
            #expect(made.status == 200, "\(made.text)")
            try await company.expectRefusal(paths.deleteCluster, #"{"name":"prod"}"#)
            try await company.expectRefusal(paths.createCluster, #"{"name":"prod","operation":"delete"}"#)
            for (workers, status) in [(4, 200), (5, 403)] {
                let wish = #"{"name":"dev","workers":\#(workers),"check_mode":true}"#
                let answer = try await company.send(paths.createCluster, wish, company.developer)
                #expect(answer.status == status, "\(answer.text)")
                let inBatch = try await company.batch(
                    #"{"id":"a","type":"create","target":"cluster","name":"dev","workers":\#(workers),"check_mode":true}"#,
                    nil, company.developer)
                #expect(inBatch.status == status, "\(inBatch.text)")
            }
        }
    }

    @Test(.timeLimit(.minutes(2))) func aKeyToProductionIsSSH() async throws {
        try await with { company in
            for (server, more) in [("prod-1", Self.production), ("dev-1", #""environment":"development""#)] {
                let made = try await company.send(
                    paths.createServers, #"{"servers":["\#(server)"],"wait":true,\#(more)}"#, company.program)
                #expect(made.status == 200, "\(made.text)")
            }
            let key = try await company.send(secrets.generateKey, "{}", company.developer)
            #expect(key.status == 201, "\(key.text)")
            let deploy = filledPath(secrets.deployKey, key.json["data"]["id"].string ?? "")
            let refused = try await company.send(deploy, #"{"server":"prod-1"}"#, company.developer)
            #expect(refused.status == 403, "\(refused.text)")
            let taken = try await company.send(deploy, #"{"server":"dev-1"}"#, company.developer)
            #expect(taken.status == 200, "\(taken.text)")
        }
    }

    @Test(.timeLimit(.minutes(2))) func namesLikeVerbsAreNames() async throws {
        try await with { company in
            for name in ["backup", "load", "query", "stats"] {
                let made = try await company.send(paths.workspaces, #"{"name":"\#(name)"}"#, company.developer)
                #expect(made.status == 201, "\(made.text)")
                let path = filledPath(paths.workspace, name)
                let foreign = try await company.platform.get(path, token: company.second)
                #expect(foreign.status == 403 && foreign.text.contains("workspace-isolation"), "\(foreign.text)")
                #expect(try await company.platform.get(path, token: company.developer).status == 200)
            }
        }
    }
}

/// An orchestrator with logins, and who uses it.
private struct Company {
    let platform: TestPlatform
    /// A service account that may deploy to production.
    let program: String
    let developer: String
    let second: String

    func send(_ path: String, _ body: String, _ token: String) async throws -> HTTP.Answer {
        try await platform.send("POST", path, body, token: token)
    }

    /// Submits a batch of one operation.
    func batch(_ operation: String, _ more: String?, _ token: String) async throws -> HTTP.Answer {
        let rest = more.map { ",\($0)" } ?? ""
        return try await send(
            InterfaceProfile.standard.batchPaths.execute,
            #"{"workflow":{"name":"one","operations":[\#(operation)]}\#(rest)}"#, token)
    }

    /// Expects that a developer may not do it.
    func expectRefusal(
        _ path: String, _ body: String, type: String = "application/json", at place: SourceLocation = #_sourceLocation
    ) async throws {
        let answer = try await platform.send("POST", path, body, token: developer, type: type)
        #expect(answer.status == 403, "\(path) \(body): \(answer.text)", sourceLocation: place)
    }
}

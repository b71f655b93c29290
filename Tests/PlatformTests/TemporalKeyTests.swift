import FleetSystem
import FleetTestSupport
import Foundation
import InterfaceProfile
import Testing

@Suite(.serialized, .enabled(if: TestPlatform.canRun, "needs knot, docker-registry and openssh-server"))
struct TemporalKeyTests {
    let paths = InterfaceProfile.standard.secrets

    /// Whether the private key lets us into the server.
    private func letsIn(_ key: String, _ server: JSON, _ directory: String) async throws -> Bool {
        let file = "\(directory)/temporary"
        try AtomicFile.write(key.utf8, to: file)
        defer { _ = try? FileManager.default.removeItem(atPath: file) }
        let result = try await Program.run(
            "/usr/bin/ssh",
            [
                "-F", "/dev/null", "-i", file, "-p", "\(server["ssh_port"].int ?? 0)", "-o", "IdentitiesOnly=yes",
                "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
                "\(server["ssh_user"].string ?? "")@\(server["ip_address"].string ?? "")", "echo in-$((6 * 7))",
            ])
        return result.status == .exited(0) && result.output.contains("in-42")
    }

    @Test(.timeLimit(.minutes(2))) func keysOpenAServerUntilTheyEnd() async throws {
        let settings = #"{"secrets":{"shortest_ttl":3,"cleanup_seconds":1}}"#
        try await TestPlatform.with(settings: settings) { platform in
            let directory = platform.service.directory
            try await platform.createServers(["web"])
            let server = try await platform.server("web")
            let made = try await platform.send("POST", paths.generateKey, #"{"purpose":"repair"}"#)
            let key = made.json["data"]
            let secret = try #require(key["credentials"]["private_key"].string)
            let id = try #require(key["id"].string)
            #expect(made.status == 201 && key["renewable"] == .boolean(false), "\(made.text)")
            #expect(try await !letsIn(secret, server, directory))
            let deploy = filledPath(paths.deployKey, id)
            #expect(try await platform.send("POST", deploy, #"{"server":"none"}"#).status == 404)
            let deployed = try await platform.send("POST", deploy, #"{"server":"web"}"#)
            #expect(deployed.json["data"]["servers"][0].string == "web", "\(deployed.text)")
            #expect(try await letsIn(secret, server, directory))
            let revoked = try await platform.send("POST", filledPath(paths.revokeKey, id), #"{"reason":"done"}"#)
            #expect(revoked.json["data"]["status"].string == "revoked", "\(revoked.text)")
            #expect(try await !letsIn(secret, server, directory))
            #expect(try await platform.get(filledPath(paths.key, id)).json["data"]["credentials"] == .null)

            let short = try await platform.send("POST", paths.generateKey, #"{"ttl":3}"#).json["data"]
            let shortID = try #require(short["id"].string)
            let shortSecret = try #require(short["credentials"]["private_key"].string)
            _ = try await platform.send("POST", filledPath(paths.deployKey, shortID), #"{"server":"web"}"#)
            #expect(try await letsIn(shortSecret, server, directory))
            let isGone = await Waiting.until(within: .seconds(10), every: .milliseconds(100)) {
                (try? await platform.get(filledPath(paths.key, shortID)).json["data"]["status"].string) == "expired"
            }
            #expect(isGone)
            // It is taken off the server by the next round of cleaning up.
            let isShut = await Waiting.until(within: .seconds(20), every: .milliseconds(200)) {
                (try? await letsIn(shortSecret, server, directory)) == false
            }
            #expect(isShut)
            let stats = try await platform.get(paths.keyStats).json["data"]
            #expect(stats["total"].int == 2 && stats["by_status"]["expired"].int == 1, "\(stats)")
            #expect(!platform.service.log.contains("OPENSSH"))
            let events = try await platform.get("/api/v1/audit/query?resource_type=key").json["data"].items
            #expect(events.contains { $0["resource"]["id"].string == id && $0["event"]["action"].string == "update" })
        }
    }

    @Test(.timeLimit(.minutes(2))) func dynamicSecretsHaveTheSevenEndpoints() async throws {
        try await TestPlatform.with { platform in
            let body = #"{"secret_type":"aws","ttl":900,"workspace":"w","purpose":"p"}"#
            let made = try await platform.send("POST", paths.generate, body).json["data"]
            let id = try #require(made["id"].string)
            #expect(made["credentials"].keys.isSuperset(of: ["access_key_id", "secret_access_key", "session_token"]))
            let one = try await platform.get(filledPath(paths.secret, id)).json["data"]
            #expect(one["credentials"] == made["credentials"])
            let listed = try await platform.get(paths.list).json["data"]
            #expect(listed.items.count == 1 && listed[0]["credentials"] == .null)
            #expect(try await platform.get(paths.expiring + "?within=899").json["data"].items.isEmpty)
            #expect(try await platform.get(paths.expiring + "?within=901").json["data"].items.count == 1)
            let renewed = try await platform.send("POST", filledPath(paths.renew, id), #"{"ttl":43200}"#)
            #expect(renewed.status == 200, "\(renewed.text)")
            #expect(try await platform.get(paths.stats).json["data"]["by_type"]["aws"].int == 1)
            #expect(try await platform.send("POST", filledPath(paths.revoke, id), "{}").status == 200)
            #expect(try await platform.send("POST", filledPath(paths.revoke, id), "{}").status == 409)
            for wrong in [
                #"{"secret_type":"odd","ttl":900}"#, #"{"secret_type":"ssh"}"#, #"{"secret_type":"ssh","ttl":599}"#,
            ] {
                #expect(try await platform.send("POST", paths.generate, wrong).status == 400, "\(wrong)")
            }
        }
    }
}

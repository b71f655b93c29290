import FleetSystem
import FleetTestSupport
import InterfaceProfile
import Testing

@Suite(.serialized, .enabled(if: TestPlatform.canRun, "needs knot, docker-registry and openssh-server"))
struct ServerChangeTests {
    private let paths = InterfaceProfile.standard.paths

    @Test(.timeLimit(.minutes(2))) func changedAddressIsInTheDNSAndAnswers() async throws {
        try await TestPlatform.with { platform in
            try await LoginKey.with { key in
                try await platform.createServers(["web", "other"], keys: [key.publicLine])
                let before = try await platform.server("web")
                let task = try await platform.run(paths.updateServers, #"{"servers":["web"],"ip_address":"auto"}"#)
                #expect(task["status"].string == "Completed", "\(task)")
                let after = try await platform.server("web")
                #expect(after["ip_address"] != before["ip_address"] && after["id"] == before["id"])
                #expect(try await platform.knot.resolve("web.provisioning.local") == [after["ip_address"].string ?? ""])
                #expect(try await key.run("true", on: after).status == .exited(0))
                #expect(try await key.run("true", on: before).status != .exited(0))

                let taken = try await platform.server("other")["ip_address"].string ?? ""
                let body = #"{"servers":["web"],"ip_address":"\#(taken)"}"#
                let refused = try await platform.run(paths.updateServers, body)
                #expect(refused["status"].string == "Failed" && refused["error"].string?.contains("in use") == true)
                let still = try await platform.server("web")
                #expect(still["ip_address"] == after["ip_address"] && still["status"].string == "running")
                #expect(try await key.run("true", on: still).status == .exited(0))
            }
        }
    }

    @Test(.timeLimit(.minutes(2))) func simulatedProvidersBehaveAsTheirSettingsSay() async throws {
        let settings = #"{"providers":{"aws":{"capacity":2,"latency_seconds":0.3,"lag_seconds":0.2}}}"#
        try await TestPlatform.with(settings: settings) { platform in
            let begin = ContinuousClock.now
            let body = #"{"servers":["x1","x2"],"provider":"aws","zone":"eu-west-1a","plan":"t3.micro"}"#
            let task = try await platform.run(paths.createServers, body)
            #expect(task["status"].string == "Completed", "\(task)")
            #expect(ContinuousClock.now - begin >= .seconds(1))
            let server = try await platform.server("x1")
            #expect(server["provider_id"].string?.hasPrefix("i-0") == true && server["ssh_port"] == .null)
            let full = try await platform.run(
                paths.createServers, #"{"servers":["x3"],"provider":"aws","zone":"eu-west-1a"}"#)
            #expect(full["error"].string?.contains("no capacity") == true, "\(full)")
            let plan = try await platform.run(paths.updateServers, #"{"servers":["x1"],"plan":"m5.large"}"#)
            #expect(plan["status"].string == "Completed", "\(plan)")
            #expect(try await platform.server("x1")["plan"].string == "m5.large")
            for (wrong, word) in [(#""provider":"gcp""#, "provider"), (#""provider":"aws","zone":"mars""#, "zone")] {
                let answer = try await platform.send("POST", paths.createServers, #"{"servers":["y"],\#(wrong)}"#)
                #expect(answer.status == 400 && answer.text.contains(word), "\(answer.text)")
            }
            let offers = try await platform.get(paths.providers).json["data"].items
            #expect(offers.map { $0["simulated"] } == [.boolean(false), .boolean(true), .boolean(true)])
            #expect(offers[1]["servers"].int == 2)
            _ = try await Program.run("/bin/kill", ["-9", "\(platform.service.processID)"])
            await platform.service.end()
            let second = try await platform.restarted()
            #expect(try await second.server("x1")["provider_id"] == server["provider_id"])
            #expect(try await second.server("x1")["status"].string == "running")
            await second.service.end()
        }
    }
}

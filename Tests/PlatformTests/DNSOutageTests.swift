import FleetSystem
import FleetTestSupport
import InterfaceProfile
import Testing

@Suite(.serialized, .enabled(if: TestPlatform.canRun, "needs knot, docker-registry and openssh-server"))
struct DNSOutageTests {
    private let paths = InterfaceProfile.standard.paths

    @Test(.timeLimit(.minutes(3))) func lostServerLosesNoRegistration() async throws {
        try await TestPlatform.with { platform in
            try await platform.createServers(["gone"])
            await platform.knot.service.end()
            try await platform.createServers(["late"])
            let deletion = try await platform.run(paths.deleteServers, #"{"servers":["gone"]}"#)
            #expect(deletion["status"].string == "Completed", "\(deletion)")
            let ready = try await platform.get(paths.ready)
            #expect(ready.status == 503 && ready.text.contains("2 changes of the zone wait"), "\(ready.text)")
            let records = try await platform.get(paths.dnsRecords).json["data"].items
            #expect(records.map { $0["registered"] } == [.boolean(false)])

            // Also a kill loses none of them.
            _ = try await Program.run("/bin/kill", ["-9", "\(platform.service.processID)"])
            await platform.service.end()
            let second = try await platform.restarted()
            let knot = try await platform.knot.restarted()
            do {
                let isSaid = await Waiting.until(within: .seconds(30), every: .milliseconds(100)) {
                    let late = try? await knot.resolve("late.provisioning.local")
                    let gone = try? await knot.resolve("gone.provisioning.local")
                    return late?.count == 1 && gone == []
                }
                #expect(isSaid)
                let isReady = await Waiting.until(within: .seconds(10), every: .milliseconds(100)) {
                    (try? await second.get(paths.ready).status) == 200
                }
                #expect(isReady)
                let address = try await second.server("late")["ip_address"].string ?? ""
                #expect(try await knot.resolve("late.provisioning.local") == [address])
            } catch {
                await knot.service.end()
                await second.service.end()
                throw TestServiceError("\(error)\n\(second.service.log.suffix(4000))")
            }
            await second.service.end()
            await knot.service.end()
        }
    }

    @Test(.timeLimit(.minutes(2))) func recordsOfCallersAreKeptApartFromThoseOfServers() async throws {
        try await TestPlatform.with { platform in
            try await platform.createServers(["app"])
            func post(_ body: String) async throws -> HTTP.Answer {
                try await platform.send("POST", paths.dnsRecords, body)
            }
            let alias = #"{"name":"www","record_type":"CNAME","value":"app.provisioning.local"}"#
            #expect(try await post(alias).status == 201)
            #expect(try await post(#"{"name":"v6","record_type":"AAAA","value":"fd00::1","ttl":60}"#).status == 201)
            #expect(try await post(#"{"name":"v6","record_type":"TXT","value":"hello there"}"#).status == 201)
            let address = try await platform.server("app")["ip_address"].string ?? ""
            #expect(try await platform.knot.resolve("www.provisioning.local") == ["app.provisioning.local.", address])
            #expect(try await platform.knot.resolve("v6.provisioning.local", type: "AAAA") == ["fd00::1"])
            #expect(try await platform.knot.resolve("v6.provisioning.local", type: "TXT") == ["\"hello there\""])
            for (body, status) in [
                (#"{"name":"app","record_type":"A","value":"127.64.9.9"}"#, 409),
                (#"{"name":"ns","record_type":"A","value":"127.64.9.9"}"#, 409),
                (#"{"name":"v6","record_type":"CNAME","value":"x.example"}"#, 409),
                (#"{"name":"v6","record_type":"AAAA","value":"fd00::1"}"#, 409),
                (#"{"name":"x","record_type":"A","value":"1.2.3"}"#, 400),
                (#"{"name":"x","record_type":"MX","value":"x"}"#, 400),
                (#"{"name":"x.example.org","record_type":"A","value":"1.2.3.4"}"#, 400),
            ] {
                let answer = try await post(body)
                #expect(answer.status == status, "\(body): \(answer.text)")
            }
            #expect(try await platform.send("DELETE", filledPath(paths.dnsRecord, "app")).status == 409)
            #expect(try await platform.send("DELETE", filledPath(paths.dnsRecord, "v6")).status == 200)
            #expect(try await platform.knot.resolve("v6.provisioning.local", type: "TXT") == [])
            let left = try await platform.get(paths.dnsRecords).json["data"].items.map { $0["name"].string }
            #expect(left == ["app.provisioning.local", "www.provisioning.local"])
        }
    }
}

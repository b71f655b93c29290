import FleetSystem
import FleetTestSupport
import Foundation
import InterfaceProfile
import Testing

@testable import PlatformOrchestrator

/// The documented options of the orchestrator's program.
@Suite(.serialized, .enabled(if: TestPlatform.canRun, "needs knot, docker-registry and openssh-server"))
struct OrchestratorOptionTests {
    @Test(.timeLimit(.minutes(1))) func itStartsWithTheDocumentedOptions() async throws {
        let (knot, directory) = (try await KnotServer.start(), try TestService.temporaryDirectory("options"))
        let port = try TestService.freePort()
        let settings = "\(directory)/settings.json"
        let url = "http://localhost:\(knot.port)"
        try AtomicFile.write(Array(#"{"dns":{"coredns_url":"\#(url)"}}"#.utf8), to: settings)
        let service = try TestService(
            TestPlatform.executable,
            [
                "orchestrator", "--port", "\(port)", "--data-dir", "\(directory)/data", "--storage-type", "filesystem",
                "--settings", settings, "--dns-key-file", knot.keyFile, "--registry", "http://127.0.0.1:1",
            ], directory: directory)
        try? await service.wait(for: "listening") { TestPlatform.announcedPort(service.log) != nil }
        #expect(TestPlatform.announcedPort(service.log) == port, "\(service.log)")
        #expect(FileManager.default.fileExists(atPath: "\(directory)/data/tasks/tasks.log"))
        let order = Data(#"{"servers":["far"],"provider":"aws","wait":true}"#.utf8)
        _ = try? await HTTP.send("POST", "http://127.0.0.1:\(port)/workflows/servers/create", body: order)
        #expect(try await knot.resolve("far.provisioning.local").first?.hasPrefix("198.18.") == true)
        await service.stop()
        await knot.service.stop()
    }

    @Test(.timeLimit(.minutes(1))) func namesAreRegisteredAsTheSettingsWantIt() async throws {
        try await TestPlatform.with(settings: #"{"dns":{"auto_register":false,"ttl":60}}"#) { platform in
            try await platform.createServers(["web"])
            #expect(try await platform.knot.resolve("web.provisioning.local") == [])
            let paths = platform.profile.paths
            let record = #"{"name":"mine","record_type":"A","value":"192.0.2.1"}"#
            let added = try await platform.send("POST", paths.dnsRecords, record)
            #expect(added.json["data"]["ttl"].int == 60, "\(added.text)")
            #expect(try await platform.knot.resolve("mine.provisioning.local") == ["192.0.2.1"])
            let check = #"{"workflow":{"name":"look","operations":[{"id":"a","type":"check","items":["web"]}]}}"#
            let batch = try await platform.send("POST", platform.profile.batchPaths.execute, check).json["data"]
            let path = filledPath(platform.profile.batchPaths.batch, batch["batch_id"].string ?? "")
            let isGood = await Waiting.until(within: .seconds(20)) {
                (try? await platform.get(path).json["data"]["status"].string) == "Completed"
            }
            #expect(isGood, "a check asks for no name")
            let gone = try await platform.run(paths.deleteServers, #"{"servers":["web"]}"#)
            #expect(gone["status"].string == "Completed" && gone["output"].string?.contains("DNS") == false, "\(gone)")
        }
    }

    @Test(arguments: [
        #"{"ttl":0}"#, #"{"coredns_url":"127.0.0.1:53"}"#, #"{"coredns_url":"http://h/x"}"#, #"{"url":""}"#,
    ])
    func wrongSettingsOfNamesAreRefused(text: String) {
        #expect(throws: (any Error).self) { try JSONDecoder().decode(DNSSettings.self, from: Data(text.utf8)) }
    }

    @Test(
        arguments: [
            (["--storage-type", "surrealdb-embedded"], "surrealdb-embedded"),
            (["--listen", "127.0.0.1:1", "--port", "1"], "one of the two"), (["--port", "70000"], "70000"),
            ([], "where is the DNS server"),
        ])
    func whatIsNotThereIsRefused(options: [String], words: String) async throws {
        let needed = ["orchestrator", "--data", "/nowhere", "--registry", "http://127.0.0.1:1"]
        let result = try await Program.run(TestPlatform.executable, needed + options)
        #expect(result.status == .exited(64) && result.output.contains(words), "\(result.output)")
    }
}

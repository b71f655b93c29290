import FleetSystem
import FleetTestSupport
import Foundation
import InterfaceProfile
import PlatformExtensions
import Testing

@Suite(.serialized, .enabled(if: TestPlatform.canRun, "needs docker-registry"))
struct RegistryServiceTests {
    let paths = InterfaceProfile.standard.extensionRegistry

    @Test(.timeLimit(.minutes(1))) func listsSearchesAndHandsOut() async throws {
        try await TestExtensionRegistry.with { service in
            for version in ["1.0.0", "1.1.0", "2.0.0-rc.1"] {
                try await TestArtifact.listener("greeter", version: version).push(to: service.registry)
            }
            try await TestArtifact.listener("other").push(to: service.registry)
            let list = try await service.get(paths.extensions)
            #expect(list.json.items.map { $0["name"].string } == ["greeter", "other"], "\(list.text)")
            let first = list.json[0]
            #expect(first["version"].string == "1.1.0" && first["type"].string == "taskserv")
            #expect(first["source"].string == "oci" && first["checksum"].string?.hasPrefix("sha256:") == true)
            #expect(
                first.keys.isSuperset(of: [
                    "name", "type", "version", "description", "author", "repository", "source", "published_at",
                    "download_url", "checksum", "size",
                ]))
            #expect(try await service.get("\(paths.extensions)?limit=1&offset=1").json[0]["name"].string == "other")
            #expect(try await service.get("\(paths.extensions)?type=provider").json.items.isEmpty)
            #expect(try await service.get("\(paths.search)?q=GREET").json.items.count == 1)

            let one = filledPath(paths.extensionOne, "taskserv", "greeter")
            #expect(try await service.get(one).json["version"].string == "1.1.0")
            let versions = try await service.get("\(one)/versions").json.items.map { $0["version"].string }
            #expect(versions == ["2.0.0-rc.1", "1.1.0", "1.0.0"])
            let archive = try await service.get("\(one)/1.0.0")
            #expect(archive.headers["content-type"] == "application/octet-stream")
            #expect(archive.headers["x-checksum"] == Digest(of: archive.body).description)
            #expect(try await service.get("\(one)/latest").headers["content-disposition"]?.contains("1.1.0") == true)
            for (path, status) in [
                ("\(one)/9.0.0", 404), (filledPath(paths.extensionOne, "taskserv", "none"), 404),
                ("\(paths.extensions)?limit=1001", 400), ("\(paths.extensions)?type=x", 400), (paths.search, 400),
                (filledPath(paths.extensionOne, "module", "x"), 400),
            ] { #expect(try await service.get(path).status == status, "\(path)") }
        }
    }

    @Test(.timeLimit(.minutes(1))) func healthMetricsAndCacheSayWhatIs() async throws {
        try await TestExtensionRegistry.with(gitea: "http://127.0.0.1:1") { service in
            try await TestArtifact.listener("greeter").push(to: service.registry)
            let health = try await service.get(paths.health)
            #expect(health.status == 200 && health.json["status"].string == "degraded", "\(health.text)")
            #expect(health.json["backends"].items.map { $0["status"].string } == ["healthy", "unhealthy"])
            let ready = try await service.get(paths.ready)
            #expect(ready.status == 503 && ready.text.contains("gitea"))
            let list = try await service.get(paths.extensions)
            #expect(list.json.items.count == 1 && list.headers["warning"]?.contains("gitea") == true, "\(list)")
            #expect(try await service.get("\(paths.extensions)?source=gitea").status == 503)
            for _ in 0..<2 {
                _ = try await service.get("\(filledPath(paths.extensionOne, "taskserv", "greeter"))/1.0.0")
            }
            let cache = try await service.get(paths.cacheStatistics).json["archives"]
            #expect(cache["downloads"].int == 1 && cache["memory_hits"].int == 1, "\(cache)")
            let metrics = try await service.get(paths.metrics).text
            let names = InterfaceProfile.standard.extensionRegistryMetrics
            for line in [
                "\(names.backends){backend=\"oci\"} 1.0", "\(names.backends){backend=\"gitea\"} 0.0",
                "\(names.downloads) 2.0",
            ] { #expect(metrics.contains(line), "\(metrics)") }
            #expect(
                try await service.send("POST", paths.clearCache).status == 403, "nobody can be asked who may do that")
            #expect(try await service.send("POST", "\(paths.extensions)?source=oci").status == 403)
        }
    }
}

/// The extension registry with a real OCI registry behind it.
struct TestExtensionRegistry: Sendable {
    let registry: RegistryServer
    let service: TestService
    let url: String

    static func with(
        gitea: String? = nil, security: String? = nil, _ body: (TestExtensionRegistry) async throws -> Void
    ) async throws {
        let registry = try await RegistryServer.start()
        do {
            let directory = try TestService.temporaryDirectory("extension-registry")
            var sections = ["\"cache_ttl_seconds\":0", "\"oci\":{\"url\":\"\(registry.url)\"}"]
            if let gitea { sections.append("\"gitea\":{\"url\":\"\(gitea)\",\"owner\":\"extensions\"}") }
            if let security { sections.append("\"security\":{\"control_center\":\"\(security)\"}") }
            let settings = "\(directory)/settings.json"
            try AtomicFile.write(Array("{\(sections.joined(separator: ","))}".utf8), to: settings)
            let service = try TestService(
                TestPlatform.executable,
                [
                    "extension-registry", "--listen", "127.0.0.1:0", "--data", "\(directory)/data", "--settings",
                    settings,
                ], directory: directory)
            do {
                try await service.wait(for: "listening") { TestPlatform.announcedPort(service.log) != nil }
                let port = TestPlatform.announcedPort(service.log) ?? 0
                try await body(
                    TestExtensionRegistry(registry: registry, service: service, url: "http://127.0.0.1:\(port)"))
                #expect(await service.end() == .exited(0), "SIGTERM ends it well")
            } catch {
                let log = service.log
                await service.stop()
                throw TestServiceError("\(error)\n\(log.suffix(4000))")
            }
            await service.stop()
        } catch {
            await registry.service.stop()
            throw error
        }
        await registry.service.stop()
    }

    func get(_ path: String) async throws -> HTTP.Answer { try await HTTP.send("GET", url + path) }

    func send(_ method: String, _ path: String) async throws -> HTTP.Answer {
        try await HTTP.send(method, url + path, body: Data())
    }
}

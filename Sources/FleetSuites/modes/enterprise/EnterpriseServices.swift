import FleetHTTP
import FleetModel
import FleetTestKit
import InterfaceProfile

extension Enterprise {
    static let services = test(
        "modes/enterprise/enterprise-services", "All enterprise services running (Harbor, Grafana, Prometheus, KMS)",
        modes: [.enterprise], estimate: 3
    ) { context in
        try await context.step("Harbor and all of its parts are healthy") {
            // A part that is slow for a moment counts as ill.
            try await eventually("all are healthy") {
                let health = try await context.harbor.health()
                try expectEqual(health.parts.filter { $0.value != "healthy" }, [:], "the parts that are not")
                try expectEqual(health.all, "healthy", "Harbor's health")
                try expect(health.parts["registry"] != nil, "the registry is one of the parts", actual: health.parts)
            }
        }
        try await context.step("Grafana is healthy, and wants a login") {
            try expectEqual(try await context.grafana.health(), "ok", "Grafana's database")
            let status = try await JSONClient(web: try context.web("grafana")).status(.get, "/api/datasources")
            try expectEqual(status, 401, "the status without a login")
        }
        try await context.step("Prometheus is ready") {
            let response = try await context.web("prometheus").send(.get, "/-/ready")
            try expectEqual(response.status, 200, "the status of /-/ready")
        }
        let kms = context.profile.kms
        try await context.step("the KMS is ready, over an OpenBao that is unsealed") {
            let anonymous = JSONClient(web: try context.web("kms"))
            try await anonymous.ask(.get, kms.kmsHealth)
            try await eventually("it is ready") { try await anonymous.ask(.get, kms.ready) }
            let operatorWeb = try context.web("kms", as: try await context.login("operator"))
            let status = try await JSONClient(web: operatorWeb).ask(.get, kms.status)
            try expectEqual(status["data", "sealed"]?.bool, false, "whether the KMS says that it is sealed")
            let bao = try await JSONClient(web: try context.web("openbao")).ask(.get, "/v1/sys/health")
            try expectEqual(bao["sealed"]?.bool, false, "whether OpenBao says that it is sealed")
            try expectEqual(bao["initialized"]?.bool, true, "whether OpenBao is initialised")
        }
        try await context.step("the KMS decrypts for the same context alone, also after its key was rotated") {
            try await expectEncryption(context)
        }
        try await context.step("Elasticsearch is in a usable state, and wants a login") {
            try expectContains(["green", "yellow"], try await context.elasticsearch.health(), "the usable states")
            let status = try await JSONClient(web: try context.web("elasticsearch")).status(.get, "/_cat/indices")
            try expectEqual(status, 401, "the status without a login")
        }
        try await context.step("what lower modes have is ready too") {
            for service in ["orchestrator", "control-center", "extension-registry", "api-server"] {
                // While changes of the zone are on their way, the orchestrator says that it is not ready.
                try await eventually("\(service) is ready") {
                    let status = try await context.web(service).send(.get, "/ready").status
                    try expectEqual(status, 200, "the status of /ready of \(service)")
                }
            }
        }
    }

    private static func expectEncryption(_ context: TestContext) async throws {
        let kms = try context.kms(as: try await context.login("operator"))
        let (text, place) = (Array("a word of \(context.unique("kms"))".utf8), context.unique("place"))
        let encrypted = try await kms.encrypt(text, context: place)
        let data = try await kms.dataKey("AES_256", context: place)
        try expectEqual(data.key.count, 32, "the bytes of a data key")
        let before = try await kms.encryptionKey()
        try await kms.rotateKey()
        let after = try await kms.encryptionKey()
        try expect(after.version > before.version, "the version grows", actual: after.version)
        let witness = try await context.openBao().newestVersion(ofKey: after.name)
        try expect(witness >= after.version, "OpenBao has that version", actual: witness)
        let again = try await kms.encrypt(text, context: place)
        try expect(again != encrypted, "the same text is never encrypted to the same")
        for (ciphertext, content) in [(encrypted, text), (again, text), (data.ciphertext, data.key)] {
            let decrypted = try await kms.decrypt(ciphertext, context: place)
            try expect(decrypted == content, "what is decrypted is what was encrypted")
            try await expectRefusal("another context", statuses: 400...400) {
                _ = try await kms.decrypt(ciphertext, context: "\(place)-else")
            }
        }
        for nonsense in ["", "bm9uc2Vuc2U=", "no base64!"] {
            try await expectRefusal("a ciphertext that is none", statuses: 400...400) {
                _ = try await kms.decrypt(nonsense, context: place)
            }
        }
        try await expectRefusal("a data key that is none", statuses: 400...400) {
            _ = try await kms.dataKey("DES", context: place)
        }
    }

    static let harborRegistry = test(
        "modes/enterprise/harbor-registry", "Harbor OCI registry operational", modes: [.enterprise], estimate: 4
    ) { context in
        let harbor = try context.harbor
        let (project, repository) = (context.unique("team"), "tools/base")
        let layer = Array("content of \(project)".utf8)
        try await context.step("without a project nothing can be pushed") {
            do {
                try await harbor.registry.pushBlob(layer, to: "\(project)/\(repository)")
            } catch let failure as RegistryFailure {
                return try expectContains([401, 403, 404], failure.status, "the statuses of a refusal")
            }
            try expect(false, "the push is refused", actual: "it was taken")
        }
        await context.cleanup("delete project \(project)") {
            try await harbor.deleteRepository(repository, in: project)
            try await harbor.deleteProject(project)
        }
        try await context.step("make a private project; there is one of a name") {
            try await harbor.createProject(project)
            try await expectRefusal("a second project of the name", statuses: 409...409) {
                try await harbor.createProject(project)
            }
        }
        let digest = try await context.step("push an artifact") {
            try await harbor.registry.pushArtifact(
                layer, layerMediaType: "text/plain", artifactType: "application/vnd.fleet.test", annotations: [:],
                to: "\(project)/\(repository)", tag: "1.0.0")
        }
        try await context.step("Harbor knows it, with digest and tag") {
            let artifacts = try await harbor.artifacts(of: repository, in: project)
            try expectEqual(artifacts.compactMap { $0["digest"]?.string }, [digest.description], "the digests")
            let tags = artifacts.first?["tags"]?.array?.compactMap { $0["name"]?.string }
            try expectEqual(tags, ["1.0.0"], "the tags")
        }
        try await context.step("what is pulled is what was pushed") {
            let (manifest, found) = try await harbor.registry.pullManifest("1.0.0", from: "\(project)/\(repository)")
            try expectEqual(found, digest, "the digest of the manifest")
            let content = try await harbor.registry.pullBlob(
                manifest.layers[0].digest, from: "\(project)/\(repository)")
            try expect(content == layer, "the layer is the same", actual: "\(content.count) other bytes")
        }
        try await context.step("nobody else gets at it: not without a login, not with a wrong one") {
            let strangers = [
                try context.web("harbor"),
                WebClient(
                    base: try context.endpoint("harbor", "url"), log: context.log,
                    authorization: Authorization.basic("admin", "not-the-password")),
            ]
            for web in strangers {
                let status = try await web.send(.get, "/v2/\(project)/\(repository)/manifests/1.0.0").status
                try expectEqual(status, 401, "the status for a stranger")
            }
        }
        try await context.step("a project that holds something cannot be deleted; emptied it can") {
            let status = try await harbor.json.status(.delete, "/api/v2.0/projects/\(project)")
            try expectEqual(status, 412, "the status while it holds something")
            let wasThere = try await harbor.deleteRepository(repository, in: project)
            try expect(wasThere, "the repository was there to be deleted")
            try expect(try await harbor.deleteProject(project), "the project was there to be deleted")
            let gone = try await harbor.json.status(.get, "/api/v2.0/projects/\(project)")
            try expectContains([403, 404], gone, "the statuses of a project that is gone")
        }
    }

    static let monitoringStack = test(
        "modes/enterprise/monitoring-stack", "Monitoring stack (Prometheus + Grafana)", modes: [.enterprise],
        estimate: 6
    ) { context in
        let (grafana, prometheus) = (try context.grafana, try context.prometheus)
        let source = try await context.step("Grafana's default source is the environment's Prometheus") {
            let source = try require(try await grafana.dataSources().first(where: \.isDefault), "the default source")
            try expectEqual(source.type, "prometheus", "its type")
            try expectEqual(source.url, try context.endpoint("prometheus", "url"), "its address")
            let health = try await grafana.json.ask(.get, "/api/datasources/uid/\(source.uid)/health")
            try expectEqual(health["status"]?.string, "OK", "its health")
            return source
        }
        try await context.step("through Grafana every service of the platform is up") {
            let services = ["orchestrator", "control-center", "extension-registry", "api-server", "kms"]
            try await eventually("all are up", within: .seconds(30)) {
                for service in services {
                    let values = try await grafana.values("up{job=\"\(service)\"}", from: source)
                    try expectEqual(values, [1], "up of \(service)")
                }
            }
        }
        let names = context.profile.metrics
        let state = context.profile.spellings.taskCompleted
        let expression = "\(names.tasks){job=\"orchestrator\",status=\"\(state)\"}"
        try await context.step("a task that the test completes shows in Prometheus and in Grafana") {
            let before = try await prometheus.value(expression) ?? 0
            let platform = try await context.platform
            try await platform.completed(try await platform.createServers([context.unique("dry")], checkMode: true))
            try await eventually("both have counted it", within: .seconds(40)) {
                let now = try await prometheus.value(expression) ?? 0
                try expect(now > before, "it grew from \(before)", actual: now)
                let shown = try await grafana.values(expression, from: source).first ?? 0
                try expect(shown > before, "Grafana shows more than \(before)", actual: shown)
            }
        }
        try await context.step("a dashboard is kept, found and removed") {
            let title = context.unique("dashboard")
            let target: JSONValue = .object(["refId": "A", "expr": .string(expression)])
            let panel: JSONValue = .object([
                "id": .integer(1), "type": "timeseries", "title": "Tasks", "targets": .array([target]),
            ])
            let uid = try await grafana.saveDashboard(
                .object(["title": .string(title), "panels": .array([panel])]))
            await context.cleanup("delete dashboard \(title)") { try await grafana.deleteDashboard(uid) }
            let other = try await grafana.saveDashboard(.object(["title": .string(context.unique("another"))]))
            await context.cleanup("delete the other dashboard") { try await grafana.deleteDashboard(other) }
            let kept = try require(try await grafana.dashboard(uid), "the dashboard")
            try expectEqual(kept["title"]?.string, title, "its title")
            let expressions = kept["panels"]?.array?.first?["targets"]?.array?.compactMap { $0["expr"]?.string }
            try expectEqual(expressions, [expression], "the expressions of its panel")
            let found = try await grafana.json.ask(.get, "/api/search?query=\(percentEncoded(title))").array ?? []
            try expectEqual(found.compactMap { $0["uid"]?.string }, [uid], "what a search for its title finds")
            try expect(try await grafana.deleteDashboard(uid), "it was there to be deleted")
            try expectEqual(try await grafana.dashboard(uid), nil, "the dashboard")
        }
        try await expectTokens(grafana, context)
    }

    /// A program's token does what its role may, as long as it lives.
    private static func expectTokens(_ grafana: GrafanaClient, _ context: TestContext) async throws {
        let name = context.unique("reader")
        let account = try await context.step("make a service account that may look") {
            let account = try await grafana.makeServiceAccount(name, role: "Viewer")
            await context.cleanup("delete service account \(name)") {
                try await grafana.deleteServiceAccount(account)
            }
            return account
        }
        func reader(_ token: String) throws -> JSONClient {
            JSONClient(
                web: WebClient(
                    base: try context.endpoint("grafana", "url"), log: context.log,
                    authorization: Authorization.bearer(token)))
        }
        try await context.step("its token looks, and changes nothing") {
            let web = try reader(try await grafana.makeToken(of: account, "long", seconds: 600))
            try expectEqual(try await web.status(.get, "/api/datasources"), 200, "the status of looking")
            let body: JSONValue = .object(["dashboard": .object(["title": .string(name)])])
            try expectEqual(try await web.status(.post, "/api/dashboards/db", body), 403, "the status of a change")
        }
        try await context.step("a token that has expired opens nothing") {
            let web = try reader(try await grafana.makeToken(of: account, "short", seconds: 2))
            try await eventually("it expires", within: .seconds(15)) {
                try expectEqual(try await web.status(.get, "/api/datasources"), 401, "the status")
            }
        }
    }
}

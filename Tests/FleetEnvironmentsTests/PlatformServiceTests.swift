import FleetHTTP
import FleetModel
import FleetSystem
import InterfaceProfile
import Testing

@testable import FleetEnvironments
@testable import FleetTestKit

/// Each service that `platform` stands behind is started, used, ended and started again: what was told it is still there.
@Suite(
    "Services of the platform and builtin ones", .serialized,
    .enabled(if: servicesAreThere && isThere(PostgreSQL()), "platform, knotd, docker-registry or PostgreSQL is missing")
)
struct PlatformServiceTests {
    private let profile = InterfaceProfile.standard

    @Test("the orchestrator keeps workspaces and tasks")
    func orchestrator() async throws {
        try await withService("orchestrator", .process, besides: ["dns", "registry"]) { service in
            let orchestrator = OrchestratorClient(web: try service.web())
            #expect(try await orchestrator.workspaces().map(\.name) == [SeedData.workspace])
            let workspace = try await orchestrator.createWorkspace("kept")
            let task = try await orchestrator.completed(try await orchestrator.createServers(["kept"], checkMode: true))
            try await service.environment.restart("orchestrator")
            #expect(try await orchestrator.workspaces().map(\.name).sorted() == ["kept", SeedData.workspace])
            #expect(try await orchestrator.workspace("kept")?.path == workspace.path)
            #expect(try await orchestrator.task(task.id) == task)
        }
    }

    @Test(
        "gitea keeps repositories, releases and its administrator's password",
        .enabled(if: isThere(Gitea.backing), "no git"))
    func gitea() async throws {
        try await withService("gitea", .process) { service in
            let json = JSONClient(web: try service.ownerWeb())
            let user = try service.credential("username")
            try await json.ask(.post, "/api/v1/user/repos", .object(["name": "kept", "auto_init": true]))
            try await service.environment.restart("gitea")
            let names = try await json.ask(.get, "/api/v1/users/\(user)/repos").array?.compactMap { $0["name"]?.string }
            #expect(names?.sorted() == ["kept", "sample_prov"])
            let url = try service.property("url").replacing(
                "http://", with: "http://\(user):\(try service.credential("password"))@")
            let clone = try await service.run([
                "git", "clone", "-q", "\(url)/\(user)/kept.git", "\(service.directory)/clone",
            ])
            #expect(clone.status == .exited(0), "\(clone.output)")
            let assets = try await json.ask(.get, "/api/v1/repos/\(user)/sample_prov/releases/tags/1.0.0")["assets"]?
                .array
            #expect(assets?.compactMap { $0["name"]?.string } == ["sample_prov.tar.gz", "sample_prov.tar.gz.sha256"])
        }
    }

    @Test("elasticsearch keeps documents, and wants its login")
    func elasticsearch() async throws {
        try await withService("elasticsearch", .process) { service in
            let client = ElasticsearchClient(json: JSONClient(web: try service.ownerWeb()))
            _ = try await client.index(.object(["word": "kept"]), as: "1", in: "words")
            try await service.environment.restart("elasticsearch")
            #expect(try await client.document("1", in: "words")?["word"]?.string == "kept")
            #expect(try await client.search(.object(["match": .object(["word": "kept"])]), in: "words").count == 1)
            #expect(try await JSONClient(web: try service.web()).status(.get, "/words/_doc/1") == 401)
        }
    }

    @Test("grafana keeps dashboards, and reaches Prometheus", .enabled(if: isThere(Prometheus()), "no Prometheus"))
    func grafana() async throws {
        try await withService("grafana", .process, besides: ["prometheus"]) { service in
            let client = GrafanaClient(json: JSONClient(web: try service.ownerWeb()))
            let uid = try await client.saveDashboard(.object(["title": "kept", "panels": .array([])]))
            try await service.environment.restart("grafana")
            #expect(try await client.dashboard(uid)?["title"]?.string == "kept")
            let source = try #require(try await client.dataSources().first)
            #expect(source.type == "prometheus" && source.isDefault)
            #expect(try await client.values("1 + 1", from: source) == [2])
        }
    }

    @Test("harbor keeps projects, tags and what its registry holds")
    func harbor() async throws {
        let part = ServiceTable.harborRegistry
        try await withService("harbor", .process, besides: [part]) { service in
            let web = try service.ownerWeb()
            let harbor = HarborClient(json: JSONClient(web: web), registry: RegistryClient(web: web))
            try await harbor.createProject("kept")
            let layer = Array("a layer".utf8)
            let digest = try await harbor.registry.pushArtifact(
                layer, layerMediaType: "text/plain", artifactType: "text/plain", annotations: [:], to: "kept/a/b",
                tag: "1.0.0")
            try await service.environment.restart("harbor")
            try await service.environment.restart(part)
            let artifacts = try await harbor.artifacts(of: "a/b", in: "kept")
            #expect(artifacts.compactMap { $0["digest"]?.string } == [digest.description])
            #expect(try await harbor.registry.pullBlob(Digest(of: layer), from: "kept/a/b") == layer)
        }
    }

    @Test("the control center keeps users and the key that signs tokens")
    func controlCenter() async throws {
        try await withService("control-center", .process, besides: ["postgresql"], mode: .multiuser) { service in
            let center = ControlCenterClient(web: try service.web())
            for user in ControlCenter.users {
                let session = try await center.login(user.name, try service.credential("\(user.name)-password"))
                let identity = try await ControlCenterClient(web: try service.web(session)).identity()
                #expect(identity.username == user.name && identity.roles == [user.role])
            }
            let admin = try await center.login("admin", try service.credential("password"))
            let asAdmin = ControlCenterClient(web: try service.web(admin))
            try await asAdmin.createUser("kept", password: "kept-password", roles: ["viewer"])
            try await service.environment.restart("control-center")
            // A token of before is good still, and so is the user.
            #expect(try await asAdmin.users().contains("kept"))
            _ = try await center.login("kept", "kept-password")
        }
    }

    @Test(
        "the extension registry tells of what OCI registry and Gitea have",
        .enabled(if: isThere(Gitea.backing), "no git"))
    func extensionRegistry() async throws {
        try await withService("extension-registry", .process, besides: ["registry", "gitea"]) { service in
            let json = JSONClient(web: try service.web())
            func found() async throws -> [String]? {
                try await json.ask(.get, profile.extensionRegistry.extensions).array?.map { item in
                    ["type", "name", "version", "source"].compactMap { item[$0]?.string }.joined(separator: " ")
                }.sorted()
            }
            let expected = ["provider sample 1.0.0 gitea", "taskserv greeter 1.0.0 oci"]
            #expect(try await found() == expected)
            try await service.environment.restart("extension-registry")
            #expect(try await found() == expected)
        }
    }

    @Test("the API server keeps operations and its tokens")
    func apiServer() async throws {
        let others = ["dns", "registry", "postgresql", "control-center", "orchestrator"]
        try await withService("api-server", .process, besides: others, mode: .cicd) { service in
            let password = try #require(service.environment.credentials["control-center"]?["automation-password"])
            let session = try await APIServerClient(web: try service.web(), paths: profile.apiServer)
                .login("automation", password)
            let api = APIServerClient(web: try service.web(session), paths: profile.apiServer)
            let ended = try await api.completed(try await api.createServer("kept", ["check_mode": true]).id)
            try await service.environment.restart("api-server")
            #expect(try await api.operation(ended.id) == ended)
        }
    }

    @Test("the KMS service opens what it closed", .enabled(if: isThere(OpenBao()), "no bao"))
    func kms() async throws {
        let others = ["postgresql", "control-center", "openbao"]
        try await withService("kms", .process, besides: others, mode: .enterprise) { service in
            let center = WebClient(
                base: try #require(service.environment.endpoints["control-center", "url"]), log: TestLog { _ in })
            let password = try #require(service.environment.credentials["control-center"]?["operator-password"])
            let session = try await ControlCenterClient(web: center).login("operator", password)
            let json = JSONClient(web: try service.web(session))
            let plain: JSONValue = .object(["plaintext": "aGVsbG8="])
            let closed = try await json.ask(.post, profile.kms.encrypt, plain)["data", "ciphertext"]
            try await json.ask(.post, profile.kms.sshKeys, .object(["name": "kept"]))
            try await service.environment.restart("kms")
            try await service.environment.restart("openbao")
            let opened = try await json.ask(
                .post, profile.kms.decrypt, .object(["ciphertext": try #require(closed)]))
            #expect(opened["data", "plaintext"]?.string == "aGVsbG8=")
            let key = try await json.ask(.get, filledPath(profile.kms.sshKey, "kept"))
            #expect(key["data", "private_key"]?.string?.contains("OPENSSH PRIVATE KEY") == true)
        }
    }
}

extension ServiceUnderTest {
    fileprivate func credential(_ name: String) throws -> String {
        try #require(environment.credentials[self.name]?[name])
    }

    fileprivate func web(_ session: Session? = nil) throws -> WebClient {
        WebClient(base: try property("url"), log: TestLog { _ in }, authorization: session?.authorization)
    }

    fileprivate func ownerWeb() throws -> WebClient {
        WebClient(
            base: try property("url"), log: TestLog { _ in },
            authorization: Authorization.basic(try credential("username"), try credential("password")))
    }
}

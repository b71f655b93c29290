import FleetHTTP
import FleetModel
import FleetSystem
import FleetTestKit
import InterfaceProfile

/// What a new environment holds beside its users: an extension in the OCI registry, one in Gitea, and a workspace.
///
/// Each is put there when its service becomes ready, over the interface that tests use, too. What a service holds is
/// said in its properties; one whose credentials we do not know is left as it is.
struct SeedData: Sendable {
    /// The workspace.
    static let workspace = "welcome"
    private static let taskserv = (name: "greeter", version: "1.0.0")
    private static let provider = (name: "sample", version: "1.0.0")
    private static let names = InterfaceProfile.standard.artifacts

    /// A service that does not take what it is given.
    private struct Refused: Error, CustomStringConvertible {
        let description: String
    }

    let service: String
    let launch: ServiceLaunch
    let surroundings: ServiceSurroundings

    /// Puts the service's part where it belongs, once; returns the properties that tell of it.
    func plant() async throws(EnvironmentFailure) -> [String: String] {
        let properties = self.properties
        guard let url = launch.properties["url"], !properties.isEmpty else { return [:] }
        let marker = "\(surroundings.directory)/seeded"
        if (try? AtomicFile.read(marker)) != nil { return properties }
        do {
            switch service {
            case "registry": try await publishTaskserv(WebClient(base: url, log: TestLog { _ in }))
            case "gitea": try await publishProvider(url)
            default: try await makeWorkspace(url)
            }
            try AtomicFile.write([], to: marker)
        } catch is InterfaceNotFound {
            // Somebody else's platform, with other paths than the profile's.
            return [:]
        } catch {
            throw EnvironmentFailure(
                kind: .start, service: service, tried: "putting its first data there", happened: "\(error)")
        }
        return properties
    }

    private var properties: [String: String] {
        switch service {
        case "registry": ["seed-taskserv": "\(Self.taskserv.name):\(Self.taskserv.version)"]
        case "gitea" where launch.secrets["username"] != nil && launch.secrets["password"] != nil:
            ["seed-provider": "\(Self.provider.name):\(Self.provider.version)"]
        case "orchestrator": ["seed-workspace": Self.workspace]
        default: [:]
        }
    }

    private func publishTaskserv(_ web: WebClient) async throws {
        let names = Self.names
        let (name, version) = Self.taskserv
        let program = "#!/bin/sh\nset -eu\n"
        let archive = TarArchive.gzipped([
            manifest("taskserv", name, version),
            .program(names.installProgram, program + "echo \"hello from $SERVER_NAME\" > \"$HOME/greeting\"\n"),
            .program(names.checkProgram, program + "test -s \"$HOME/greeting\"\n"),
            .program(names.removeProgram, program + "rm -f \"$HOME/greeting\"\n"),
        ])
        try await RegistryClient(web: web).pushArtifact(
            archive, layerMediaType: names.layerMediaType, artifactType: names.artifactType,
            annotations: [
                names.typeAnnotation: "taskserv", names.nameAnnotation: name, names.versionAnnotation: version,
            ],
            to: filledPath(names.repository, "taskserv", name), tag: version)
    }

    private func publishProvider(_ url: String) async throws {
        let (name, version) = Self.provider
        let (user, password) = (launch.secrets["username"] ?? "", launch.secrets["password"] ?? "")
        let web = WebClient(
            base: url, log: TestLog { _ in }, authorization: Authorization.basic(user, password))
        let repository = name + Self.names.giteaProviderSuffix
        try await made(
            web.send(.post, "/api/v1/user/repos", body: .object(["name": .string(repository), "auto_init": true])))
        let place = "/api/v1/repos/\(user)/\(repository)/releases"
        let body: JSONValue = .object(["tag_name": .string(version), "name": .string("\(name) \(version)")])
        let release = try await made(web.send(.post, place, body: body))
        guard let id = JSONValue(bytes: release.body)?["id"]?.integer else {
            throw Refused(description: "\(release.request): the release has no id")
        }
        let archive = TarArchive.gzipped([manifest("provider", name, version)])
        let asset = Self.names.giteaAsset.replacing("{repository}", with: repository)
        let sum = "\(Digest(of: archive).description.dropFirst("sha256:".count))  \(asset)\n"
        for (file, content) in [(asset, archive), ("\(asset).sha256", Array(sum.utf8))] {
            let form = MultipartForm(field: "attachment", file: file, content: content)
            try await made(
                web.send(.post, "\(place)/\(id)/assets?name=\(file)", headers: form.headers, body: form.body))
        }
    }

    private func makeWorkspace(_ url: String) async throws {
        var authorization: String?
        if let center = surroundings.endpoints["control-center", "url"] {
            let secrets = surroundings.secrets["control-center"] ?? [:]
            guard let user = secrets["username"], let password = secrets["password"] else { return }
            let session = try await ControlCenterClient(web: WebClient(base: center, log: TestLog { _ in }))
                .login(user, password)
            authorization = session.authorization
        }
        let web = WebClient(base: url, log: TestLog { _ in }, authorization: authorization)
        _ = try await OrchestratorClient(web: web).createWorkspace(Self.workspace)
    }

    private func manifest(_ type: String, _ name: String, _ version: String) -> ArchiveFile {
        let content: JSONValue = .object([
            "type": .string(type), "name": .string(name), "version": .string(version),
            "description": "Comes with every environment",
        ])
        return ArchiveFile(path: Self.names.manifestFile, content: content.bytes)
    }

    @discardableResult
    private func made(_ response: WebResponse) throws -> WebResponse {
        guard response.status == 201 else {
            throw Refused(description: "\(response.request): status \(response.status)")
        }
        return response
    }
}

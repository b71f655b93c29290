import FleetModel
import FleetTestKit
import InterfaceProfile

extension Scalability {
    /// An artifact: a version of an extension, with what its registry has to hand out.
    private struct Artifact: Sendable {
        let name: String
        let version: String
        let archive: [UInt8]

        init(_ name: String, _ version: String, _ context: TestContext) {
            self.name = name
            self.version = version
            archive = TaskservFixture(name: name, version: version, port: 7001).archive(context)
        }

        func repository(_ profile: InterfaceProfile) -> String {
            OCIExtension(type: TaskservFixture.type, name: name, version: version).repository(profile)
        }

        func push(to registry: RegistryClient, _ profile: InterfaceProfile) async throws -> Digest {
            let names = profile.artifacts
            return try await registry.pushArtifact(
                archive, layerMediaType: names.layerMediaType, artifactType: names.artifactType,
                annotations: [
                    names.typeAnnotation: TaskservFixture.type, names.nameAnnotation: name,
                    names.versionAnnotation: version,
                ], to: repository(profile), tag: version)
        }
    }

    static func artifacts(repositories: Int, versions: Int) -> DeclaredTest {
        test(
            "performance/scalability/oci-artifacts", "1000 OCI artifacts", modes: .from(.solo), estimate: 25,
            timeout: 300,
            tags: ["knob:faults.visible_versions"]
        ) { context in
            let (registry, profile) = (try context.quietRegistry, context.profile)
            let names = (1...repositories).map { context.unique("pack-\($0)") }
            let artifacts = names.flatMap { name in (0..<versions).map { Artifact(name, "1.\($0).0", context) } }
            let pushed = Pushed()
            await context.cleanup("delete \(artifacts.count) artifacts") { try await pushed.deleteAll(from: registry) }
            try await context.step("eight clients push \(artifacts.count) artifacts") {
                try await load(clients: 8, count: artifacts.count) { number in
                    let digest = try await artifacts[number].push(to: registry, profile)
                    await pushed.add(digest, artifacts[number].repository(profile))
                }
            }
            try await context.step("each repository lists all its tags") {
                let tags = (0..<versions).map { "1.\($0).0" }.sorted()
                for name in names {
                    let repository = Artifact(name, "1.0.0", context).repository(profile)
                    try expectEqual(try await registry.tags(of: repository), tags, "the tags of \(repository)")
                }
            }
            try await context.step("every one is handed out as it was pushed") {
                try await load(clients: 8, count: artifacts.count) { number in
                    let artifact = artifacts[number]
                    let repository = artifact.repository(profile)
                    let manifest = try await registry.pullManifest(artifact.version, from: repository).manifest
                    let digest = Digest(of: artifact.archive)
                    try expectEqual(manifest.layers.map(\.digest), [digest], "the layers of \(repository)")
                    _ = try await registry.pullBlob(digest, from: repository)
                }
            }
            try await expectChoice(artifacts, context)
            try await context.step("deleted, no tag is left") {
                guard try await pushed.deleteAll(from: registry) else {
                    return context.log.info("not looked at: the registry does not delete")
                }
                for name in names {
                    let repository = Artifact(name, "1.0.0", context).repository(profile)
                    try expectEqual(try await registry.tags(of: repository), [], "the tags of \(repository)")
                }
            }
        }
    }

    /// Among so many versions the platform finds the newest, and the newest that fits.
    private static func expectChoice(_ artifacts: [Artifact], _ context: TestContext) async throws {
        let orchestrator = try await context.platform
        let name = try require(artifacts.last?.name, "an artifact")
        let newest = try require(artifacts.last, "an artifact")
        let middle = artifacts[artifacts.count - 2]
        for wanted in [newest, middle] {
            await context.cleanup("unload \(name) \(wanted.version)") {
                try await orchestrator.unloadExtension(
                    type: TaskservFixture.type, name: name, version: wanted.version)
            }
        }
        try await context.step("the platform loads the newest version of all") {
            let loaded = try await orchestrator.loadExtension(type: TaskservFixture.type, name: name, version: nil)
            try expectEqual(loaded.version, newest.version, "the version")
            try expectEqual(loaded.checksum, Digest(of: newest.archive).description, "the checksum")
        }
        try await context.step("and the newest version that fits a constraint") {
            let loaded = try await orchestrator.loadExtension(
                type: TaskservFixture.type, name: name, version: "<\(newest.version)")
            try expectEqual(loaded.version, middle.version, "the version")
            try expectEqual(loaded.checksum, Digest(of: middle.archive).description, "the checksum")
        }
    }
}

/// The artifacts that a test has pushed and not deleted yet.
private actor Pushed {
    private var all: [(digest: Digest, repository: String)] = []

    func add(_ digest: Digest, _ repository: String) { all.append((digest, repository)) }

    /// Deletes them. Returns false when the registry does not allow that.
    @discardableResult
    func deleteAll(from registry: RegistryClient) async throws -> Bool {
        let batch = all
        all = []
        return try await load(clients: 8, count: batch.count) { number in
            try await registry.deleteManifest(batch[number].digest, from: batch[number].repository)
        }.allSatisfy(\.value)
    }
}

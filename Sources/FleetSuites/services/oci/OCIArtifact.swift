import FleetTestKit
import InterfaceProfile

/// Something that a test pushed to a registry.
struct OCIArtifact: Sendable {
    /// Where it lies.
    let repository: String
    /// Its tag.
    let tag: String
    /// The digest of its manifest.
    let manifest: Digest
    /// Its one layer.
    let layer: [UInt8]

    /// Pushes a few random bytes under a tag; they are removed after the test.
    static func push(_ repository: String, tag: String, _ context: TestContext) async throws -> OCIArtifact {
        let layer = (0..<256).map { _ in UInt8.random(in: .min ... .max) }
        return try await push(layer, repository, tag: tag, annotations: [:], context)
    }

    /// Pushes a layer under a tag; it is removed after the test.
    static func push(
        _ layer: [UInt8], _ repository: String, tag: String, annotations: [String: String], _ context: TestContext
    ) async throws -> OCIArtifact {
        let registry = try context.registry
        let manifest = try await registry.pushArtifact(
            layer, layerMediaType: context.profile.kcl.layerMediaType, artifactType: context.profile.kcl.artifactType,
            annotations: annotations, to: repository, tag: tag)
        await context.cleanup("delete \(repository):\(tag)") {
            _ = try await registry.deleteManifest(manifest, from: repository)
        }
        return OCIArtifact(repository: repository, tag: tag, manifest: manifest, layer: layer)
    }
}

/// A KCL package as the package manager makes it.
struct KCLPackage: Sendable {
    /// The name.
    let name: String
    /// The version, which is the tag.
    let version: String

    /// The files, by path.
    var files: [ArchiveFile] {
        let head = "[package]\nname = \"\(name)\"\nedition = \"v0.9.0\"\nversion = \"\(version)\"\n"
        let body = "schema Server:\n    hostname: str\n    plan: str = \"2xCPU-4GB\"\n"
        return [
            ArchiveFile(path: "kcl.mod", content: Array(head.utf8)),
            ArchiveFile(path: "main.k", content: Array(body.utf8)),
        ]
    }

    /// Pushes the package; it is removed after the test.
    func push(_ context: TestContext) async throws -> OCIArtifact {
        let names = context.profile.kcl
        let archive = TarArchive.gzipped(files)
        return try await OCIArtifact.push(
            archive, filledPath(names.repository, name), tag: version,
            annotations: [
                names.nameAnnotation: name, names.versionAnnotation: version,
                names.descriptionAnnotation: "A package of a test",
                names.sumAnnotation: String(Digest(of: archive).description.dropFirst("sha256:".count)),
            ], context)
    }
}

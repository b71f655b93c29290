import FleetModel
import FleetTestKit
import InterfaceProfile

extension OCITests {
    static let pushKCLPackage = test(
        "services/oci/push-kcl-package", "Push KCL packages", modes: .from(.solo), estimate: 1
    ) { context in
        let registry = try context.registry
        let package = KCLPackage(name: context.unique("core"), version: "1.0.0")
        let pushed = try await context.step("push a package") { try await package.push(context) }
        try await context.step("the registry states our digest, type and size") {
            let bytes = try await registry.pullManifestBytes(pushed.manifest.description, from: pushed.repository)
            let head = try require(
                try await registry.manifestHead(package.version, in: pushed.repository), "the manifest")
            try expectEqual(head.digest, pushed.manifest, "the digest")
            try expectEqual(head.mediaType, RegistryClient.manifestMediaType, "the media type")
            try expectEqual(head.size, bytes.count, "the size")
            let size = try await registry.blobSize(Digest(of: pushed.layer), in: pushed.repository)
            try expectEqual(size, pushed.layer.count, "the size of the layer")
        }
        try await context.step("the same package again is the same") {
            let again = try await package.push(context)
            try expectEqual(again.manifest, pushed.manifest, "the digest of the manifest")
            try expectEqual(try await registry.tags(of: pushed.repository), [package.version], "the tags")
        }
        try await context.step("a new version stands beside it") {
            let next = KCLPackage(name: package.name, version: "1.1.0")
            let other = try await next.push(context)
            try expect(other.manifest != pushed.manifest, "the new version has a digest of its own")
            try expectEqual(try await registry.tags(of: pushed.repository), ["1.0.0", "1.1.0"], "the tags")
            let (_, old) = try await registry.pullManifest("1.0.0", from: pushed.repository)
            try expectEqual(old, pushed.manifest, "the digest of the old version")
        }
    }

    static let pullKCLPackage = test(
        "services/oci/pull-kcl-package", "Pull KCL packages", modes: .from(.solo), estimate: 1
    ) { context in
        let registry = try context.registry
        let names = context.profile.kcl
        let package = KCLPackage(name: context.unique("core"), version: "0.3.1")
        let pushed = try await context.step("push a package") { try await package.push(context) }
        let (manifest, _) = try await context.step("pull its manifest") {
            try await registry.pullManifest(package.version, from: pushed.repository)
        }
        let layer = try await context.step("the manifest describes the package") {
            try expectEqual(manifest.annotations?[names.nameAnnotation], package.name, "the name")
            try expectEqual(manifest.annotations?[names.versionAnnotation], package.version, "the version")
            try expectEqual(manifest.layers.count, 1, "the number of layers")
            return try require(manifest.layers.first, "the layer")
        }
        let archive = try await context.step("pull its layer") {
            let archive = try await registry.pullBlob(layer.digest, from: pushed.repository)
            try expectEqual(archive.count, layer.size, "the size")
            try expectEqual(layer.mediaType, names.layerMediaType, "the media type")
            let sum = Digest(of: archive).description.dropFirst("sha256:".count)
            try expectEqual(manifest.annotations?[names.sumAnnotation], String(sum), "the sum of the package")
            return archive
        }
        try await context.step("what tar unpacks is what was packed") {
            let content = try await context.unpacked(archive)
            let expected = Dictionary(package.files.map { ($0.path, $0.content) }) { $1 }
            try expectEqual(content, expected, "the files of the package")
        }
        try await context.step("no other version is handed out in its place") {
            try await expectRegistryRefusal("version 0.3.2", statuses: [404]) {
                _ = try await registry.pullManifest("0.3.2", from: pushed.repository)
            }
        }
    }

    static let pushExtension = test(
        "services/oci/push-extension", "Push extension artifacts", modes: .from(.solo), estimate: 2
    ) { context in
        let platform = try await context.platform
        let fixture = TaskservFixture(name: context.unique("pushed"), version: "1.0.0", port: 7010)
        let item = OCIExtension(type: TaskservFixture.type, name: fixture.name, version: fixture.version)
        let archive = fixture.archive(context)
        let digest = try await context.step("push an extension") { try await item.push(archive, context) }
        try await context.step("type, name and version are in its manifest") {
            let names = context.profile.artifacts
            let manifest = try await context.registry.pullManifest(
                item.version, from: item.repository(context.profile)
            ).manifest
            try expectEqual(manifest.artifactType, names.artifactType, "the artifact type")
            let notes = manifest.annotations ?? [:]
            try expectEqual(notes[names.typeAnnotation], item.type, "the type")
            try expectEqual(notes[names.nameAnnotation], item.name, "the name")
            try expectEqual(notes[names.versionAnnotation], item.version, "the version")
        }
        try await context.step("the platform takes it from the registry") {
            let loaded = try await platform.loadExtension(type: item.type, name: item.name, version: item.version)
            try expectEqual(loaded.checksum, digest.description, "the checksum")
            try expectEqual(loaded.size, archive.count, "the size")
            try expectEqual(loaded.source, "oci", "the source")
        }
        try await context.step("what is no extension may be pushed, and is not taken") {
            let broken = OCIExtension(type: item.type, name: item.name, version: "1.0.1")
            try await broken.push(Array("no archive".utf8), context)
            try await expectRefusal("a layer that is no archive", statuses: 400...599) {
                _ = try await platform.loadExtension(type: broken.type, name: broken.name, version: broken.version)
            }
        }
    }

    static let pullExtension = test(
        "services/oci/pull-extension", "Pull extension artifacts", modes: .from(.solo), estimate: 1
    ) { context in
        let registry = try context.registry
        let fixture = TaskservFixture(name: context.unique("pulled"), version: "2.1.0", port: 7011)
        let item = OCIExtension(type: TaskservFixture.type, name: fixture.name, version: fixture.version)
        let repository = item.repository(context.profile)
        let archive = fixture.archive(context)
        try await context.step("push an extension") { try await item.push(archive, context) }
        let pulled = try await context.step("pull it by tag, then by digest") {
            let (manifest, digest) = try await registry.pullManifest(item.version, from: repository)
            let same = try await registry.pullManifest(digest.description, from: repository).manifest
            try expectEqual(same, manifest, "the manifest by digest")
            return try await registry.pullBlob(try require(manifest.layers.first, "the layer").digest, from: repository)
        }
        try await context.step("it is the archive that was pushed") {
            try expectEqual(Digest(of: pulled), Digest(of: archive), "the digest of the archive")
            let names = context.profile.artifacts
            let content = try await context.unpacked(pulled)
            let programs = [names.installProgram, names.checkProgram, names.removeProgram]
            try expectEqual(programs.filter { content[$0] == nil }, [], "the programs that are missing")
            let manifest = try require(
                content[names.manifestFile].flatMap { JSONValue(bytes: $0) }, "the extension's manifest")
            try expectEqual(manifest["version"]?.string, item.version, "the version in the manifest")
        }
        try await context.step("the platform pulls the same") {
            let platform = try await context.platform
            let loaded = try await platform.loadExtension(type: item.type, name: item.name, version: nil)
            try expectEqual(loaded.version, item.version, "the newest version")
            try expectEqual(loaded.checksum, Digest(of: archive).description, "the checksum")
        }
    }
}

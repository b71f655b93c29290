import FleetModel
import FleetTestKit
import InterfaceProfile

extension OCITests {
    static let listArtifacts = test(
        "services/oci/list-artifacts", "List artifacts", modes: .from(.solo), estimate: 1
    ) { context in
        let registry = try context.registry
        let (first, second) = ("lists/\(context.unique("a"))", "lists/\(context.unique("b"))")
        let artifacts = try await context.step("push three versions of one artifact and one of another") {
            var artifacts: [OCIArtifact] = []
            for (repository, tag) in [(first, "1.0.0"), (first, "1.10.0"), (first, "1.9.0"), (second, "0.1.0")] {
                artifacts.append(try await OCIArtifact.push(repository, tag: tag, context))
            }
            return artifacts
        }
        try await context.step("each repository lists its own tags, all of them, once") {
            try expectEqual(try await registry.tags(of: first), ["1.0.0", "1.10.0", "1.9.0"], "the tags")
            try expectEqual(try await registry.tags(of: second), ["0.1.0"], "the tags of the other")
        }
        try await context.step("name, version and size of each can be read") {
            for artifact in artifacts {
                let manifest = try await registry.pullManifest(artifact.tag, from: artifact.repository).manifest
                try expectEqual(manifest.layers.map(\.size), [artifact.layer.count], "the size of \(artifact.tag)")
                try expectEqual(
                    manifest.layers.map(\.digest), [Digest(of: artifact.layer)], "the digest of \(artifact.tag)")
            }
        }
        try await context.step("a tag that moves is listed once, and leads to the new artifact") {
            let moved = try await OCIArtifact.push(second, tag: "0.1.0", context)
            try expectEqual(try await registry.tags(of: second), ["0.1.0"], "the tags")
            let (_, digest) = try await registry.pullManifest("0.1.0", from: second)
            try expectEqual(digest, moved.manifest, "the digest that the tag leads to")
        }
    }

    static let verifyManifests = test(
        "services/oci/verify-manifests", "Verify manifests", modes: .from(.solo), estimate: 1
    ) { context in
        let registry = try context.registry
        let repository = context.unique("verify")
        let artifact = try await context.step("push an artifact") {
            try await OCIArtifact.push(repository, tag: "1.0.0", context)
        }
        let bytes = try await context.step("the manifest is kept byte for byte") {
            let byTag = try await registry.pullManifestBytes("1.0.0", from: repository)
            let byDigest = try await registry.pullManifestBytes(artifact.manifest.description, from: repository)
            try expectEqual(Digest(of: byTag), artifact.manifest, "the digest of the manifest by its tag")
            try expectEqual(byTag, byDigest, "the manifest by its digest")
            return byTag
        }
        try await context.step("the same content in other bytes is another manifest") {
            let spaced = bytes + Array("\n".utf8)
            await context.cleanup("delete the spaced manifest") {
                _ = try await registry.deleteManifest(Digest(of: spaced), from: repository)
            }
            try await registry.pushManifest(bytes: spaced, to: repository, reference: "spaced")
            let stored = try await registry.pullManifestBytes("spaced", from: repository)
            try expectEqual(stored, spaced, "the manifest with a line feed")
        }
        try await context.step("a manifest whose layer is not there is refused") {
            let missing = Digest(of: Array("not there \(repository)".utf8))
            let text = String(decoding: bytes, as: UTF8.self)
                .replacing(Digest(of: artifact.layer).description, with: missing.description)
            try await expectRegistryRefusal("a manifest without its layer", statuses: [400, 404]) {
                try await registry.pushManifest(bytes: Array(text.utf8), to: repository, reference: "hollow")
            }
        }
        try await context.step("what is no manifest is refused") {
            try await expectRegistryRefusal("text that is no JSON", statuses: [400]) {
                try await registry.pushManifest(bytes: Array("no manifest".utf8), to: repository, reference: "broken")
            }
        }
        try await context.step("a manifest under a digest that is not its own is refused") {
            let other = Digest(of: [1])
            try await expectRegistryRefusal("a wrong digest", statuses: [400]) {
                try await registry.pushManifest(bytes: bytes, to: repository, reference: other.description)
            }
        }
        try await context.step("nothing that was refused is listed") {
            try expectEqual(try await registry.tags(of: repository), ["1.0.0", "spaced"], "the tags")
        }
    }

    static let deleteArtifacts = test(
        "services/oci/delete-artifacts", "Delete artifacts", modes: .from(.solo), estimate: 2
    ) { context in
        let registry = try context.registry
        let repository = context.unique("delete")
        let stays = try await context.step("push two artifacts") {
            try await OCIArtifact.push(repository, tag: "1.0.0", context)
        }
        let goes = try await OCIArtifact.push(repository, tag: "2.0.0", context)
        let isGone = try await context.step("delete one by its digest") {
            try await registry.deleteManifest(goes.manifest, from: repository)
        }
        guard isGone else { try skip("the registry does not allow deletion") }
        try await context.step("it is handed out neither by tag nor by digest") {
            for reference in [goes.tag, goes.manifest.description] {
                try expectEqual(
                    try await registry.manifestHead(reference, in: repository), nil, "the manifest \(reference)")
                try await expectRegistryRefusal("the deleted manifest \(reference)", statuses: [404]) {
                    _ = try await registry.pullManifestBytes(reference, from: repository)
                }
            }
        }
        try await context.step("the other one is untouched") {
            try expectEqual(try await registry.tags(of: repository), ["1.0.0"], "the tags")
            let (manifest, digest) = try await registry.pullManifest("1.0.0", from: repository)
            try expectEqual(digest, stays.manifest, "the digest of the other manifest")
            let layer = try await registry.pullBlob(
                try require(manifest.layers.first, "its layer").digest, from: repository)
            try expectEqual(layer, stays.layer, "the layer of the other")
        }
        try await context.step("the platform cannot load an extension whose artifact was deleted") {
            let fixture = TaskservFixture(name: context.unique("deleted"), version: "1.0.0", port: 7012)
            let item = OCIExtension(type: TaskservFixture.type, name: fixture.name, version: fixture.version)
            try await item.push(fixture.archive(context), context)
            let place = item.repository(context.profile)
            let (_, digest) = try await registry.pullManifest(item.version, from: place)
            try await registry.deleteManifest(digest, from: place)
            let platform = try await context.platform
            try await expectRefusal("an extension that is not there any more", statuses: 404...404) {
                _ = try await platform.loadExtension(type: item.type, name: item.name, version: item.version)
            }
        }
    }
}

import FleetModel
import FleetTestKit

extension Solo {
    static let extensionLoadingFromOCI = test(
        "modes/solo/extension-loading-from-oci", "Extension loading from OCI", modes: [.solo], estimate: 2
    ) { context in
        let orchestrator = try context.orchestrator
        let fixture = TaskservFixture(name: context.unique("loaded"), version: "1.0.0", port: 7001)
        let item = OCIExtension(type: TaskservFixture.type, name: fixture.name, version: fixture.version)
        let archive = fixture.archive(context)
        let digest = try await context.step("push the extension") { try await item.push(archive, context) }
        try await expectStored(item, digest, archive, context)

        try await context.step("the first load downloads what was pushed") {
            let loaded = try await orchestrator.loadExtension(
                type: item.type, name: item.name, version: item.version)
            try expectEqual(loaded.version, item.version, "the version")
            try expectEqual(loaded.checksum, digest.description, "the checksum of the loaded archive")
            try expectEqual(loaded.size, archive.count, "the size of the loaded archive")
            try expectEqual(loaded.isCached, false, "whether it came from the cache")
        }
        try await context.step("it is listed") {
            let listed = try await orchestrator.extensions().filter { $0.name == item.name }
            try expectEqual(listed.map(\.checksum), [digest.description], "the checksums of the listed extension")
        }
        try await expectCache(item, holds: digest, context)
        try await expectCorruptedRefused(item.name, archive, context)
    }

    /// The registry holds the bytes that were pushed, by tag and by digest.
    private static func expectStored(
        _ item: OCIExtension, _ digest: Digest, _ archive: [UInt8], _ context: TestContext
    ) async throws {
        try await context.step("the registry hands out what was pushed") {
            let registry = try context.registry
            let repository = item.repository(context.profile)
            try expectContains(try await registry.tags(of: repository), item.version, "the tags")
            let (manifest, manifestDigest) = try await registry.pullManifest(item.version, from: repository)
            try expectEqual(manifest.layers.map(\.digest), [digest], "the layers of the manifest")
            let again = try await registry.pullManifest(manifestDigest.description, from: repository).manifest
            try expectEqual(again, manifest, "the manifest by digest")
            let content = try await registry.pullBlob(digest, from: repository)
            try expect(content == archive, "the layer is the archive", actual: "\(content.count) other bytes")
        }
        try await context.step("the registry refuses bytes that do not match their digest") {
            let claimed = Digest(of: archive + [0])
            do {
                try await context.registry.pushBlob(archive, to: item.repository(context.profile), as: claimed)
            } catch let failure as RegistryFailure {
                return try expectEqual(failure.status, 400, "the status of the refusal")
            }
            try expect(false, "a wrong digest is refused", actual: "it was stored")
        }
    }

    /// A second load does not go to the registry: what lies there meanwhile is another archive under the same tag.
    private static func expectCache(_ item: OCIExtension, holds digest: Digest, _ context: TestContext) async throws {
        let orchestrator = try context.orchestrator
        let changed = TaskservFixture(name: item.name, version: item.version, port: 7002).archive(context)
        let changedDigest = try await context.step("push another archive under the same version") {
            try await item.push(changed, context)
        }
        try await context.step("the second load is served from the cache") {
            let loaded = try await orchestrator.loadExtension(
                type: item.type, name: item.name, version: item.version)
            try expectEqual(loaded.isCached, true, "whether it came from the cache")
            try expectEqual(loaded.checksum, digest.description, "the checksum")
        }
        try await context.step("after unloading it, the registry is asked again") {
            let wasLoaded = try await orchestrator.unloadExtension(
                type: item.type, name: item.name, version: item.version)
            try expect(wasLoaded, "the extension was there to be unloaded")
            let loaded = try await orchestrator.loadExtension(
                type: item.type, name: item.name, version: item.version)
            try expectEqual(loaded.isCached, false, "whether it came from the cache")
            try expectEqual(loaded.checksum, changedDigest.description, "the checksum")
        }
    }

    /// An archive that was cut off, under a digest that is right for it, is refused by the platform.
    private static func expectCorruptedRefused(
        _ name: String, _ archive: [UInt8], _ context: TestContext
    ) async throws {
        let orchestrator = try context.orchestrator
        let broken = OCIExtension(type: TaskservFixture.type, name: name, version: "2.0.0")
        try await context.step("push an archive that was cut off") {
            try await broken.push(Array(archive.prefix(archive.count / 2)), context)
        }
        try await context.step("it is refused, and not kept") {
            try await expectRefusal("a broken archive", statuses: 400...599) {
                _ = try await orchestrator.loadExtension(
                    type: broken.type, name: broken.name, version: broken.version)
            }
            let versions = try await orchestrator.extensions().filter { $0.name == name }.map(\.version)
            try expect(!versions.contains(broken.version), "it is not listed", actual: versions)
        }
        try await context.step("a version that does not exist is refused") {
            try await expectRefusal("version 9.9.9") {
                _ = try await orchestrator.loadExtension(type: broken.type, name: name, version: "9.9.9")
            }
        }
    }
}

import FleetModel
import FleetTestKit
import InterfaceProfile

extension ExtensionTests {
    static let taskservFromOCI = test(
        "workflows/extension-loading/taskserv-from-oci", "Load taskserv from OCI", modes: .from(.solo), estimate: 4
    ) { context in
        let platform = try await context.platform
        let fixture = TaskservFixture(name: context.unique("oci"), version: "1.4.2", port: 7020)
        let digest = try await context.step("push a taskserv") { try await fixture.push(context) }
        try await context.step("load it by name alone") {
            let loaded = try await platform.load(ExtensionWish(TaskservFixture.type, fixture.name))
            try expectEqual(loaded.version, fixture.version, "the version")
            try expectEqual(loaded.source, "oci", "the source")
            try expectEqual(loaded.checksum, digest.description, "the checksum")
            try expectEqual(loaded.isCached, false, "whether it was there already")
        }
        let server = try await context.step("a server") { try await context.makeServer("host") }
        try await context.step("what was loaded is what runs on the server") {
            let id = try await platform.taskserv(.install, fixture.reference, on: [server.name])
            try await platform.completed(id)
            let address = try require(server.address, "the address")
            // The daemon answers with the name and version of the archive.
            _ = try await fixture.processID(at: TCPClient(host: address, port: fixture.port))
        }
        let follower = TaskservFixture(
            name: context.unique("follower"), version: "1.0.0", port: 7021, needs: [fixture.name])
        try await context.step("what needs it brings it along to a server that has neither") {
            try await follower.push(context)
            let other = try await context.makeServer("other")
            try await platform.completed(try await platform.taskserv(.install, follower.reference, on: [other.name]))
            let address = try require(other.address, "the address")
            for item in [fixture, follower] {
                _ = try await item.processID(at: TCPClient(host: address, port: item.port))
            }
            let installed = try await platform.server(other.name)?.taskservs.map(\.name) ?? []
            try expectEqual(installed, [fixture.name, follower.name], "the taskservs in the order of their coming")
        }
        try await context.step("what runs already and will do is left as it is, though there is a newer one") {
            try await TaskservFixture(name: fixture.name, version: "1.5.0", port: 7022).push(context)
            try await platform.completed(
                try await platform.taskserv(.install, follower.reference, on: [server.name]))
            let installed = try await platform.server(server.name)?.taskservs.map(\.version) ?? []
            try expectEqual(installed, [fixture.version, follower.version], "the versions on the server")
        }
        try await context.step("another type of the same name is another extension") {
            try await expectRefusal("a provider of the taskserv's name", statuses: 404...404) {
                _ = try await platform.load(ExtensionWish("provider", fixture.name))
            }
        }
    }

    static let providerFromGitea = test(
        "workflows/extension-loading/provider-from-gitea", "Load provider from Gitea", modes: .from(.multiuser),
        estimate: 3
    ) { context in
        let platform = try await context.platform
        let provider = ProviderFixture(name: context.unique("vendor"), version: "1.2.0")
        let archive = provider.archive(context)
        await context.cleanup("unload \(provider.name)") {
            try await platform.unloadAll(ProviderFixture.type, provider.name)
        }
        try await context.step("publish a provider as a release") { try await provider.publish(archive, context) }
        try await context.step("load it from Gitea") {
            let wish = ExtensionWish(ProviderFixture.type, provider.name, source: "gitea")
            let loaded = try await platform.load(wish)
            try expectEqual(loaded.version, provider.version, "the version")
            try expectEqual(loaded.source, "gitea", "the source")
            try expectEqual(loaded.checksum, Digest(of: archive).description, "the checksum")
            try expectEqual(loaded.size, archive.count, "the size")
        }
        try await context.step("the registry of artifacts does not have it") {
            try await expectRefusal("the provider from OCI", statuses: 404...404) {
                _ = try await platform.load(ExtensionWish(ProviderFixture.type, provider.name, source: "oci"))
            }
        }
        try await context.step("a release whose archive is not what its digest says is not loaded") {
            let bad = ProviderFixture(name: provider.name, version: "1.3.0")
            try await bad.release(bad.archive(context), context, digest: Digest(of: [0]))
            try await expectRefusal("an archive with another digest", statuses: 400...599) {
                _ = try await platform.load(ExtensionWish(ProviderFixture.type, provider.name, "1.3.0"))
            }
            let versions = try await platform.extensions().filter { $0.name == provider.name }.map(\.version)
            try expectEqual(versions, [provider.version], "the loaded versions")
        }
    }

    static let clusterFromLocalPath = test(
        "workflows/extension-loading/cluster-from-local-path", "Load cluster from local path", modes: .from(.solo),
        estimate: 2
    ) { context in
        let platform = try await context.platform
        guard context.isHere("orchestrator") else {
            try skip("the orchestrator's files are elsewhere, so nothing can be put into a workspace")
        }
        let name = context.unique("mesh")
        await context.cleanup("unload \(name)") { try await platform.unloadAll("cluster", name) }
        let workspace = try await context.step("a workspace with a cluster in it") {
            try await context.makeWorkspace("local")
        }
        let place = "\(try require(workspace.path, "the path of the workspace"))/extensions/clusters/\(name)"
        try write(name, "0.9.0", note: "first", to: place, context)
        let first = try await context.step("load it by its path") {
            let loaded = try await platform.load(ExtensionWish("cluster", name, path: place))
            try expectEqual(loaded.version, "0.9.0", "the version")
            try expectEqual(loaded.source, "local", "the source")
            return try require(loaded.checksum, "the checksum")
        }
        try await context.step("the same files have the same checksum, others another one") {
            let again = try await platform.load(ExtensionWish("cluster", name, path: place))
            try expectEqual(again.checksum, first, "the checksum of the same files")
            try write(name, "0.9.0", note: "second", to: place, context)
            let changed = try await platform.load(ExtensionWish("cluster", name, path: place))
            try expect(changed.checksum != first, "the checksum of changed files is another one")
        }
        try await context.step("a directory that holds another extension is refused") {
            try await expectRefusal("the directory under another name", statuses: 400...499) {
                _ = try await platform.load(ExtensionWish("cluster", context.unique("other"), path: place))
            }
        }
        try await context.step("directories outside, and links that lead there, are refused") {
            let outside = "\(context.scratch)/outside"
            try write(name, "0.9.1", note: "outside", to: outside, context)
            _ = try await context.run("ln", ["-s", outside, "\(place)/way-out"])
            for path in [outside, "/etc", "\(place)/way-out", "\(place)/../../../../../\(context.scratch)/outside"] {
                try await expectRefusal("the directory \(path)", statuses: 400...499) {
                    _ = try await platform.load(ExtensionWish("cluster", name, path: path))
                }
            }
        }
    }

    /// Lays an unpacked cluster down.
    private static func write(
        _ name: String, _ version: String, note: String, to place: String, _ context: TestContext
    ) throws {
        let manifest: JSONValue = .object([
            "type": "cluster", "name": .string(name), "version": .string(version), "description": .string(note),
        ])
        try context.writeFile(manifest.bytes, to: "\(place)/\(context.profile.artifacts.manifestFile)")
    }

    static let multiSourceLoading = test(
        "workflows/extension-loading/multi-source-loading", "Multi-source loading", modes: .from(.multiuser),
        estimate: 3
    ) { context in
        let platform = try await context.platform
        let name = context.unique("both")
        let type = ProviderFixture.type
        await context.cleanup("unload \(name)") { try await platform.unloadAll(type, name) }
        let (old, new) = (ProviderFixture(name: name, version: "1.0.0"), ProviderFixture(name: name, version: "1.1.0"))
        let inOCI = old.archive(context, note: "in the OCI registry")
        let inGitea = new.archive(context, note: "in Gitea")
        try await context.step("an old version in the OCI registry, a new one in Gitea") {
            try await OCIExtension(type: type, name: name, version: "1.0.0").push(inOCI, context)
            try await new.publish(inGitea, context)
        }
        try await context.step("the newest counts, wherever it is") {
            let loaded = try await platform.load(ExtensionWish(type, name))
            try expectEqual(loaded.version, "1.1.0", "the version")
            try expectEqual(loaded.source, "gitea", "the source")
            try expectEqual(loaded.checksum, Digest(of: inGitea).description, "the checksum")
        }
        try await context.step("a constraint finds the other one") {
            let loaded = try await platform.load(ExtensionWish(type, name, "<1.1.0"))
            try expectEqual(loaded.version, "1.0.0", "the version")
            try expectEqual(loaded.source, "oci", "the source")
            try expectEqual(loaded.checksum, Digest(of: inOCI).description, "the checksum")
        }
        try await context.step("who names the source gets what that has, and nothing else") {
            let loaded = try await platform.load(ExtensionWish(type, name, source: "oci"))
            try expectEqual(loaded.version, "1.0.0", "the newest version of the OCI registry")
            try await expectRefusal("the old version from Gitea", statuses: 404...404) {
                _ = try await platform.load(ExtensionWish(type, name, "1.0.0", source: "gitea"))
            }
        }
        try await context.step("what both have comes from the OCI registry") {
            try await platform.unloadAll(type, name)
            let twin = old.archive(context, note: "the twin in Gitea")
            try await old.release(twin, context)
            let loaded = try await platform.load(ExtensionWish(type, name, "1.0.0"))
            try expectEqual(loaded.source, "oci", "the source")
            try expectEqual(loaded.checksum, Digest(of: inOCI).description, "the checksum")
        }
        try await context.step("a source that the platform does not have is refused") {
            try await expectRefusal("the source “nowhere”", statuses: 400...400) {
                _ = try await platform.load(ExtensionWish(type, name, source: "nowhere"))
            }
        }
    }
}

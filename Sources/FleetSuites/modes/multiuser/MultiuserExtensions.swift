import FleetHTTP
import FleetModel
import FleetTestKit
import InterfaceProfile

extension Multiuser {
    static let extensionPublishing = test(
        "modes/multiuser/extension-publishing", "Extension publishing to Gitea", modes: [.multiuser], estimate: 4
    ) { context in
        let provider = GiteaProvider(name: context.unique("pub"))
        try await context.step("nobody, and no viewer, publishes anything") {
            try expectEqual(try await provider.publish(as: nil, context), 401, "the status without a login")
            let viewer = try await context.login("viewer")
            try expectEqual(try await provider.publish(as: viewer, context), 403, "the status for a viewer")
            try expectEqual(try await provider.release(context), nil, "the release in Gitea")
        }
        let developer = try await context.login("developer")
        try await context.step("a developer publishes it") {
            try expectEqual(try await provider.publish(as: developer, context), 201, "the status of the publication")
        }
        try await context.step("Gitea has the release with the very bytes") {
            let release = try require(try await provider.release(context), "the release")
            let assets = release["assets"]?.array ?? []
            let asset = try require(
                assets.first { $0["name"]?.string == provider.asset(context) }, "the asset \(provider.asset(context))")
            let url = try require(asset["browser_download_url"]?.string, "where it is downloaded from")
            let content = try await context.ownerWeb("gitea").send(.get, url)
            try expectEqual(content.status, 200, "the status of the download")
            try expectEqual(
                Digest(of: content.body), Digest(of: provider.archive(context)), "the digest of the asset")
        }
        try await context.step("a version that is there is never replaced") {
            try expectEqual(try await provider.publish(as: developer, context), 409, "the status of a second one")
        }
        let next = GiteaProvider(name: provider.name, version: "1.1.0")
        try await context.step("the next version stands beside it, and is the newest") {
            try expectEqual(try await next.publish(as: developer, context), 201, "the status of the next version")
            let web = JSONClient(web: try context.web("extension-registry"))
            let path = filledPath(context.profile.extensionRegistry.versions, "provider", provider.name)
            try await eventually("both versions are listed", within: .seconds(40)) {
                let versions = try await web.ask(.get, path).array?.compactMap { $0["version"]?.string ?? $0.string }
                try expectEqual(versions, ["1.1.0", "1.0.0"], "the versions, the newest first")
            }
        }
        try await context.step("an archive that is none is refused with its faults, and nothing is made of it") {
            let response = try await context.web("extension-registry", as: developer).send(
                .post, context.profile.extensionRegistry.extensions + "?source=gitea",
                headers: ["Content-Type": "application/octet-stream"], body: Array("no archive".utf8))
            try expectEqual(response.status, 400, "the status for what is no archive")
        }
    }

    static let extensionDownloading = test(
        "modes/multiuser/extension-downloading", "Extension downloading from Gitea", modes: [.multiuser],
        estimate: 4
    ) { context in
        let provider = GiteaProvider(name: context.unique("get"))
        let archive = provider.archive(context)
        try await context.step("publish a provider") {
            let status = try await provider.publish(as: try await context.login("developer"), context)
            try expectEqual(status, 201, "the status of the publication")
        }
        try await context.step("the extension registry hands out the same bytes, and their digest") {
            let paths = context.profile.extensionRegistry
            let path = filledPath(paths.download, "provider", provider.name, provider.version)
            let response = try await context.web("extension-registry").send(.get, path + "?source=gitea")
            try expectEqual(response.status, 200, "the status of the download")
            try expectEqual(Digest(of: response.body), Digest(of: archive), "the digest of what came")
            try expectEqual(
                response.headers[paths.checksumHeader], Digest(of: archive).description, "the digest that it says")
        }
        let platform = try await context.platform
        await context.cleanup("unload \(provider.name)") {
            try await platform.unloadExtension(type: "provider", name: provider.name, version: provider.version)
        }
        try await context.step("the orchestrator loads it from Gitea") {
            let loaded = try await platform.loadExtension(type: "provider", name: provider.name, version: "^1.0")
            try expectEqual(loaded.version, provider.version, "the version")
            try expectEqual(loaded.source, "gitea", "where it came from")
            try expectEqual(loaded.checksum, Digest(of: archive).description, "the checksum")
            try expectEqual(loaded.isCached, false, "whether it came from the cache")
        }
        try await context.step("when its asset has been changed in Gitea, it is refused") {
            try await replaceAsset(of: provider, by: archive + [0], context)
            try await platform.unloadExtension(type: "provider", name: provider.name, version: provider.version)
            try await expectRefusal("an archive that is not what was published", statuses: 400...599) {
                _ = try await platform.loadExtension(type: "provider", name: provider.name, version: provider.version)
            }
        }
    }

    /// Puts other bytes in the place of a release's archive; the file with its digest stays as it is.
    private static func replaceAsset(
        of provider: GiteaProvider, by content: [UInt8], _ context: TestContext
    ) async throws {
        let web = try context.ownerWeb("gitea")
        let release = try require(try await provider.release(context), "the release")
        let asset = try require(
            release["assets"]?.array?.first { $0["name"]?.string == provider.asset(context) }, "the asset")
        let user = try context.credential("gitea", "username")
        let id = try require(release["id"]?.integer, "the id of the release")
        let place = "/api/v1/repos/\(user)/\(provider.repository(context))/releases/\(id)/assets"
        let gone = try await web.send(.delete, "\(place)/\(try require(asset["id"]?.integer, "the id of the asset"))")
        try expectEqual(gone.status, 204, "the status of the removal")
        let form = MultipartForm(field: "attachment", file: provider.asset(context), content: content)
        let added = try await web.send(
            .post, "\(place)?name=\(provider.asset(context))", headers: form.headers, body: form.body)
        try expectEqual(added.status, 201, "the status of the upload")
    }
}

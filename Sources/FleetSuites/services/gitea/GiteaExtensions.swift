import FleetHTTP
import FleetModel
import FleetTestKit
import InterfaceProfile

extension GiteaTests {
    static let extensionPublishing = test(
        "services/gitea/extension-publishing", "Extension publishing to releases", modes: .from(.multiuser), estimate: 3
    ) { context in
        let gitea = try context.gitea
        let provider = ProviderFixture(name: context.unique("cloud"), version: "1.0.0")
        let names = context.profile.artifacts
        let repository = "\(try context.giteaOwner)/\(provider.name)\(names.giteaProviderSuffix)"
        await context.cleanup("delete repository \(repository)") {
            _ = try await gitea.status(.delete, "/repos/\(repository)")
        }
        let registry = try await ExtensionRegistryClient(context)
        let archive = provider.archive(context)
        try await context.step("publish a provider through the extension registry") {
            try await registry.publish(archive, to: "gitea")
        }
        try await context.step("Gitea has the release, with the archive and its digest") {
            let release = try await gitea.ask(.get, "/repos/\(repository)/releases/tags/\(provider.version)")
            let assets = (release["assets"]?.array ?? []).compactMap { $0["name"]?.string }
            let asset = names.giteaAsset.replacing(
                "{repository}", with: provider.name + names.giteaProviderSuffix)
            try expectEqual(assets.sorted(), [asset, "\(asset).sha256"].sorted(), "the assets")
            for entry in release["assets"]?.array ?? [] where entry["name"]?.string == asset {
                let address = try require(entry["browser_download_url"]?.string, "where it is downloaded")
                let content = try await gitea.download(address)
                try expectEqual(content.status, 200, "the status of the download")
                try expectEqual(Digest(of: content.body), Digest(of: archive), "the digest of the asset")
            }
        }
        try await context.step("a version that is there is never replaced") {
            let other = provider.archive(context, note: "another one")
            try await expectRefusal("another archive of the same version", statuses: 409...409) {
                try await registry.publish(other, to: "gitea")
            }
        }
        try await context.step("a second version stands beside it") {
            let next = ProviderFixture(name: provider.name, version: "1.1.0")
            try await registry.publish(next.archive(context), to: "gitea")
            let releases = try await gitea.ask(.get, "/repos/\(repository)/releases").array ?? []
            let tags = releases.compactMap { $0["tag_name"]?.string }
            try expectEqual(tags.sorted(), ["1.0.0", "1.1.0"], "the tags of the releases")
        }
        try await context.step("what is no extension is not published") {
            try await expectRefusal("an archive without a manifest", statuses: 400...400) {
                try await registry.publish(TarArchive.gzipped([ArchiveFile(path: "a", content: [1])]), to: "gitea")
            }
        }
        try await context.step("nobody publishes without a login") {
            let stranger = ExtensionRegistryClient(web: try context.web("extension-registry"), profile: context.profile)
            try await expectRefusal("a publication by nobody", statuses: 401...403) {
                try await stranger.publish(
                    ProviderFixture(name: provider.name, version: "9.0.0").archive(context), to: "gitea")
            }
        }
    }

    static let extensionDownloading = test(
        "services/gitea/extension-downloading", "Extension downloading from releases", modes: .from(.multiuser),
        estimate: 3
    ) { context in
        let provider = ProviderFixture(name: context.unique("cloud"), version: "2.3.4")
        let archive = provider.archive(context)
        let address = try await context.step("publish a provider as a release, by hand") {
            try await provider.publish(archive, context)
        }
        try await context.step("the asset is downloaded as it was attached") {
            let content = try await context.gitea.download(address)
            try expectEqual(content.status, 200, "the status")
            try expectEqual(Digest(of: content.body), Digest(of: archive), "the digest")
            let nobody = try await context.giteaAsNobody.download(address)
            try expectEqual(nobody.status, 404, "the status for nobody, of a private repository")
        }
        let registry = try await ExtensionRegistryClient(context)
        try await context.step("the extension registry lists it, and hands out the same") {
            try await eventually("the registry lists it", within: .seconds(40)) {
                try expectEqual(try await registry.versions(of: provider), [provider.version], "the versions")
            }
            let content = try await registry.download(provider, "2.3.4")
            try expectEqual(Digest(of: content), Digest(of: archive), "the digest of what the registry hands out")
        }
        try await context.step("what was published since is found") {
            let next = ProviderFixture(name: provider.name, version: "2.4.0")
            try await next.release(next.archive(context), context)
            try await eventually("the registry lists it", within: .seconds(40)) {
                let versions = try await registry.versions(of: provider)
                try expectEqual(versions, ["2.4.0", "2.3.4"], "the versions, the newest first")
            }
        }
        try await context.step("an asset that is not what its digest says is handed out by nobody") {
            let bad = ProviderFixture(name: provider.name, version: "3.0.0")
            try await bad.release(bad.archive(context), context, digest: Digest(of: [0]))
            try await expectRefusal("an archive with another digest", statuses: 400...599) {
                _ = try await registry.download(bad, bad.version)
            }
        }
    }
}

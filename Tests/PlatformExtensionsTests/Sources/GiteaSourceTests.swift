import FleetSystem
import PlatformService
import Testing

@testable import PlatformExtensions

struct GiteaSourceTests {
    @Test(.timeLimit(.minutes(1))) func publishesListsAndDownloads() async throws {
        try await FakeGitea.with { gitea, url in
            try await withScratch("gitea") { directory in
                let source = try Self.source(url)
                #expect(try await source.extensions().isEmpty)
                let id = try ExtensionID(.provider, "aws")
                #expect(try await source.versions(of: id).isEmpty)
                for text in ["1.0.0", "1.1.0", "1.2.0-rc.1", "1.2.0+build.5", "1.3.0"] {
                    let record = try await Self.publish("aws", text, to: source, directory)
                    #expect(record.source == .gitea && record.repository == "extensions/aws_prov")
                    #expect(record.downloadURL.hasPrefix("\(url)/extensions/aws_prov/releases/download/1."))
                }
                #expect(try await source.extensions() == [id])
                #expect(try await source.versions(of: id).count == 5)
                let key = ExtensionKey(id, try version("1.2.0+build.5"))
                let record = try await source.record(of: key)
                let (digest, size) = try await source.download(key, to: "\(directory)/got")
                #expect(record?.checksum == digest && record?.size == size && record?.author == "admin")
                #expect(record?.publishedAt != nil && record?.description == "of a test")
                #expect(try await ExtensionArchive.check("\(directory)/got", is: key).name == "aws")
                #expect(gitea.state.withLock { $0.repositories["aws_prov"]?.last?.assets.count } == 2)
                let absent = ExtensionKey(id, try version("9.0.0"))
                #expect(try await source.record(of: absent) == nil)
                await #expect(throws: PlatformError.self) { try await source.download(absent, to: "\(directory)/none") }
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func whatIsPublishedNeverChanges() async throws {
        try await FakeGitea.with { _, url in
            try await withScratch("gitea") { directory in
                let source = try Self.source(url)
                _ = try await Self.publish("aws", "1.0.0", to: source, directory)
                let again = await #expect(throws: PlatformError.self) {
                    try await Self.publish("aws", "1.0.0", to: source, directory)
                }
                #expect(again?.kind == .conflict)
                let stranger = GiteaSource(try GiteaClient(url: url, owner: FakeGitea.owner))
                let refused = await #expect(throws: PlatformError.self) {
                    try await Self.publish("aws", "2.0.0", to: stranger, directory)
                }
                #expect(refused?.kind == .forbidden)
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func aChangedAssetIsRefused() async throws {
        try await FakeGitea.with { gitea, url in
            try await withScratch("gitea") { directory in
                let source = try Self.source(url)
                _ = try await Self.publish("aws", "1.0.0", to: source, directory)
                let key = ExtensionKey(try ExtensionID(.provider, "aws"), try version("1.0.0"))
                gitea.state.withLock { $0.files["aws_prov/1.0.0/aws_prov.tar.gz"]?[20] ^= 1 }
                let error = await #expect(throws: PlatformError.self) {
                    try await source.download(key, to: "\(directory)/changed")
                }
                #expect(error?.kind == .failed && error?.message.contains("sha256:") == true)
            }
        }
    }

    @Test func aGiteaThatIsNotThereIsUnavailable() async throws {
        let source = try Self.source("http://127.0.0.1:1")
        let error = await #expect(throws: PlatformError.self) { try await source.checkHealth() }
        #expect(error?.kind == .unavailable && error?.message.contains("http://127.0.0.1:1") == true)
    }

    private static func source(_ url: String) throws -> GiteaSource {
        GiteaSource(
            try GiteaClient(url: url, owner: FakeGitea.owner, login: Login(username: "admin", password: "secret")))
    }

    private static func publish(
        _ name: String, _ text: String, to source: GiteaSource, _ directory: String
    ) async throws -> ExtensionRecord {
        let folder = ExtensionFolder(path: "\(directory)/\(name)")
        try PrivateDirectory.ensure(folder.path)
        try folder.write(
            #"{"type":"provider","name":"\#(name)","version":"\#(text)","description":"of a test"}"#,
            to: "extension.json")
        let archive = "\(directory)/\(name).tar.gz"
        try await folder.packed(to: archive)
        let manifest = try await ExtensionArchive.inspect(archive).manifest
        return try await source.publish(archive, as: try #require(manifest))
    }
}

import FleetTestSupport
import PlatformService
import Testing

@testable import PlatformExtensions

@Suite(.enabled(if: RegistryServer.isInstalled, "needs docker-registry"))
struct OCISourceTests {
    @Test(.timeLimit(.minutes(1))) func publishesListsAndDownloads() async throws {
        try await withRegistry { source, directory in
            #expect(try await source.extensions().isEmpty)
            let folder = try ExtensionFolder.taskserv("etcd", "3.5.0+build.1", at: "\(directory)/etcd")
            let archive = "\(directory)/etcd.tar.gz"
            try await folder.packed(to: archive)
            let manifest = try #require(try await ExtensionArchive.inspect(archive).manifest)
            let record = try await source.publish(archive, as: manifest)
            let key = record.key
            #expect(try await source.extensions() == [key.id])
            #expect(try await source.versions(of: key.id) == [try version("3.5.0+build.1")])
            let found = try await source.record(of: key)
            #expect(found?.checksum == record.checksum && found?.description == "of a test")
            #expect(found?.publishedAt != nil)
            let (digest, _) = try await source.download(key, to: "\(directory)/got")
            #expect(try digest == Digest(ofFile: archive))
            let again = await #expect(throws: PlatformError.self) { try await source.publish(archive, as: manifest) }
            #expect(again?.kind == .conflict)
            #expect(try await source.versions(of: try ExtensionID(.cluster, "none")).isEmpty)
        }
    }

    @Test(.timeLimit(.minutes(1))) func manyRepositoriesComeInPages() async throws {
        try await withRegistry { source, directory in
            let folder = try ExtensionFolder.taskserv("etcd", "3.5.0", at: "\(directory)/etcd")
            try await folder.packed(to: "\(directory)/archive")
            let manifest = try #require(try await ExtensionArchive.inspect("\(directory)/archive").manifest)
            for number in 0..<5 {
                let other = ExtensionManifest(type: .cluster, name: "c\(number)", version: manifest.version)
                _ = try await source.publish("\(directory)/archive", as: other)
            }
            let pages = try await source.client.repositories(pageSize: 2)
            #expect(pages == (0..<5).map { "extensions/cluster/c\($0)" })
        }
    }

    @Test func challengesAreRead() {
        let header =
            #"Bearer realm="http://127.0.0.1/service/token",service="harbor-registry",scope="repository:a/b:pull,push""#
        #expect(
            BearerChallenge(header)?.url
                == "http://127.0.0.1/service/token?scope=repository%3Aa%2Fb%3Apull%2Cpush&service=harbor-registry")
        #expect(BearerChallenge("Basic realm=\"x\"") == nil)
        #expect(BearerChallenge("Bearer service=\"x\"") == nil)
    }

    @Test(arguments: ["", "registry", "ftp://h", "http://", "http://u:p@h:1"]) func isNoRegistry(url: String) {
        #expect(throws: PlatformError.self) { try OCIClient(url: url) }
    }

    private func withRegistry(_ body: (OCISource, String) async throws -> Void) async throws {
        let registry = try await RegistryServer.start()
        do {
            try await withScratch("oci") { try await body(OCISource(try OCIClient(url: registry.url)), $0) }
        } catch {
            await registry.service.stop()
            throw error
        }
        await registry.service.stop()
    }
}

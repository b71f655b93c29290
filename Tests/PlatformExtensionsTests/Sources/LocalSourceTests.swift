import FleetSystem
import Foundation
import PlatformService
import Testing

@testable import PlatformExtensions

struct LocalSourceTests {
    @Test func findsAndPacksWhatLiesInDirectories() async throws {
        try await withScratch("local") { directory in
            for text in ["1.0.0", "1.1.0"] {
                _ = try ExtensionFolder.taskserv("etcd", text, at: "\(directory)/taskservs/etcd/\(text)")
            }
            try PrivateDirectory.ensure("\(directory)/taskservs/etcd/notes")
            let source = LocalSource(roots: ["\(directory)/none", directory])
            let id = try ExtensionID(.taskserv, "etcd")
            #expect(try await source.versions(of: id) == [try version("1.0.0"), try version("1.1.0")])
            let key = ExtensionKey(id, try version("1.1.0"))
            let first = try await source.download(key, to: "\(directory)/first")
            let second = try await source.download(key, to: "\(directory)/second")
            #expect(first.digest == second.digest && first.size == second.size)
            #expect(try await ExtensionArchive.check("\(directory)/first", is: key).version == key.version)
            let absent = ExtensionKey(id, try version("2.0.0"))
            await #expect(throws: PlatformError.self) { try await source.download(absent, to: "\(directory)/none") }
        }
    }

    @Test func settingsNameTheSourcesInTheirOrder() throws {
        let text =
            #"{"oci":{"url":"http://a:1"},"gitea":{"url":"http://b:2","owner":"o","username":"u","password":"p"},"directories":["/x"]}"#
        let settings = try Self.settings(text)
        #expect(try settings.sources().map(\.kind) == [.oci, .gitea, .local])
        #expect(settings.gitea?.login == Login(username: "u", password: "p") && settings.oci?.login == nil)
        #expect("\(Login(username: "u", password: "p"))" == "u")
        #expect(throws: (any Error).self) { try Self.settings(#"{"oic":{}}"#) }
        #expect(throws: (any Error).self) { try Self.settings(#"{"oci":{"url":"http://a:1","username":"u"}}"#) }
        #expect(try Self.settings("{}").sources().isEmpty)
    }

    private static func settings(_ text: String) throws -> SourceSettings {
        try JSONDecoder().decode(SourceSettings.self, from: Data(text.utf8))
    }
}

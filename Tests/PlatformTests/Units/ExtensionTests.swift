import PlatformService
import Testing

@testable import PlatformOrchestrator

struct ExtensionTests {
    @Test(
        arguments: [
            (["1.9.0", "1.10.0", "1.2"], "1.10.0"), (["latest", "1.0"], "1.0"), (["2.0.0-rc1", "1.0.0"], "1.0.0"),
            (["2.0.0-rc1", "2.0.0-beta"], "2.0.0-rc1"), (["v1.2", "1.1.9"], "v1.2"), (["1.0", "1.0.0.1"], "1.0.0.1"),
            (["main", "x"], nil), ([], nil), (["1..2"], nil),
        ] as [([String], String?)])
    func latestVersion(tags: [String], expected: String?) {
        #expect(VersionOrder.latest(of: tags) == expected)
    }

    @Test func referencesAreNamesWithOrWithoutAVersion() throws {
        let plain = try ExtensionReference(type: .taskserv, parsing: "kubernetes")
        #expect(plain.name == "kubernetes" && plain.version == nil)
        #expect(try ExtensionReference(type: .taskserv, parsing: "kubernetes:1.28.0").version == "1.28.0")
        #expect(try ExtensionReference(type: .taskserv, parsing: "kubernetes:latest").version == nil)
        for wrong in ["", ":1", "a:", "a/b", "A", "a:b:c", "a:../..", "a:..", "a:-v", "-a", "a b"] {
            #expect(throws: PlatformError.self) { try ExtensionReference(type: .taskserv, parsing: wrong) }
        }
    }

    @Test func cacheKeepsWhatWasUsedLast() {
        var cache = LRUCache<Int, String>(capacity: 100)
        for number in 0..<100 { #expect(cache.insert("\(number)", for: number).isEmpty) }
        #expect(cache.use(0) == "0")
        #expect(cache.insert("new", for: 100) == ["1"])
        #expect(cache.count == 100 && cache.use(1) == nil && cache.newestFirst.prefix(2) == ["new", "0"])
        #expect(cache.insert("again", for: 0).isEmpty && cache.use(0) == "again" && cache.remove(0) == "again")
        #expect(cache.count == 99)
    }

    @Test func digestsAreCheckedBeforeTheyAreUsedInPaths() {
        let good = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        #expect(Digest(good)?.description == good && Digest(of: []).description == good)
        for wrong in [
            "", "sha256:", "sha256:xyz", "sha512:\(good.dropFirst(7))", "\(good)0", "sha256:../\(good.dropFirst(10))",
        ] {
            #expect(Digest(wrong) == nil)
        }
    }
}

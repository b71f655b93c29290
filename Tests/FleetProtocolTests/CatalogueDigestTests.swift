import FleetModel
import FleetProtocol
import Testing

@Suite("Catalogue digest")
struct CatalogueDigestTests {
    private func test(_ id: String, title: String = "") throws -> TestCase {
        TestCase(id: try #require(TestID(id)), title: title, modes: [.solo], estimate: 2.5)
    }

    @Test("is the SHA-256 of the lines, ordered by id")
    func knownValue() throws {
        // Made with Python's json and hashlib from the two lines.
        let digest = try CatalogueDigest.digest(of: [try test("a/c"), try test("a/b")])
        #expect(digest == "27f8f2663fbbd055151f882c3d664fd16b985e3bc8683be936606dc51c66e37c")
        #expect(digest == (try CatalogueDigest.digest(of: [try test("a/b"), try test("a/c")])))
    }

    @Test("of nothing is the SHA-256 of nothing")
    func empty() throws {
        let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        #expect(try CatalogueDigest.digest(of: []) == nothing)
    }

    @Test("changes with every field")
    func sensitivity() throws {
        let plain = try CatalogueDigest.digest(of: [try test("a/b")])
        #expect(plain != (try CatalogueDigest.digest(of: [try test("a/b", title: "x")])))
        #expect(plain != (try CatalogueDigest.digest(of: [try test("a/b"), try test("a/c")])))
    }
}

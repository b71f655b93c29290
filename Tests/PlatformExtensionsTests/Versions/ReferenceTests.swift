import PlatformService
import Testing

@testable import PlatformExtensions

struct ReferenceTests {
    @Test func areNamesWithOrWithoutAConstraint() throws {
        let plain = try ExtensionReference(type: .taskserv, parsing: "kubernetes")
        #expect(plain.id.name == "kubernetes" && plain.constraint.acceptsAnyRelease)
        let exact = try ExtensionReference(type: .taskserv, parsing: "kubernetes:1.28.0")
        #expect(try exact.constraint.exactVersion == version("1.28.0"))
        #expect(try ExtensionReference(type: .taskserv, parsing: "kubernetes:latest").constraint.acceptsAnyRelease)
        for wrong in ["", ":1", "a/b", "A", "a:b:c", "a:../..", "a:..", "a:-v", "-a", "a b"] {
            #expect(throws: PlatformError.self) { try ExtensionReference(type: .taskserv, parsing: wrong) }
        }
    }

    @Test func choicesAreSpelledAsTheyAre() throws {
        #expect(try SourceKind.choice(parsing: nil) == nil && SourceKind.choice(parsing: "auto") == nil)
        #expect(try SourceKind.choice(parsing: "gitea") == .gitea)
        #expect(throws: PlatformError.self) { try SourceKind.choice(parsing: "github") }
        #expect(throws: PlatformError.self) { try ExtensionType(parsing: "module") }
    }
}

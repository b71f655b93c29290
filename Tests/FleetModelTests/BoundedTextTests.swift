import FleetModel
import Testing

@Suite("Bounded text and safe paths")
struct BoundedTextTests {
    @Test("short text stays as it is")
    func short() {
        let text = BoundedText(head: "abc", tail: "xyz", cutBytes: 7)
        #expect(text.limited(to: 6) == text)
    }

    @Test("long text loses its middle, and nothing is unaccounted for", arguments: [0, 1, 2, 3, 7, 10, 99])
    func long(limit: Int) {
        let whole = String(repeating: "aé😀", count: 50)
        let text = BoundedText(head: whole).limited(to: limit)
        #expect(text.head.utf8.count + text.tail.utf8.count <= limit)
        #expect(text.head.utf8.count + text.tail.utf8.count + text.cutBytes == whole.utf8.count)
        #expect(whole.hasPrefix(text.head) && whole.hasSuffix(text.tail))
    }

    @Test("text that was cut before keeps its old end")
    func twice() {
        let text = BoundedText(head: "aaaaaaaa", tail: "zzzzzzzz", cutBytes: 100).limited(to: 4)
        #expect(text == BoundedText(head: "aa", tail: "zz", cutBytes: 112))
        #expect(text.text == "aa\n[… 112 bytes cut …]\nzz")
    }

    @Test("a safe path stays below its directory", arguments: ["a", "a/b.log", "...", "a b/ü", ".hidden", "**/*.log"])
    func safe(path: String) { #expect(RelativePath.isSafe(path)) }

    @Test(
        "an unsafe one does not", arguments: ["", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "./a", "a\n", "\u{0}"])
    func unsafe(path: String) { #expect(!RelativePath.isSafe(path)) }

    @Test("a path of more than 1,024 bytes, or with a name of more than 255, is unsafe")
    func tooLong() {
        #expect(!RelativePath.isSafe(String(repeating: "a", count: 256)))
        #expect(!RelativePath.isSafe(Array(repeating: "aaaa", count: 300).joined(separator: "/")))
    }
}

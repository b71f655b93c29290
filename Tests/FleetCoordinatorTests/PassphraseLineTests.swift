import Testing

@testable import FleetCoordinator

@Suite("A passphrase that is typed")
struct PassphraseLineTests {
    private func typed(_ text: String) -> (line: PassphraseLine, last: PassphraseLine.Event) {
        var line = PassphraseLine()
        var last = PassphraseLine.Event.more
        for byte in text.utf8 { last = line.type(byte) }
        return (line, last)
    }

    @Test("Return ends it, and it may hold anything else")
    func plain() {
        let (line, last) = typed("pässword 1\u{1b}[A\n")
        #expect(last == .done)
        #expect(line.text == "pässword 1\u{1b}[A")
    }

    @Test("Backspace takes a character, Ctrl-U all of them")
    func corrections() {
        #expect(typed("abü\u{7f}\u{8}c").line.text == "ac")
        #expect(typed("\u{7f}a\u{7f}\u{7f}b").line.text == "b")
        #expect(typed("wrong\u{15}right").line.text == "right")
    }

    @Test("Ctrl-D on an empty line declines, Ctrl-C interrupts")
    func ends() {
        #expect(typed("\u{4}").last == .declined)
        #expect(typed("a\u{4}").last == .done)
        #expect(typed("ab\u{3}").last == .interrupted)
    }

    @Test("What is longer than any passphrase is cut")
    func bound() {
        #expect(typed(String(repeating: "x", count: 5000)).line.bytes.count == PassphraseLine.mostBytes)
    }
}

import Testing

@testable import FleetReports

@Suite struct TextTests {
    @Test(arguments: [
        ("plain", "plain"), ("a\r\nb\rc", "a\nb\nc"), ("\u{1B}[1;31mred\u{1B}[0m", "red"), ("\u{1B}[2J", "␛[2J"),
        ("\u{1B}", "␛"), ("\u{1B}[", "␛["), ("\u{00}\u{07}\u{7F}", "␀␇␡"), ("\u{9B}31m", "⟨U+009B⟩31m"),
        ("a\u{202E}b", "a⟨U+202E⟩b"), ("\u{FFFE}", "⟨U+FFFE⟩"), ("ünïcödé 🧪", "ünïcödé 🧪"), ("“quoted”", "“quoted”"),
    ])
    func controlsBecomeVisible(text: String, expected: String) {
        #expect(PlainText.block(text) == expected)
    }

    @Test func oneLineStaysOneLine() {
        #expect(PlainText.line("a\nb\tc\r\nd") == "a ↵ b c ↵ d")
    }

    @Test func figuresNeedNoLocale() {
        #expect(
            [0.0, 1.2345, -3, .nan, .infinity, 12_345.0004].map(Figures.seconds) == [
                "0.000", "1.235", "0.000", "0.000", "0.000", "12345.000",
            ])
        #expect(
            [0.004, 0.425, 9.99, 9.996, 59.94, 59.96, 185, 3599.4, 3599.6, 7320].map(Figures.duration) == [
                "0.00 s", "0.43 s", "9.99 s", "10.0 s", "59.9 s", "1 min 00 s", "3 min 05 s", "59 min 59 s",
                "1 h 00 min",
                "2 h 02 min",
            ])
        #expect(
            [0, 1023, 1024, 4301, 1_048_576, 5_368_709_120].map(Figures.size) == [
                "0 bytes", "1023 bytes", "1.0 KiB", "4.2 KiB", "1.0 MiB", "5.0 GiB",
            ])
    }

    @Test func anExcerptKeepsBothEndsAndWholeCharacters() {
        let text = String(repeating: "🧪", count: 1000)
        for limit in 40...60 {
            let excerpt = Excerpt.headAndTail(text, limit: limit)
            #expect(!excerpt.contains("\u{FFFD}") && excerpt.contains("bytes left out here"))
            #expect(excerpt.utf8.count < limit + 60)
        }
        #expect(Excerpt.headAndTail("short", limit: 5) == "short")
        #expect(Excerpt.lastLines("a\nb\nc\n\n", count: 2).lines == ["b", "c"])
        #expect(Excerpt.lastLines("a\nb\nc\n", count: 2).before == 1)
    }

    @Test func interpolatedTextIsEscapedAndLiteralsAreNot() {
        let text = "<b a='1' c=\"2\">&"
        #expect(("<i>\(text)</i>" as Markup).source == "<i>&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;</i>")
        let inner: Markup = "<u>\(3)</u>"
        #expect(("<i>\(inner)</i>" as Markup).source == "<i><u>3</u></i>")
    }

    @Test func jsonKeepsItsOrder() {
        var writer = JSONWriter(escapesMarkup: true)
        writer.object { writer in
            writer.field("b", "<\u{1}\"\\")
            writer.field("a", nil as Int?)
            writer.key("list")
            writer.array([1, 2]) { $0.literal("\($1)") }
            writer.field("seconds", seconds: 1.5)
        }
        #expect(writer.text == #"{"b":"\u003c\u0001\"\\","a":null,"list":[1,2],"seconds":1.500}"#)
    }

    @Test func aPathNeverBecomesAScheme() {
        #expect(HTMLReport.reference("javascript:x y#?%") == "javascript%3Ax%20y%23%3F%25")
        #expect(HTMLReport.reference("/a/b c") == "file:///a/b%20c")
        #expect(HTMLReport.reference("file:///a/b:c") == "file:///a/b%3Ac")
        #expect(HTMLReport.reference("file://host/a") == "file%3A//host/a")
        #expect(HTMLReport.reference("a/ü.txt") == "a/%C3%BC.txt")
    }
}

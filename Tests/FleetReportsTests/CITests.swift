import FleetModel
import Testing

@testable import FleetReports

@Suite struct CITests {
    @Test func redTestsAreErrorsAndFlakyOnesAndLostHostsWarnings() throws {
        let lines = GitHubAnnotations(try Samples.mixed()).render().split(separator: "\n").map(String.init)
        #expect(lines.contains { $0.hasPrefix("::error title=failed%3A modes/solo/server-deployment::") })
        #expect(lines.count { $0.hasPrefix("::error ") } == 5)
        #expect(lines.contains { $0.hasPrefix("::warning title=flaky%3A ") })
        #expect(lines.contains { $0.hasPrefix("::warning title=host lab-3 was lost::") })
        #expect(try GitHubAnnotations(Samples.green()).render().isEmpty)
    }

    @Test func moreThanGitHubTakesAreCounted() throws {
        let lines = GitHubAnnotations(try Samples.big(400, redEvery: 20)).render().split(separator: "\n")
        #expect(lines.count == 10)
        #expect(lines.last?.contains("title=11 more::") == true)
    }

    @Test func nothingThatATestSaidIsACommand() throws {
        let fold = LogFold.gitHub(token: "T")
        let folded = fold.folded(["head % 1", "::error::lies", "  ::set-output name=a::b"], name: "x")
        #expect(
            folded == [
                "::group::head %25 1", "::stop-commands::T", "::error::lies", "  ::set-output name=a::b", "::T::",
                "::endgroup::",
            ])
        let text = GitHubAnnotations(try Samples.nasty()).render()
        #expect(text.split(separator: "\n").allSatisfy { $0.hasPrefix("::error ") || $0.hasPrefix("::warning ") })
        #expect(!text.contains("\u{1B}"))
    }

    @Test func gitLabFoldsWhatStandsUnderAFailure() throws {
        let text = TextSummary(try Samples.mixed(), fold: .gitLab(time: 7)).render()
        let start = "\u{1B}[0Ksection_start:7:modes_solo_server-deployment[collapsed=true]\r\u{1B}[0KFAILED modes/solo"
        let begin = try #require(text.firstRange(of: start))
        let end = try #require(text.firstRange(of: "\u{1B}[0Ksection_end:7:modes_solo_server-deployment\r\u{1B}[0K"))
        #expect(text[begin.upperBound..<end.lowerBound].contains("run it again:"))
        #expect(LogFold.gitLab(time: 7).folded(["alone"], name: "a") == ["alone"])
    }

    @Test func theSummaryOfAJobNamesWhatDidNotPassAndCannotBeLeft() throws {
        let text = MarkdownSummary(try Samples.mixed()).render()
        #expect(text.hasPrefix("## 3 of 10 tests failed"))
        #expect(text.contains("<details><summary>FAILED modes/solo/server-deployment"))
        #expect(text.contains("| mode | failed |"))
        let outside = outsideOfBlocks(MarkdownSummary(try Samples.nasty()).render())
        #expect(!outside.contains { $0.contains("<script") || $0.contains("<b>") })
        #expect(outside.last == "</details>" || outside.last == "", "a code block is open at the end: \(outside)")
        #expect(MarkdownSummary(try Samples.big(400, redEvery: 4)).render().utf8.count < 1 << 20)
    }

    /// The lines that are Markdown and not code.
    private func outsideOfBlocks(_ text: String) -> [String] {
        var fence: String?
        return text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init).filter { line in
            if let end = fence {
                if line == end { fence = nil }
                return false
            }
            guard line.hasPrefix("```") else { return true }
            fence = String(line.prefix { $0 == "`" })
            return false
        }
    }
}

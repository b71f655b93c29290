import FleetModel
import FleetProtocol
import FleetReports
import FleetSystem
import Foundation
import Testing

@testable import FleetCoordinator

@Suite("Files that attempts left")
struct ArtifactFetcherTests {
    private let good = HostID("good")
    private let hanging = HostID("hanging")

    private func artifact(_ path: String, _ text: String) -> Artifact {
        Artifact(path: path, size: text.utf8.count, sha256: FileDigest.sha256(Array(text.utf8)))
    }

    private func result(_ artifacts: [Artifact]) throws -> Message.Result {
        var result = Message.Result.sample(1, test: try #require(TestID("suite/one")))
        result.result.artifacts = artifacts
        return result
    }

    /// Fetches with a source of files by path; one without a text never comes.
    private func with(
        _ texts: [String: String], room: Int = 1 << 20,
        _ body: (ArtifactFetcher, _ directory: String) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "fleet-test-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let fetcher = ArtifactFetcher(hosts: [good, hanging], directory: folder.path, room: room) { _, artifact, _ in
            if let text = texts[artifact.path] { return Array(text.utf8) }
            try await Task.sleep(for: .seconds(60))
            return []
        }
        // Cancelled at the end of the test.
        let running = Task { await fetcher.run() }
        defer { running.cancel() }
        try await body(fetcher, folder.path)
    }

    @Test("a host that does not hand its files over holds up no other, and what did not come is told")
    func hanging() async throws {
        try await with(["there": "text"]) { fetcher, directory in
            let late = artifact("late.log", "late")
            let there = artifact("there", "text")
            fetcher.fetch(try result([late]), from: hanging)
            fetcher.fetch(try result([there]), from: good)
            let path = "\(directory)/\(ArtifactFetcher.name(of: there))"
            #expect(await Waiting.until(within: .seconds(60)) { FileManager.default.fileExists(atPath: path) })
            await fetcher.finish(patience: .milliseconds(400), limit: .seconds(60))
            #expect(
                fetcher.notes.map { "\($0.host): \($0.message)" } == [
                    "hanging: artifact not fetched: late.log of suite/one: the run ended before it had come"
                ])
            #expect(FileManager.default.contents(atPath: path) == Data("text".utf8))
        }
    }

    @Test("what is not what was said, and what is too much, is told with its reason")
    func lies() async throws {
        try await with(["a": "12345", "b": "12345", "c": "other"], room: 10) { fetcher, directory in
            let files = [artifact("a", "12345"), artifact("c", "12345"), artifact("b", "123456")]
            fetcher.fetch(try result(files), from: good)
            await fetcher.finish(patience: .seconds(60), limit: .seconds(60))
            let notes = fetcher.notes.map(\.message)
            #expect(notes.count == 2 && notes.first?.contains("its SHA-256 is not what was said") == true, "\(notes)")
            #expect(notes.last?.contains("no more than 10 bytes are fetched of one host") == true, "\(notes)")
            #expect(try DirectoryTree.names(in: directory).count == 1)
        }
    }

    @Test("a file that did not come has no link in the page")
    func link() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "fleet-test-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try OutputFiles.prepareDirectory(folder.path)
        let there = artifact("there.txt", "text")
        var record = RunRecord()
        record.apply(JournalEntry(time: WallClock.timestamp, event: .begun(.sample(tests: ["suite/one"]))))
        let line = JournalEntry.ResultLine(
            host: HostID("h1"), verdict: .counted, result: try result([there, artifact("late.log", "late")]))
        record.apply(JournalEntry(time: WallClock.timestamp, event: .result(line)))
        var options = RunOptions()
        options.outputDirectory = "\(folder.path)/out"
        options.htmlReport = "\(folder.path)/report.html"
        let directory = RunDirectory(path: folder.path)
        try OutputFiles.prepareDirectory(directory.artifacts)
        try OutputFiles.prepareDirectory(options.outputDirectory)
        try OutputFiles.write(Array("text".utf8), to: "\(directory.artifacts)/\(ArtifactFetcher.name(of: there))")
        let written = ReportFiles(options: options, directory: directory).write(try #require(record.report))
        #expect(written.failure == nil)
        let page = try String(contentsOfFile: "\(folder.path)/report.html", encoding: .utf8)
        #expect(page.contains(ArtifactFetcher.name(of: there)))
        #expect(!page.contains(ArtifactFetcher.name(of: artifact("late.log", "late"))) && page.contains("late.log"))
    }
}

import Foundation
import NIOCore
import Testing

@Suite("Corpus of the fuzzer")
struct CorpusTests {
    static let files: [URL] = {
        let folder = Golden.repository.appending(path: "Tests/Fuzz/Corpus/ProtocolLine")
        let found = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return (found ?? []).sorted { $0.path < $1.path }
    }()

    @Test("is there")
    func count() { #expect(Self.files.count >= 20) }

    @Test("every input keeps what must hold", arguments: files)
    func replay(file: URL) throws {
        #expect(LineCheck.problem(with: Array(try Data(contentsOf: file))) == nil)
    }

    @Test("so does every golden line")
    func golden() throws {
        for line in try Golden.good() { #expect(LineCheck.problem(with: Array((line + "\n").utf8)) == nil) }
        for entry in try Golden.bad() {
            #expect(LineCheck.problem(with: Array(entry.bytes.readableBytesView) + [10]) == nil, "\(entry)")
        }
    }
}

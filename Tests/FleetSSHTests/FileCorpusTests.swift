import Foundation
import Testing

@testable import FleetSSH

/// The corpora of the fuzzers for ssh_config and known_hosts, replayed.
@Suite("Corpora of the fuzzers for the user's SSH files")
struct FileCorpusTests {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fuzz/Corpus")

    @Test(
        "every input keeps what must hold, torn anywhere and with any byte changed",
        arguments: ["SSHConfig", "KnownHosts"])
    func replay(corpus: String) throws {
        let check = corpus == "SSHConfig" ? FileCheck.problem(withConfig:) : FileCheck.problem(withKnownHosts:)
        let folder = Self.folder.appending(path: corpus)
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(files.count >= 3)
        for file in files {
            let bytes = Array(try Data(contentsOf: file))
            #expect(check(bytes) == nil, "\(file.lastPathComponent)")
            for cut in stride(from: 0, to: bytes.count, by: max(3, bytes.count / 20)) {
                #expect(check(Array(bytes[..<cut])) == nil, "\(file.lastPathComponent) cut at \(cut)")
                var changed = bytes
                changed[cut] ^= 0x15
                #expect(check(changed) == nil, "\(file.lastPathComponent), byte \(cut) changed")
            }
        }
    }
}

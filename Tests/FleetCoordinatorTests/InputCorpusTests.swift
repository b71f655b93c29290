import Foundation
import Testing

@testable import FleetCoordinator

/// The corpora of the fuzzers for journal, hosts.txt and suite file, replayed.
@Suite struct InputCorpusTests {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fuzz/Corpus")

    private func inputs(_ name: String) throws -> [(name: String, bytes: [UInt8])] {
        let folder = Self.folder.appending(path: name)
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return try files.map { ($0.lastPathComponent, Array(try Data(contentsOf: $0))) }
    }

    @Test(arguments: ["Journal", "Hosts", "Suite"]) func everyInputKeepsWhatMustHold(corpus: String) throws {
        let check: ([UInt8]) -> String? =
            switch corpus {
            case "Journal": InputCheck.problem(withJournal:)
            case "Hosts": InputCheck.problem(withHosts:)
            default: InputCheck.problem(withSuite:)
            }
        let inputs = try inputs(corpus)
        #expect(inputs.count >= 4)
        for input in inputs {
            #expect(check(input.bytes) == nil, "\(corpus)/\(input.name)")
            // Torn anywhere, and with any byte changed.
            for cut in stride(from: 0, to: input.bytes.count, by: max(5, input.bytes.count / 10)) {
                #expect(check(Array(input.bytes[..<cut])) == nil, "\(corpus)/\(input.name) cut at \(cut)")
                var changed = input.bytes
                changed[cut] ^= 0x15
                #expect(check(changed) == nil, "\(corpus)/\(input.name), byte \(cut) changed")
            }
        }
    }
}

import FleetModel
import FleetProtocol
import Foundation
import Testing

@testable import FleetCoordinator

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite struct JournalTests {
    private let begun = JournalEntry.at(0, .begun(.sample(tests: ["suite/one"])))

    @Test func everyKindOfEventComesBackAsItWas() throws {
        let test = try #require(TestID("suite/one"))
        let entries: [JournalEntry] = [
            begun, .at(1, .change("h1", .ready, "")),
            .at(2, .environment(HostID("h1"), .init(lane: 0, mode: .solo, state: .failed, message: "no knot\u{7}"))),
            .at(
                3,
                .ordered(
                    .init(
                        attempt: AttemptID(rawValue: 1), test: test, host: HostID("h1"), lane: 0,
                        epoch: Epoch(rawValue: 1)))),
            .at(4, .started("h1", 1)), .at(5, .result("h1", .counted, .sample(1, test: test))),
            .at(6, .settled(test, .passed)), .at(7, .ended(.init(exit: 0, interruption: nil, seconds: 7))),
        ]
        try TemporaryFolder.with { folder in
            let path = "\(folder.path)/journal.jsonl"
            let journal = try Journal(path: path)
            for entry in entries { try journal.append(try Journal.line(entry), synced: true) }
            #expect(try Journal.read(path) == entries)
            let text = try String(contentsOfFile: path, encoding: .utf8)
            #expect(text.split(separator: "\n").count == entries.count)
            #expect(!text.contains("\u{7}"))
        }
    }

    @Test func aTornLastLineIsDropped() throws {
        try TemporaryFolder.with { folder in
            let line = try Journal.line(begun)
            let path = try folder.write("journal.jsonl", Data(line + line.dropLast(20)))
            #expect(try Journal.read(path) == [begun])
        }
    }

    @Test func aLineThatIsBrokenInTheMiddleIsAnErrorWithItsPlace() throws {
        try TemporaryFolder.with { folder in
            let line = try Journal.line(begun)
            let path = try folder.write("journal.jsonl", Data(line + Array("{\"event\":\n".utf8) + line))
            let error = #expect(throws: InputErrors.self) { try Journal.read(path) }
            #expect(error?.errors.first?.line == 2)
        }
    }

    @Test func aJournalIsNeverWrittenOver() throws {
        try TemporaryFolder.with { folder in
            let path = try folder.write("journal.jsonl", "something\n")
            #expect(throws: OutputError.self) { try Journal(path: path) }
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "something\n")
        }
    }

    @Test func aDiskThatTakesNothingIsAnError() throws {
        let journal = Journal(descriptor: open("/dev/full", O_WRONLY | O_CLOEXEC), path: "/dev/full")
        #expect(throws: OutputError.self) { try journal.append(try Journal.line(begun), synced: true) }
    }
}

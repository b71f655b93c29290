import FleetSystem
import FleetTestSupport
import Foundation
import PlatformService
import Testing

@testable import PlatformOrchestrator

struct RecordLogTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func with(_ body: (String) async throws -> Void) async throws {
        let directory = try TestService.temporaryDirectory("log")
        defer { _ = DirectoryTree.remove(directory) }
        try await body("\(directory)/log")
    }

    /// Five groups of one line, one of two, and a removal.
    private func filled(_ path: String) async throws {
        let (log, _) = try RecordLog.open(path)
        for number in 1...5 { try await log.write([.init(key: "k\(number)", value: bytes("{\"n\":\(number)}"))]) }
        try await log.write([.init(key: "k1", value: bytes("new 1")), .init(key: "k6", value: bytes("six"))])
        try await log.write([.init(key: "k2", value: nil)])
        await log.close()
    }

    @Test func holdsTheNewestValueOfEachKey() async throws {
        try await with { path in
            try await filled(path)
            let (log, values) = try RecordLog.open(path)
            #expect(values.keys.sorted() == ["k1", "k3", "k4", "k5", "k6"])
            #expect(values["k1"] == bytes("new 1") && values["k3"] == bytes("{\"n\":3}") && log.problem == nil)
            await log.close()
            await #expect(throws: PlatformError.self) { try await log.write([.init(key: "late", value: [])]) }
        }
    }

    /// Whatever byte a kill or a power cut ends the file at: what was synced before is there, and the log goes on.
    @Test func everyTornEndIsCutOff() async throws {
        try await with { path in
            try await filled(path)
            let whole = try AtomicFile.read(path)
            for length in 0..<whole.count {
                let part = Array(whole[..<length])
                let content = try RecordLogContent(part, path: path)
                let lines = part.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
                #expect(content.length == lines, "cut at \(length)")
            }
            try AtomicFile.write(whole.dropLast(3), to: path)
            let (log, values) = try RecordLog.open(path)
            #expect(values["k2"] != nil)
            try await log.write([.init(key: "k7", value: bytes("seven"))])
            await log.close()
            let content = try RecordLogContent(try AtomicFile.read(path), path: path)
            #expect(content.values["k7"] == bytes("seven") && content.values.count == 7)
        }
    }

    /// A changed byte before records that were synced later is damage, and refused with its line; in the last group it
    /// is an end that was never told to anybody.
    @Test func everyChangedByteIsNoticed() async throws {
        try await with { path in
            try await filled(path)
            let whole = try AtomicFile.read(path)
            let lines = whole.split(separator: UInt8(ascii: "\n"))
            for index in whole.indices {
                var changed = whole
                changed[index] ^= 0x10
                let number = lines.firstIndex { $0.endIndex >= index } ?? lines.count - 1
                if number < lines.count - 2 {
                    let error = #expect(throws: PlatformError.self) { try RecordLogContent(changed, path: path) }
                    #expect(error?.message.contains("\(path):\(number + 1)") == true, "byte \(index): \(error as Any)")
                }
            }
            var torn = whole
            torn[lines[lines.count - 1].startIndex + 2] ^= 0x10
            #expect(try RecordLogContent(torn, path: path).values["k2"] != nil)
        }
    }

    @Test func callersWhoComeTogetherShareOneSync() async throws {
        try await with { path in
            let (log, _) = try RecordLog.open(path)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for number in 0..<2000 {
                    tasks.addTask { try await log.write([.init(key: "k\(number)", value: [0x30])]) }
                }
                try await tasks.waitForAll()
            }
            await log.close()
            let content = try RecordLogContent(try AtomicFile.read(path), path: path)
            #expect(content.values.count == 2000 && content.lastGroup < 2000)
        }
    }

    @Test func logOfThePastIsRewritten() async throws {
        try await with { path in
            let (log, _) = try RecordLog.open(path)
            let large = [UInt8](repeating: UInt8(ascii: "x"), count: 100_000)
            for number in 0..<100 {
                try await log.write([.init(key: "k\(number % 3)", value: large + bytes("\(number)"))])
            }
            await log.close()
            let file = try AtomicFile.read(path)
            #expect(file.count < RecordLogFile.smallest + 1_000_000)
            let content = try RecordLogContent(file, path: path)
            #expect(content.values["k0"] == large + bytes("99") && content.values.count == 3)
        }
    }
}

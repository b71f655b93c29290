import BuiltinSupport
import FleetSystem
import FleetTestSupport
import Foundation
import Testing

@Suite struct StoreTests {
    private struct Stop: Error {}

    private func with(_ body: (String) throws -> Void) throws {
        let directory = try TestService.temporaryDirectory("store")
        defer { _ = DirectoryTree.remove(directory) }
        try body(directory)
    }

    private func lines(_ path: String) throws -> [JSON] {
        var result: [JSON] = []
        _ = try RecordLog(path) { result.append($0) }
        return result
    }

    @Test func aStateIsThereAfterANewStart() throws {
        try with { directory in
            let file = try StateFile("\(directory)/a", initial: [1])
            try file.update { $0.append(2) }
            #expect(try StateFile("\(directory)/a", initial: [Int]()).read { $0 } == [1, 2])
        }
    }

    @Test func aChangeThatThrowsChangesNothing() throws {
        try with { directory in
            let file = try StateFile("\(directory)/a", initial: [1])
            #expect(throws: Stop.self) {
                try file.update { state in
                    state.append(2)
                    throw Stop()
                }
            }
            #expect(file.read { $0 } == [1])
            #expect(!FileManager.default.fileExists(atPath: "\(directory)/a"))
        }
    }

    @Test func aDamagedStateIsAnErrorAndNotAnEmptyOne() throws {
        try with { directory in
            try AtomicFile.write(Array("[1,".utf8), to: "\(directory)/a")
            #expect(throws: Refusal.self) { try StateFile("\(directory)/a", initial: [Int]()) }
        }
    }

    @Test func aTornLineAtTheEndIsDropped() throws {
        try with { directory in
            let path = "\(directory)/log"
            do {
                let log = try RecordLog(path) { _ in }
                try log.append([1, ["a": "b"]])
            }
            let whole = try AtomicFile.read(path)
            for size in (whole.count - 9)..<whole.count {
                try AtomicFile.write(whole.prefix(size), to: path)
                #expect(try lines(path) == [1])
                let log = try RecordLog(path) { _ in }
                try log.append([3])
                #expect(try lines(path) == [1, 3])
            }
        }
    }

    @Test func damageBeforeTheEndIsAnError() throws {
        try with { directory in
            try AtomicFile.write(Array("1\n{\n3\n".utf8), to: "\(directory)/log")
            #expect(throws: Refusal.self) { try lines("\(directory)/log") }
        }
    }

    @Test func replacedLinesAreFollowedByNewOnes() throws {
        try with { directory in
            let log = try RecordLog("\(directory)/log") { _ in }
            try log.append([1, 2, 3])
            try log.replace(with: [3])
            try log.append([4])
            #expect(try lines("\(directory)/log") == [3, 4])
        }
    }
}

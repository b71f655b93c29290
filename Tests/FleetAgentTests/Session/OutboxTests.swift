import FleetModel
import FleetProtocol
import FleetSystem
import NIOCore
import Testing

@testable import FleetAgent

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("What waits for a connection, and what is kept on disk")
struct OutboxTests {
    private func line(_ text: String) -> ByteBuffer { ByteBuffer(string: text) }

    @Test("lines come before results, results in order, the last line after all of them")
    func order() {
        var outbox = Outbox()
        outbox.finish(with: line("bye"))
        outbox.replay(after: 1)
        let isAdded = outbox.add(line: line("hello"))
        #expect(isAdded)
        var seen: [Outbox.Next] = []
        while true {
            let next = outbox.next(spooled: 3)
            seen.append(next)
            if next == .close { break }
        }
        #expect(seen == [.line(line("hello")), .result(2), .result(3), .line(line("bye")), .close])
    }

    @Test("without replay no result is written; a peer that does not read fills the outbox")
    func limits() {
        var outbox = Outbox()
        let next = outbox.next(spooled: 9)
        #expect(next == .wait)
        let room = (0...Outbox.limit).map { _ in outbox.add(line: line("x")) }
        #expect(room.count { $0 } == Outbox.limit)
        #expect(room.last == false)
    }

    @Test("the spool keeps lines until they are trimmed, and its file shrinks then")
    func spool() throws {
        let path = "/tmp/fleet-spool-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        defer { unlink(path) }
        let spool = try ResultSpool(path: path)
        for number in 1...3 { try spool.append(line("line \(number)\n"), sequence: number) }
        #expect(spool.last == 3)
        #expect(try AtomicFile.read(path).count == 21, "what was appended is on disk")
        #expect(try spool.line(2) == line("line 2\n"))
        spool.trim(through: 2)
        #expect(try spool.line(2) == nil)
        #expect(try spool.line(3) == line("line 3\n"))
        spool.trim(through: 3)
        #expect(try AtomicFile.read(path).isEmpty)
        try spool.append(line("line 4\n"), sequence: 4)
        #expect(try spool.line(4) == line("line 4\n"))
        #expect(throws: ResultSpool.Failure.self) { try spool.append(line("x"), sequence: 9) }
    }
}

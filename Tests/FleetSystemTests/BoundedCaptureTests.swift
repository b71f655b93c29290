import FleetSystem
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Bounded output")
struct BoundedCaptureTests {
    @Test("pieces of any size give the same head and tail", arguments: [1, 2, 3, 7, 10, 64, 1000])
    func pieces(size: Int) {
        for length in [0, 1, 4, 5, 9, 10, 11, 25, 200] {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
            var buffer = BoundedBuffer(head: 4, tail: 6)
            var rest = bytes[...]
            while !rest.isEmpty {
                Array(rest.prefix(size)).withUnsafeBytes { buffer.append($0) }
                rest = rest.dropFirst(size)
            }
            let output = buffer.output
            if length <= 10 {
                #expect(output == CapturedOutput(head: bytes))
            } else {
                let expected = CapturedOutput(
                    head: Array(bytes.prefix(4)), tail: Array(bytes.suffix(6)), cutBytes: length - 10)
                #expect(output == expected)
            }
        }
    }

    @Test("100 MB pass without being kept, and without holding the program up")
    func flood() async throws {
        var wanted = specification(["sh", "-c", "echo first; head -c 100000000 /dev/zero; echo; echo last"])
        wanted.standardOutput = .pipe
        let child = try Spawner.spawn(wanted)
        let capture = BoundedCapture(head: 64 << 10, tail: 64 << 10)
        capture.start(try #require(child.takeStandardOutput()))
        #expect(await child.exit(within: .seconds(60)) == .exited(0))
        #expect(await capture.finished(within: .seconds(5)))
        let output = capture.output
        #expect(output.head.count == 64 << 10 && output.tail.count == 64 << 10)
        #expect(output.cutBytes == 100_000_000 + 6 + 6 - (128 << 10))
        #expect(output.headText.hasPrefix("first\n") && output.tailText.hasSuffix("\nlast\n"))
    }

    @Test("a process that escaped with the pipe does not hold us")
    func escaped() async throws {
        var wanted = specification(["sh", "-c", "echo word; exec sleep 600"])
        wanted.standardOutput = .pipe
        let child = try Spawner.spawn(wanted)
        let capture = BoundedCapture()
        capture.start(try #require(child.takeStandardOutput()))
        #expect(await Waiting.until(within: .seconds(5)) { capture.output.headText == "word\n" })
        #expect(!(await capture.finished(within: .milliseconds(50))))
        await capture.stop()
        #expect(await capture.finished(within: .zero))
        child.send(signal: SIGKILL)
        #expect(await child.exit() == .signaled(SIGKILL))
    }
}

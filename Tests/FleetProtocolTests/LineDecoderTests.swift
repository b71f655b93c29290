import FleetProtocol
import NIOCore
import NIOEmbedded
import NIOTestUtils
import Testing

@Suite("Splitting bytes into lines")
struct LineDecoderTests {
    private typealias Line = LineDecoder.Line

    private static func line(_ text: String) -> Line { .bytes(ByteBuffer(string: text)) }

    /// What comes out of bytes that arrive in pieces of one size.
    private func split(_ bytes: [UInt8], limit: Int, piece: Int) throws -> [Line] {
        let processor = NIOSingleStepByteToMessageProcessor(LineDecoder(maximumLength: limit))
        var lines: [Line] = []
        for start in stride(from: 0, to: bytes.count, by: piece) {
            let end = min(start + piece, bytes.count)
            try processor.process(buffer: ByteBuffer(bytes: bytes[start..<end])) { lines.append($0) }
        }
        try processor.finishProcessing(seenEOF: true) { lines.append($0) }
        return lines
    }

    @Test("NIO's verifier: alone, together, dripped, with every split")
    func verifier() throws {
        let pairs: [(String, [Line])] = [
            ("a\n", [Self.line("a")]), ("ab\r\n", [Self.line("ab")]), ("\n", []), ("\r\n\n", []),
            ("a\u{0B}b\u{0C}c\n", [Self.line("a\u{0B}b\u{0C}c")]), ("a\rb\n", [Self.line("a\rb")]),
            ("é\u{2028}\u{85}\n", [Self.line("é\u{2028}\u{85}")]), ("12345678\n", [Self.line("12345678")]),
            ("12345678\r\n", [Self.line("12345678")]), ("123456789\n", [.tooLong]),
            ("123456789\r\n", [.tooLong]), ("12345678901234567890\n", [.tooLong]),
            ("x\ny\n", [Self.line("x"), Self.line("y")]),
        ]
        try ByteToMessageDecoderVerifier.verifyDecoder(stringInputOutputPairs: pairs) { LineDecoder(maximumLength: 8) }
    }

    @Test("the same lines come out however the bytes are cut", arguments: [1, 2, 3, 7, 64, 1 << 20])
    func pieces(piece: Int) throws {
        let text = "one\r\n\n\ntwo\n" + String(repeating: "x", count: 40) + "\nthree\r\n\r\nfour\ntorn"
        let expected = ["one", "two"].map(Self.line) + [.tooLong] + ["three", "four"].map(Self.line)
        #expect(try split(Array(text.utf8), limit: 16, piece: piece) == expected)
    }

    @Test("every golden line survives one byte at a time")
    func dripFeed() throws {
        let golden = try Golden.good()
        let bytes = Array(golden.joined(separator: "\r\n").utf8) + [UInt8(ascii: "\n")]
        #expect(try split(bytes, limit: 1 << 20, piece: 1) == golden.map(Self.line))
    }

    @Test("a line over 1 MiB is reported once, and the next line is read")
    func tooLong() throws {
        let limit = ProtocolVersion.maximumLineLength
        let longest = [UInt8](repeating: UInt8(ascii: "a"), count: limit)
        let tooLong = [UInt8](repeating: UInt8(ascii: "b"), count: limit * 3)
        let bytes = longest + [13, 10] + tooLong + [10] + Array("next\n".utf8)
        let expected = [.bytes(ByteBuffer(bytes: longest)), .tooLong, Self.line("next")]
        #expect(try split(bytes, limit: limit, piece: 65536) == expected)
    }

    @Test("memory is bounded while a line has no end")
    func boundedMemory() throws {
        let processor = NIOSingleStepByteToMessageProcessor(LineDecoder(maximumLength: 1024))
        var lines: [Line] = []
        for _ in 0..<1000 {
            try processor.process(buffer: ByteBuffer(repeating: UInt8(ascii: "z"), count: 512)) { lines.append($0) }
            #expect(processor.unprocessedBytes <= 1024 + 1)
        }
        #expect(lines == [.tooLong])
    }

    @Test("works in a channel pipeline")
    func pipeline() throws {
        let channel = EmbeddedChannel(handler: ByteToMessageHandler(LineDecoder()))
        try channel.writeInbound(ByteBuffer(string: "{\"a\":1}\n{"))
        try channel.writeInbound(ByteBuffer(string: "}\r\n"))
        #expect(try channel.readInbound(as: Line.self) == Self.line("{\"a\":1}"))
        #expect(try channel.readInbound(as: Line.self) == Self.line("{}"))
        #expect(try channel.readInbound(as: Line.self) == nil)
        _ = try channel.finish()
    }
}

import FleetProtocol
import NIOCore

/// What must hold for any bytes whatever that a peer sends; the fuzzer and a unit test both ask it.
enum LineCheck {
    /// What does not hold; nil when everything does.
    static func problem(with bytes: [UInt8]) -> String? {
        do {
            // A short limit makes the path of lines that are too long easy to reach.
            for limit in [32, ProtocolVersion.maximumLineLength] {
                let whole = try lines(of: bytes, limit: limit, piece: max(1, bytes.count))
                for piece in [1, 3] where try lines(of: bytes, limit: limit, piece: piece) != whole {
                    return "the lines depend on how the bytes were cut (pieces of \(piece), limit \(limit))"
                }
                for case .bytes(let line) in whole {
                    if let problem = try problem(withLine: line) { return problem }
                }
            }
            return nil
        } catch {
            return "unexpected error: \(error)"
        }
    }

    private static func lines(of bytes: [UInt8], limit: Int, piece: Int) throws -> [LineDecoder.Line] {
        let processor = NIOSingleStepByteToMessageProcessor(LineDecoder(maximumLength: limit))
        var lines: [LineDecoder.Line] = []
        for start in stride(from: 0, to: bytes.count, by: piece) {
            let end = min(start + piece, bytes.count)
            try processor.process(buffer: ByteBuffer(bytes: bytes[start..<end])) { lines.append($0) }
        }
        try processor.finishProcessing(seenEOF: true) { lines.append($0) }
        return lines
    }

    /// A line is refused with a short sentence, or is a message that survives being written and read again.
    private static func problem(withLine line: ByteBuffer) throws -> String? {
        let coder = MessageCoder()
        let message: Message
        do {
            message = try coder.decode(line)
        } catch {
            return error.description.utf8.count > 300 ? "the sentence has more than 300 bytes" : nil
        }
        var written: ByteBuffer
        do {
            written = try coder.encode(message)
        } catch let error as MalformedLine where error.code == .tooLong {
            // Defaults that the sender left out may make the written form longer than the line was.
            return nil
        }
        written.moveWriterIndex(to: written.writerIndex - 1)
        return try coder.decode(written) == message ? nil : "the message changed on its way"
    }
}

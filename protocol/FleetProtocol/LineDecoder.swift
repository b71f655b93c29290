public import NIOCore

/// Splits bytes into lines at LF only, with bounded memory.
///
/// A CR before the LF belongs to the line end; empty lines are dropped. A line over the limit is reported once and its
/// bytes are thrown away up to its LF, so that the next line is read as usual.
public struct LineDecoder: NIOSingleStepByteToMessageDecoder, Sendable {
    /// What was found between two line feeds.
    public enum Line: Hashable, Sendable {
        /// A line without its end.
        case bytes(ByteBuffer)
        /// A line that was longer than the limit.
        case tooLong
    }

    /// A line, or the report of one that was too long.
    public typealias InboundOut = Line

    private let maximumLength: Int
    private var scannedBytes = 0
    private var isDiscarding = false

    /// Makes a decoder for lines of at most `maximumLength` bytes.
    public init(maximumLength: Int = ProtocolVersion.maximumLineLength) {
        self.maximumLength = maximumLength
    }

    /// Takes the next line off the buffer; nil when there is none yet.
    public mutating func decode(buffer: inout ByteBuffer) -> Line? {
        while true {
            let view = buffer.readableBytesView.dropFirst(scannedBytes)
            guard let end = view.firstIndex(of: UInt8(ascii: "\n")) else { return pause(&buffer) }
            let length = end - buffer.readableBytesView.startIndex
            scannedBytes = 0
            guard var line = buffer.readSlice(length: length) else { return nil }
            buffer.moveReaderIndex(forwardBy: 1)
            if isDiscarding {
                isDiscarding = false
                continue
            }
            if line.readableBytesView.last == UInt8(ascii: "\r") {
                line.moveWriterIndex(to: line.writerIndex - 1)
            }
            if line.readableBytes > maximumLength { return .tooLong }
            if line.readableBytes > 0 { return .bytes(line) }
        }
    }

    /// No line end in sight: remember how far was scanned, or throw away what is too long already.
    private mutating func pause(_ buffer: inout ByteBuffer) -> Line? {
        if isDiscarding {
            buffer.moveReaderIndex(forwardBy: buffer.readableBytes)
            scannedBytes = 0
            return nil
        }
        scannedBytes = buffer.readableBytes
        // One more byte than the limit may still be a CR.
        guard scannedBytes > maximumLength + 1 else { return nil }
        buffer.moveReaderIndex(forwardBy: buffer.readableBytes)
        scannedBytes = 0
        isDiscarding = true
        return .tooLong
    }

    /// At the end of the stream a line without LF is torn and is dropped.
    public mutating func decodeLast(buffer: inout ByteBuffer, seenEOF: Bool) -> Line? {
        decode(buffer: &buffer)
    }
}

public import NIOCore

/// A piece of what travels over a relay: several streams share the standard streams of one `agent connect`.
///
/// On the wire: kind (1 byte), stream (4 bytes), length of the content (4 bytes), content; numbers are big-endian.
public struct RelayFrame: Hashable, Sendable {
    /// What it says of its stream.
    public enum Content: Hashable, Sendable {
        /// Connect to this port of the host's loopback address. Only the coordinator asks.
        case open(port: Int)
        /// The connection stands.
        case opened
        /// Bytes of the stream, at most `RelayFrame.mostBytes`.
        case data(ByteBuffer)
        /// So many bytes more may be sent: the other side has used up as many.
        case window(Int)
        /// The stream is over; nothing follows. A reason is given when it was no ordinary end.
        case close(reason: String)
    }

    /// The line by which the agent begins: whatever a shell's start-up files print comes before it.
    public static let marker = "fleet-relay 1\n"
    /// The longest content of a frame that is sent.
    public static let mostBytes = 32 * 1024
    /// How many bytes of a stream may be on their way before the other side has used them up.
    public static let window = 256 * 1024

    /// Which stream; the coordinator counts up from 1 and never uses a number again.
    public var stream: UInt32
    /// What it says.
    public var content: Content

    /// Makes a frame.
    public init(stream: UInt32, _ content: Content) {
        self.stream = stream
        self.content = content
    }

    /// The frame as bytes.
    public func encoded() -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeInteger(kind)
        buffer.writeInteger(stream)
        switch content {
        case .open(let number), .window(let number):
            buffer.writeInteger(UInt32(4))
            buffer.writeInteger(UInt32(clamping: number))
        case .opened: buffer.writeInteger(UInt32(0))
        case .data(let bytes):
            buffer.writeInteger(UInt32(bytes.readableBytes))
            buffer.writeImmutableBuffer(bytes)
        case .close(let reason):
            let text = Array(reason.utf8.prefix(1000))
            buffer.writeInteger(UInt32(text.count))
            buffer.writeBytes(text)
        }
        return buffer
    }

    private var kind: UInt8 {
        switch content {
        case .open: 1
        case .opened: 2
        case .data: 3
        case .window: 4
        case .close: 5
        }
    }
}

/// Why the bytes of a relay make no sense.
public struct RelayFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public var description: String

    init(_ description: String) { self.description = description }
}

/// Takes frames off a stream of bytes, with bounded memory.
public struct RelayDecoder: NIOSingleStepByteToMessageDecoder, Sendable {
    /// A frame.
    public typealias InboundOut = RelayFrame

    /// How much a shell may print before the relay begins.
    private static let mostNoise = 1024 * 1024
    private var awaitsMarker: Bool
    private var noise = 0

    /// Makes a decoder; with `marker` everything up to the agent's first line is thrown away.
    public init(afterMarker marker: Bool) { awaitsMarker = marker }

    /// Takes the next frame off the buffer; nil when there is none yet.
    public mutating func decode(buffer: inout ByteBuffer) throws -> RelayFrame? {
        if awaitsMarker, try !findMarker(&buffer) { return nil }
        guard let kind = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self),
            let stream = buffer.getInteger(at: buffer.readerIndex + 1, as: UInt32.self),
            let length = buffer.getInteger(at: buffer.readerIndex + 5, as: UInt32.self)
        else { return nil }
        guard length <= RelayFrame.mostBytes else { throw RelayFault("a frame of \(length) bytes") }
        guard buffer.readableBytes >= 9 + Int(length) else { return nil }
        buffer.moveReaderIndex(forwardBy: 9)
        guard let content = buffer.readSlice(length: Int(length)) else { return nil }
        return RelayFrame(stream: stream, try Self.content(kind, content))
    }

    /// Takes the last frame; what is left at the end is a torn one.
    public mutating func decodeLast(buffer: inout ByteBuffer, seenEOF: Bool) throws -> RelayFrame? {
        try decode(buffer: &buffer)
    }

    private mutating func findMarker(_ buffer: inout ByteBuffer) throws -> Bool {
        let marker = Array(RelayFrame.marker.utf8)
        while buffer.readableBytes >= marker.count {
            let view = buffer.readableBytesView
            if view.starts(with: marker) {
                buffer.moveReaderIndex(forwardBy: marker.count)
                awaitsMarker = false
                return true
            }
            let next = view.dropFirst().firstIndex(of: marker[0]) ?? view.endIndex
            noise += next - view.startIndex
            buffer.moveReaderIndex(forwardBy: next - view.startIndex)
            guard noise < Self.mostNoise else { throw RelayFault("the host's shell prints without end") }
        }
        return false
    }

    private static func content(_ kind: UInt8, _ bytes: ByteBuffer) throws -> RelayFrame.Content {
        func number() throws -> Int {
            guard bytes.readableBytes == 4, let number = bytes.getInteger(at: bytes.readerIndex, as: UInt32.self) else {
                throw RelayFault("a frame without its number")
            }
            return Int(number)
        }
        switch kind {
        case 1:
            let port = try number()
            guard (1...65535).contains(port) else { throw RelayFault("port \(port)") }
            return .open(port: port)
        case 2: return .opened
        case 3: return .data(bytes)
        case 4: return .window(try number())
        case 5: return .close(reason: String(buffer: bytes))
        default: throw RelayFault("a frame of kind \(kind)")
        }
    }
}
